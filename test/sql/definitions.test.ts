import { createHmac, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { ServiceError } from '../../control-plane/base/errors.ts';
import { createCatalogs } from '../../control-plane/catalog/cache.ts';
import { loadCatalog } from '../../control-plane/catalog/load.ts';
import type { Catalog } from '../../control-plane/model/catalog.ts';
import { findTable } from '../../control-plane/model/catalog.ts';
import type { Definition } from '../../control-plane/model/definition.ts';
import type { Column, Table, TableDraft } from '../../control-plane/model/table.ts';
import { singlePlacement } from '../../control-plane/pg/placement.ts';
import { openPool } from '../../control-plane/pg/pool.ts';
import { createDefine } from '../../control-plane/service/define.ts';
import { asOwner } from '../../control-plane/service/owner.ts';
import { createTenants } from '../../control-plane/service/tenants.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { principal } from '../support/principal.ts';
import { column, draftOf, hostileNames, reference, table } from '../unit/compile/samples.ts';

let database: TestDatabase;
let tenant: string;
let define: (
  definition: Definition,
  options?: { as?: object; seen?: Catalog },
) => Promise<Table | undefined>;
let load: () => Promise<Catalog>;

beforeAll(async () => {
  database = await createDatabase();
  const settings = { max: 6, statementTimeout: 15_000 };
  const password = createHmac('sha256', database.secret).update('rowhouse_gateway').digest('hex');
  const url = database.urlAs('rowhouse_gateway', password);
  const data = openPool({ ...settings, connectionString: url });
  const ddl = openPool({ ...settings, connectionString: database.url });
  database.onClose(async () => {
    await data.end();
    await ddl.end();
  });
  tenant = database.slug('defs');
  const tenants = createTenants(
    (work) => asOwner(ddl, work),
    () => undefined,
  );
  await asOwner(ddl, (connection) =>
    tenants.createTenant(connection, {
      slug: tenant,
      name: 'Definitions',
      template: 'contacts',
      createdBy: 'test',
    }),
  );
  const catalogs = createCatalogs((slug) => data.borrow((client) => loadCatalog(client, slug)));
  load = () => catalogs.load(tenant, true);
  const run = createDefine(singlePlacement({ data, ddl }), catalogs);
  define = async (definition, { as = {}, seen } = {}) => {
    const caller = {
      principal: principal(tenant, 'ann', { access: 'full', sudo: true, ...as }),
      requestId: 'r1',
      signal: new AbortController().signal,
    };
    const outcome = await run(definition, seen ?? (await load()), caller);
    return outcome.table;
  };
});

/** The kind of error a definition ends with. */
async function failure(work: Promise<unknown>): Promise<Pick<ServiceError, 'kind' | 'detail'>> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ServiceError) return { kind: error.kind, detail: error.detail };
    throw error;
  }
  throw new Error('the definition was taken');
}

function create(name: string, columns: readonly Column[], more: Partial<Table> = {}) {
  const drafted = draftOf(
    table(
      name,
      columns.map((one) => ({ ...one, id: '' })),
      more,
    ),
  );
  const key = drafted.columns.map((one) => ({ ...one, id: one.name === 'id' ? '' : one.id }));
  return define({ kind: 'create_table', table: { ...drafted, columns: key } });
}

async function change(
  name: string,
  to: (draft: TableDraft) => Partial<TableDraft>,
  as: object = {},
) {
  const from = { app: 'default', name };
  const old = findTable(await load(), from);
  if (!old) throw new Error(`no table ${name}`);
  const next = { ...draftOf(old), ...to(old) };
  return define({ kind: 'change_table', from, to: next, allowDataLoss: 'dropped' }, { as });
}

const withColumn = (name: string, rules: Partial<Column>) => (draft: TableDraft) => ({
  columns: draft.columns.map((one) => (one.name === name ? { ...one, ...rules } : one)),
});

async function insert(name: string, values: Readonly<Record<string, unknown>>): Promise<void> {
  const names = Object.keys(values).map((one) => `"${one.replaceAll('"', '""')}"`);
  const marks = names.map((_, index) => `$${index + 1}`);
  await database.admin.query(
    `insert into "t_${tenant}"."${name}" (${names.join()}) values (${marks.join()})`,
    Object.values(values),
  );
}

describe('creation', () => {
  test('a template makes tables and rows', async () => {
    const { tables } = await load();
    expect(tables.map(({ name }) => name)).toEqual(['organisations', 'contacts']);
    const { rows } = await database.admin.query(`select name from "t_${tenant}".contacts`);
    expect(rows).toEqual([{ name: 'Ada Example' }]);
  });

  test('every hostile name becomes a column with every flag', async () => {
    const flags = { unique: true, indexed: true, searchable: true, sudo: true, immutable: true };
    const columns = hostileNames.map((name) =>
      column(
        name,
        { base: 'text' },
        { ...flags, tracked: true, minimum: 1, maximum: 9, pattern: 'x', enum: ['x'] },
      ),
    );
    const made = await create('hostile', columns);
    expect(made?.columns.slice(1).map(({ name }) => name)).toEqual(hostileNames);
    expect(made?.features.history).toBe(true);
    const { rows } = await database.admin.query(
      `select conname from pg_constraint where conrelid = $1::regclass and octet_length(conname) > 50`,
      [`"t_${tenant}".hostile`],
    );
    expect(rows).toEqual([]);
  });

  test('what is loaded is what was defined', async () => {
    const made = await create(
      'loaded',
      [column('a', { base: 'bigint' }, { minimum: 1, default: { kind: 'value', value: 2 } })],
      {
        description: 'D',
      },
    );
    const again = findTable(await load(), { app: 'default', name: 'loaded' });
    expect(again).toEqual(made);
    expect(made?.columns[1]).toMatchObject({
      name: 'a',
      minimum: 1,
      default: { kind: 'value', value: 2 },
    });
    expect(made?.createdAt).toMatch(/^\d{4}-.*Z$/);
  });

  test('reserved names are refused with the field', async () => {
    for (const name of ['created_at', '_acl', '_xact', '_search', 'ctid']) {
      const error = await failure(create('reserved', [column(name)]));
      expect(error).toMatchObject({ kind: 'invalid_name', detail: { field: name } });
    }
    expect((await failure(create('_rowhouse_x', []))).kind).toBe('invalid_name');
  });

  test('a default or pattern that is none leaves nothing and is on record', async () => {
    const faulty = [
      column('n', { base: 'bigint' }, { default: { kind: 'value', value: 'many' } }),
      column('p', { base: 'text' }, { pattern: '(' }),
    ];
    for (const one of faulty) {
      expect((await failure(create('faulty', [one]))).kind).toBe('invalid_definition');
    }
    expect(findTable(await load(), { app: 'default', name: 'faulty' })).toBeUndefined();
    const { rows } = await database.admin.query(
      `select status from control.operations where status = 'failed' and definition #>> '{table,name}' = 'faulty'`,
    );
    expect(rows).toHaveLength(2);
  });

  test('of two at once one makes the table', async () => {
    const seen = await load();
    const definition = { kind: 'create_table', table: draftOf(table('raced', [])) } as const;
    const named = {
      ...definition.table,
      columns: definition.table.columns.map((one) => ({ ...one, id: randomUUID() })),
    };
    const both = await Promise.allSettled(
      [1, 2].map(() => define({ ...definition, table: named }, { seen })),
    );
    const lost = both.filter((one) => one.status === 'rejected');
    expect(lost.map(({ reason }) => (reason as ServiceError).kind)).toEqual(['table_exists']);
  });

  test('different ones at once all go through, though each saw the catalog before', async () => {
    const seen = await load();
    const made = await Promise.all(
      ['p1', 'p2', 'p3', 'p4', 'p5'].map((name) => {
        const drafted = draftOf(table(name, []));
        const columns = drafted.columns.map((one) => ({ ...one, id: randomUUID() }));
        return define({ kind: 'create_table', table: { ...drafted, columns } }, { seen });
      }),
    );
    expect(new Set(made.map((one) => one?.id)).size).toBe(5);
  });
});

describe('change', () => {
  test('rules that stored rows break change nothing', async () => {
    await create('ruled', [column('a'), column('n', { base: 'bigint' })]);
    await insert('ruled', { a: 'one', n: 1 });
    await insert('ruled', { a: 'one' });
    const broken: readonly [string, Partial<Column>][] = [
      ['a', { unique: true }],
      ['n', { required: true }],
      ['n', { minimum: 2 }],
      ['a', { pattern: '^two' }],
      ['a', { enum: ['two'] }],
      ['a', { type: { base: 'bigint' } }],
      ['a', { maximum: 2 }],
    ];
    const before = await load();
    for (const [name, rules] of broken) {
      const error = await failure(change('ruled', withColumn(name, rules)));
      expect(error).toMatchObject({ kind: 'data_conflict', detail: { field: name } });
    }
    expect(await load()).toEqual(before);
  });

  test('every flag goes on and off again, and leaves the table as it was', async () => {
    await create('toggled', [column('a'), column('n', { base: 'bigint' })]);
    await insert('toggled', { a: 'x', n: 5 });
    const shape = async () =>
      (
        await database.admin.query('select test_shape from (select $1::text) as f (test_shape)', [
          await dump('toggled'),
        ])
      ).rows;
    const before = await shape();
    const rules: readonly Partial<Column>[] = [
      { required: true },
      { unique: true },
      { indexed: true },
      { searchable: true },
      { immutable: true },
      { sudo: true },
      { tracked: true },
      { minimum: 1, maximum: 9, pattern: 'x', enum: ['x'] },
      { default: { kind: 'value', value: 'x' } },
      { type: { base: 'varchar', length: 5 }, searchable: true },
      { description: 'words' },
    ];
    for (const rule of rules) {
      const old = findTable(await load(), { app: 'default', name: 'toggled' });
      await change('toggled', withColumn('a', rule));
      expect(await shape()).not.toEqual(before);
      await change('toggled', () => ({
        columns: old?.columns ?? [],
        features: { timestamps: true, softDelete: true, acl: true, history: false },
      }));
      expect(await shape()).toEqual(before);
    }
  });

  test('recorded rollback SQL takes a change back', async () => {
    await create('undone', [column('a'), column('b', { base: 'numeric' })]);
    const before = await dump('undone');
    await change('undone', (draft) => ({
      freeze: true,
      columns: [
        ...draft.columns.map((one) =>
          one.name === 'a'
            ? { ...one, name: 'alpha', unique: true, minimum: 1 }
            : { ...one, indexed: true },
        ),
        column('c', { base: 'uuid' }, { id: randomUUID(), searchable: true }),
      ],
    }));
    expect(await dump('undone')).not.toEqual(before);
    const { rows } = await database.admin.query<{ rollback_sql: string[]; forward_sql: string[] }>(
      'select forward_sql, rollback_sql from control.operations order by id desc limit 1',
    );
    for (const statement of rows[0]?.rollback_sql ?? []) await database.admin.query(statement);
    expect(await dump('undone')).toEqual(before);
    for (const statement of rows[0]?.forward_sql ?? []) await database.admin.query(statement);
  });

  test('types pass where nothing is lost and are refused where something is', async () => {
    await create('typed', [
      column('a'),
      column('b', { base: 'numeric' }),
      column('c', { base: 'jsonb' }),
    ]);
    await insert('typed', { a: '12', b: '2.0', c: '"text"' });
    await change('typed', withColumn('a', { type: { base: 'bigint' } }));
    await change('typed', withColumn('b', { type: { base: 'bigint' } }));
    await change('typed', withColumn('c', { type: { base: 'text' } }));
    const { rows } = await database.admin.query(`select a, b, c from "t_${tenant}".typed`);
    expect(rows).toEqual([{ a: '12', b: '2', c: 'text' }]);
    await change('typed', withColumn('b', { type: { base: 'numeric' } }));
    await insert('typed', { b: '2.5' });
    expect(
      await failure(change('typed', withColumn('b', { type: { base: 'bigint' } }))),
    ).toMatchObject({
      kind: 'data_conflict',
    });
  });

  test('the version moves and a stale change of a changed table is refused', async () => {
    await create('moved', [column('a')]);
    const seen = await load();
    await change('moved', () => ({ description: 'now' }));
    expect((await load()).version).toBe(seen.version + 1);
    const old = findTable(seen, { app: 'default', name: 'moved' });
    if (!old) throw new Error('no table');
    const late = define(
      { kind: 'change_table', from: old, to: { ...draftOf(old), sudo: true } },
      { seen },
    );
    expect((await failure(late)).kind).toBe('stale_catalog');
  });
});

describe('the right to define', () => {
  test('is that of level full, and needs sudo on guarded tables', async () => {
    await create('guarded', [column('a')]);
    const describe = () => ({ description: 'x' });
    expect((await failure(change('guarded', describe, { access: 'edit', sudo: false }))).kind).toBe(
      'forbidden',
    );
    await change('guarded', () => ({ freeze: true }), { sudo: false });
    expect(
      (await failure(change('guarded', () => ({ freeze: false }), { sudo: false }))).kind,
    ).toBe('sudo_required');
    expect((await failure(change('guarded', describe))).kind).toBe('table_frozen');
    await change('guarded', () => ({ freeze: false, status: 'disabled' }));
    const { rows } = await database.admin.query(
      `select has_table_privilege($1, $2, 'select') as may`,
      [`t_${tenant}`, `"t_${tenant}".guarded`],
    );
    expect(rows).toEqual([{ may: false }]);
  });
});

describe('drop', () => {
  test('retains the rows, frees the name, and leaves other tables their columns', async () => {
    await create('parents', [column('a')]);
    await create('children', [column('parent_id', { base: 'uuid' }, { tracked: true })], {
      references: [
        reference('parent_id', 'parents', {
          relationship: { type: 'owned', name: 'children', cascade: true, required: false },
        }),
      ],
    });
    await insert('parents', { a: 'kept' });
    const parents = findTable(await load(), { app: 'default', name: 'parents' });
    await define({ kind: 'drop_table', table: { app: 'default', name: 'parents' }, retain: true });
    const children = findTable(await load(), { app: 'default', name: 'children' });
    expect(children?.references).toEqual([]);
    expect(children?.columns.map(({ name }) => name)).toEqual(['id', 'parent_id']);
    const kept = await database.admin.query(
      `select a from "t_${tenant}"."_rowhouse_retired_${parents?.id}"`,
    );
    expect(kept.rows).toEqual([{ a: 'kept' }]);
    await insert('children', { parent_id: randomUUID() });
    await create('parents', [column('a')]);
    await define({ kind: 'drop_table', table: { app: 'default', name: 'children' }, retain: true });
    await define({ kind: 'drop_table', table: { app: 'default', name: 'parents' }, retain: false });
  });

  test('a child retired lets its parents go', async () => {
    await create('owners', [column('a')]);
    await create('things', [column('owner_id', { base: 'uuid' })], {
      references: [
        reference('owner_id', 'owners', {
          name: 'things_owner_fkey',
          relationship: { type: 'owned', cascade: false, required: true },
        }),
      ],
    });
    await insert('owners', { a: 'x' });
    const { rows } = await database.admin.query(`select id from "t_${tenant}".owners`);
    await insert('things', { owner_id: rows[0]?.id });
    await define({ kind: 'drop_table', table: { app: 'default', name: 'things' }, retain: true });
    await database.admin.query(`update "t_${tenant}".owners set a = 'y'`);
    await define({ kind: 'drop_table', table: { app: 'default', name: 'owners' }, retain: false });
  });
});

/** All that Postgres says of a table, as text: columns without their order, constraints, indexes, triggers, policies, rights. */
async function dump(name: string): Promise<string> {
  const { rows } = await database.admin.query<{ line: string }>(
    `with t as (select $1::regclass as oid)
     select format('column %s %s %s %s', attname, format_type(atttypid, atttypmod), attnotnull,
       pg_get_expr(adbin, adrelid)) || coalesce(col_description(a.attrelid, attnum), '') as line
       from t join pg_attribute a on a.attrelid = t.oid and attnum > 0 and not attisdropped
       left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     union all select conname || ' ' || pg_get_constraintdef(c.oid) || convalidated from t join pg_constraint c on conrelid = t.oid
       where contype <> 'n'
     union all select pg_get_indexdef(indexrelid) from t join pg_index on indrelid = t.oid
     union all select pg_get_triggerdef(g.oid) from t join pg_trigger g on tgrelid = t.oid where not tgisinternal
     union all select p::text from t join pg_policies p on format('%I.%I', schemaname, tablename)::regclass = t.oid
     union all select p.policyname from pg_policies p where p.tablename = '_rowhouse_history'
       and p.qual like '%' || $2 || '%'
     union all select relacl::text from t join pg_class on pg_class.oid = t.oid
     order by 1`,
    [`"t_${tenant}"."${name}"`, name],
  );
  return rows.map(({ line }) => line).join('\n');
}
