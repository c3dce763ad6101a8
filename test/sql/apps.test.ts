import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { ServiceError } from '../../control-plane/base/errors.ts';
import type { Definition } from '../../control-plane/model/definition.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Reference, TableDraft } from '../../control-plane/model/table.ts';
import { doctor } from '../../control-plane/pg/doctor.ts';
import { column, table } from '../dialects/taruvi/tables.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTenantWith, type Definer, freshly, openDefiner } from '../support/definer.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { difference, snapshot } from '../support/snapshot.ts';
import { codeOf } from '../support/sql.ts';

let database: TestDatabase;
let definer: Definer;
let tenant: string;
let root: Principal;
let login: pg.Client;

function referring(name: string, to: string, app = 'shop'): Reference {
  return {
    name,
    columns: ['customer_id'],
    target: { app, name: to },
    targetColumns: ['id'],
    onDelete: 'no action',
    onUpdate: 'no action',
  };
}

const customer = column('customer_id', 'integer');
const drafts: readonly TableDraft[] = [
  table('customers', [column('name', 'text')], { app: 'shop' }),
  table('orders', [customer], {
    app: 'shop',
    references: [referring('orders_customer', 'customers')],
  }),
  table('visits', [customer], {
    app: 'other',
    references: [referring('visits_customer', 'customers')],
  }),
  table('notes', [column('text', 'text')], { app: 'shop' }),
  table('places', [column('name', 'text')], {
    app: 'shop',
    graph: { types: [{ name: 'in', inverse: 'holds' }], hierarchy: false },
  }),
];

const define = (definition: Definition, as = root) => definer.define(as, definition);

const deactivate = (name: string, force = false, app = 'shop') =>
  define({ kind: 'deactivate', part: { app, table: name }, force });
const reactivate = (name: string, force = false, app = 'shop') =>
  define({ kind: 'reactivate', part: { app, table: name }, force });

/** The refusal of a definition, which must leave everything as it was. */
async function refusal(definition: Definition, as = root): Promise<ServiceError> {
  const before = await snapshot(database, tenant);
  const error = await define(definition, as).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(difference(before, await snapshot(database, tenant))).toEqual([]);
  if (error instanceof ServiceError) return error;
  throw error ?? new Error(`${definition.kind} was not refused`);
}

/** SQLSTATE of reading a table as a login of level root, or `done`. */
const reading = (physical: string) => codeOf(login, `select from "t_${tenant}"."${physical}"`);

const add = (physical: string, values: string) =>
  codeOf(login, `insert into "t_${tenant}"."${physical}" ${values}`);

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('life');
  root = principal(tenant, 'root', { access: 'root', sudo: true });
  await createTenantWith(database, tenant, drafts, ['shop', 'other']);
  definer = openDefiner(database);
  database.onClose(() => definer.end());
  login = new pg.Client({ connectionString: await createLogin(database, 'root', root) });
  await login.connect();
  database.onClose(() => login.end());
}, 120_000);

describe('a table', () => {
  it('is out of reach of logins while it is deactivated, and back with its rows', async () => {
    expect(await add('shop_notes', `(text) values ('kept')`)).toBe('done');
    const { tables, inactive } = await deactivate('notes');
    expect(tables.some(({ name }) => name === 'notes')).toBe(false);
    expect(inactive).toMatchObject([{ name: 'notes', active: false }]);
    expect(await reading('shop_notes')).toBe('42501');
    expect(await add('shop_notes', `(text) values ('no')`)).toBe('42501');
    const notes = table('notes', [], { app: 'shop' });
    const again = freshly(notes);
    expect((await refusal({ kind: 'create_table', table: again })).kind).toBe('table_exists');
    expect(
      (await refusal({ kind: 'deactivate', part: { app: 'shop', table: 'notes' } })).kind,
    ).toBe('table_not_found');
    const change = { kind: 'change_table', from: notes, to: again } as const;
    expect((await refusal(change)).kind).toBe('table_not_found');
    const back = await reactivate('notes');
    expect(back.inactive).toEqual([]);
    expect(back.tables.find(({ name }) => name === 'notes')?.active).toBeUndefined();
    const kept = await login.query(`select text from "t_${tenant}".shop_notes`);
    expect(kept.rows).toEqual([{ text: 'kept' }]);
    const { version } = await reactivate('notes');
    expect(version).toBe(back.version);
  });

  it('comes back with every constraint, policy, trigger and privilege', async () => {
    const shape = async (): Promise<readonly unknown[]> => {
      const { rows } = await database.admin.query(
        `select conrelid::regclass::text as on, conname as name, pg_get_constraintdef(oid) as what
           from pg_constraint where connamespace = to_regnamespace($1)
         union all
         select polrelid::regclass::text, polname, pg_get_expr(polqual, polrelid) from pg_policy
         union all
         select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
         union all
         select oid::regclass::text, null, relacl::text from pg_class where relnamespace = to_regnamespace($1)
         order by 1, 2, 3`,
        [`"t_${tenant}"`],
      );
      return rows;
    };
    const before = await shape();
    await deactivate('customers', true);
    expect(await shape()).not.toEqual(before);
    await reactivate('customers');
    expect(await shape()).toEqual(before);
  });

  it('that others refer to stays, unless their references are given up', async () => {
    const part = { app: 'shop', table: 'customers' };
    const error = await refusal({ kind: 'deactivate', part });
    expect(error.kind).toBe('has_dependents');
    expect(error.message).toBe("'customers' is used by: orders, visits");
    await deactivate('customers', true);
    expect(await add('shop_orders', 'values (1, 77)')).toBe('done');
    const catalog = await definer.catalog(tenant);
    expect(catalog.tables.flatMap(({ references }) => references.map((r) => r.name))).not.toContain(
      'orders_customer',
    );
    const back = { kind: 'reactivate', part } as const;
    expect((await refusal(back)).kind).toBe('data_conflict');
    await login.query(`delete from "t_${tenant}".shop_orders`);
    await define(back);
    expect(await add('shop_orders', 'values (2, 77)')).toBe('23503');
    expect(await add('other_visits', 'values (2, 77)')).toBe('23503');
  });

  it('that refers to one deactivated waits for it, or gives its reference up until then', async () => {
    for (const name of ['orders', 'visits'])
      await deactivate(name, false, name === 'orders' ? 'shop' : 'other');
    await deactivate('customers');
    const part = { app: 'shop', table: 'orders' };
    const error = await refusal({ kind: 'reactivate', part });
    expect(error.message).toBe("'orders' refers to deactivated tables: customers");
    await reactivate('orders', true);
    expect(await add('shop_orders', 'values (3, 77)')).toBe('done');
    await login.query(`delete from "t_${tenant}".shop_orders`);
    await reactivate('customers');
    await reactivate('visits', false, 'other');
    expect(await add('shop_orders', 'values (4, 77)')).toBe('23503');
    expect(await add('other_visits', 'values (4, 77)')).toBe('23503');
  });

  it('keeps its references while it is away, whatever its target is called then', async () => {
    await deactivate('orders');
    const { tables } = await definer.catalog(tenant);
    const customers = tables.find(({ name }) => name === 'customers');
    if (!customers) throw new Error('no customers');
    const renamed = { ...customers, name: 'clients' };
    await define({ kind: 'change_table', from: customers, to: renamed });
    const back = await reactivate('orders');
    const orders = back.tables.find(({ name }) => name === 'orders');
    expect(orders?.references).toMatchObject([{ target: { app: 'shop', name: 'clients' } }]);
    expect(await add('shop_orders', 'values (5, 77)')).toBe('23503');
    await define({ kind: 'change_table', from: renamed, to: customers });
  });

  it('is out of reach of the functions that act as their owner, and in nobody’s way to doctor', async () => {
    const docs = table('docs', [], { access: 'acl', features: { acl: true } });
    await define({ kind: 'create_table', table: freshly(docs) });
    expect(await add('docs', 'default values')).toBe('done');
    const doors = [
      `select "t_${tenant}".access_of('docs', '1')`,
      `select "t_${tenant}".share('docs', '1', read => '{ann}')`,
    ];
    for (const door of doors) expect(await codeOf(login, door)).toBe('done');
    await deactivate('docs', false, 'default');
    for (const door of doors) expect(await codeOf(login, door)).toBe('RH201');
    const bad = (await doctor(database.url)).filter(({ ok, level }) => !ok && level !== 'warn');
    expect(bad).toEqual([]);
    await define({ kind: 'purge', part: { app: 'default', table: 'docs' } });
  });

  it('takes its edges along', async () => {
    expect(await reading('shop_places_edges')).toBe('done');
    const edges = { app: 'shop', table: 'places_edges' };
    expect((await refusal({ kind: 'deactivate', part: edges })).kind).toBe('has_dependents');
    await deactivate('places');
    expect(await reading('shop_places')).toBe('42501');
    expect(await reading('shop_places_edges')).toBe('42501');
    await reactivate('places');
    expect(await reading('shop_places_edges')).toBe('done');
  });

  it('is gone for good when it is purged, with the references to it', async () => {
    const gone = table('gone', [], { app: 'shop' });
    const user = table('user', [customer], { app: 'shop', references: [referring('', 'gone')] });
    for (const draft of [gone, user]) await define({ kind: 'create_table', table: freshly(draft) });
    const part = { app: 'shop', table: 'gone' };
    expect((await refusal({ kind: 'purge', part })).kind).toBe('has_dependents');
    await deactivate('user');
    const { inactive } = await define({ kind: 'purge', part });
    expect(inactive).toMatchObject([{ name: 'user', references: [] }]);
    expect(await reading('shop_gone')).toBe('42P01');
    await define({ kind: 'purge', part: { app: 'shop', table: 'user' } });
    expect((await refusal({ kind: 'reactivate', part: { app: 'shop', table: 'user' } })).kind).toBe(
      'table_not_found',
    );
    await define({ kind: 'create_table', table: freshly(gone) });
    await define({ kind: 'purge', part, force: true });
  });
});

describe('an app', () => {
  it('takes its datasources and tables along, but not those that went before', async () => {
    await define({
      kind: 'create_datasource',
      app: 'shop',
      datasource: { slug: 'own', name: 'Own', provider: 'flat_table', description: '', config: {} },
    });
    const draft = table('own_things', [], { app: 'shop', datasource: 'own' });
    await define({ kind: 'create_table', table: freshly(draft) });
    await deactivate('notes');
    await define({ kind: 'deactivate', part: { app: 'shop', datasource: 'own' } });
    expect(await reading('shop_own_things')).toBe('42501');
    const part = { app: 'shop' };
    expect((await refusal({ kind: 'deactivate', part })).message).toBe(
      "'customers' is used by: visits",
    );
    const away = await define({ kind: 'deactivate', part, force: true });
    expect(away.apps?.find(({ slug }) => slug === 'shop')).toMatchObject({ active: false });
    for (const name of ['shop_customers', 'shop_orders', 'shop_places_edges']) {
      expect(await reading(name)).toBe('42501');
    }
    const one = { app: 'shop', table: 'orders' };
    expect((await refusal({ kind: 'reactivate', part: one })).kind).toBe('relation_not_found');
    const back = await define({ kind: 'reactivate', part });
    expect(back.inactive?.map(({ name }) => name).sort()).toEqual(['notes', 'own_things']);
    expect(back.apps?.find(({ slug }) => slug === 'shop')?.datasources).toMatchObject([
      { slug: 'default', active: true },
      { slug: 'own', active: false },
    ]);
    expect(await add('other_visits', 'values (9, 77)')).toBe('23503');
    const own = { app: 'shop', table: 'own_things' };
    expect((await refusal({ kind: 'reactivate', part: own })).message).toBe(
      "Datasource 'own' is deactivated: restore it first",
    );
    await define({ kind: 'reactivate', part: { app: 'shop', datasource: 'own' } });
    expect(await reading('shop_own_things')).toBe('done');
    await reactivate('notes');
  });

  it('goes with everything when it is purged', async () => {
    const app = { slug: 'brief', name: 'Brief', description: '', settings: {} };
    await define({ kind: 'create_app', app });
    const lone = table('lone', [], { app: 'brief' });
    await define({ kind: 'create_table', table: freshly(lone) });
    await define({ kind: 'deactivate', part: { app: 'brief' } });
    expect((await refusal({ kind: 'create_app', app })).kind).toBe('name_taken');
    const catalog = await define({ kind: 'purge', part: { app: 'brief' } });
    expect(catalog.apps?.map(({ slug }) => slug)).not.toContain('brief');
    expect(await reading('brief_lone')).toBe('42P01');
    const left = await database.admin.query(
      `select app from control.relations where app = 'brief' union all
       select app from control.datasources where app = 'brief' union all
       select app from control.app_members where app = 'brief'`,
    );
    expect(left.rows).toEqual([]);
    const next = await define({ kind: 'create_app', app });
    const ids = next.apps?.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('that every tenant has always stays, as do its datasources', async () => {
    for (const kind of ['deactivate', 'purge'] as const) {
      for (const part of [
        { app: 'default' },
        { app: 'default', datasource: 'default' },
        { app: 'default', datasource: 'objects' },
      ]) {
        expect((await refusal({ kind, part, force: true })).kind).toBe('has_dependents');
      }
    }
  });

  it('keeps the provider of a datasource with tables', async () => {
    const change = (provider: 'jsonb' | 'flat_table'): Definition => ({
      kind: 'change_datasource',
      app: 'shop',
      datasource: 'default',
      change: { provider },
    });
    expect((await refusal(change('jsonb'))).kind).toBe('has_dependents');
    await define(change('flat_table'));
  });

  it('and its datasource must be there before a table', async () => {
    for (const place of [{ app: 'nowhere' }, { app: 'shop', datasource: 'nowhere' }]) {
      const draft = freshly(table('t', [], place));
      expect((await refusal({ kind: 'create_table', table: draft })).kind).toBe(
        'relation_not_found',
      );
    }
  });
});

describe('who administers', () => {
  /** What the functions say to a principal in a session of the gateway's. */
  async function ask(person: Principal, app = 'shop'): Promise<unknown> {
    const { rows } = await database.admin.query(`select set_config('rowhouse.claims', $1, true)`, [
      '',
    ]);
    expect(rows).toHaveLength(1);
    const url = await createLogin(database, `ask_${Math.random().toString(36).slice(2)}`, person);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const answer = await client.query(
        'select rowhouse.app_roles($1, $2) as roles, rowhouse.administers($1, $2) as administers',
        [tenant, app],
      );
      return answer.rows[0];
    } finally {
      await client.end();
    }
  }

  beforeAll(async () => {
    const role = (name: string, rest: { parent?: string; members?: string[] }) =>
      define({ kind: 'define_app_role', app: 'shop', name, ...rest });
    await role('reader', {});
    await role('writer', { parent: 'reader', members: ['ann'] });
    await role('chief', { parent: 'admin', members: ['kim'] });
    await role('admin', { members: ['bob'] });
  });

  it.each([
    ['a member', 'ann', 'edit', [], ['reader', 'writer'], false],
    ['nobody in particular', 'zoe', 'full', [], [], false],
    ['the holder of a token role', 'zoe', 'edit', ['writer'], ['reader', 'writer'], false],
    ['a token role called admin', 'zoe', 'edit', ['admin'], ['admin'], false],
    ['an admin', 'bob', 'read', [], ['admin'], true],
    ['a role whose parent is admin', 'kim', 'deny', [], ['admin', 'chief'], true],
    ['access root', 'zoe', 'root', [], [], true],
  ] as const)('%s', async (_, sub, access, roles, held, administers) => {
    const person = principal(tenant, sub, { access, roles: [...roles] });
    expect(await ask(person)).toEqual({ roles: held, administers });
    // Elsewhere the recorded roles are nothing.
    expect(await ask(person, 'other')).toEqual({ roles, administers: access === 'root' });
  });

  it('a principal of another tenant is nobody', async () => {
    const other = database.slug('else');
    await definer.createTenant(other);
    for (const sub of ['bob', 'root']) {
      const person = principal(other, sub, { access: 'root', roles: ['writer'] });
      expect(await ask(person)).toEqual({ roles: [], administers: false });
    }
  });

  it('definitions ask the same', async () => {
    const app = { slug: 'mine', name: 'Mine', description: '', settings: {} };
    const person = (sub: string, access: Principal['access']) => principal(tenant, sub, { access });
    for (const access of ['deny', 'read', 'edit'] as const) {
      expect((await refusal({ kind: 'create_app', app }, person('zoe', access))).kind).toBe(
        'forbidden',
      );
    }
    await define({ kind: 'create_app', app }, person('zoe', 'full'));
    const change = { kind: 'change_app', app: 'mine', change: { name: 'Ours' } } as const;
    expect((await refusal(change, person('ann', 'full'))).kind).toBe('forbidden');
    await define(change, person('zoe', 'read'));
    const draft = freshly(table('made', [], { app: 'mine' }));
    const create = { kind: 'create_table', table: draft } as const;
    expect((await refusal(create, person('ann', 'full'))).kind).toBe('forbidden');
    await define(create, person('zoe', 'read'));
    const part = { app: 'mine', table: 'made' };
    for (const kind of ['deactivate', 'reactivate', 'purge'] as const) {
      expect((await refusal({ kind, part }, person('ann', 'full'))).kind).toBe('forbidden');
      await define({ kind, part }, person('zoe', 'read'));
    }
  });
});
