import { beforeAll, describe, expect, it } from 'vitest';
import type { ResourceRule } from '../../control-plane/model/policy.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTenantWith, openDefiner } from '../support/definer.ts';
import { createLogins, type Logins } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asGateway, attempt } from '../support/sql.ts';
import { column, draftOf, plainTable } from '../unit/compile/samples.ts';

let database: TestDatabase;
let tenant: string;
let posts: string;
let people: Readonly<Record<'root' | 'editor' | 'stranger', Principal>>;
let logins: Logins;

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('policy');
  posts = `"t_${tenant}".posts`;
  const bare = draftOf(plainTable('posts', [column('title')], { access: 'policy' }));
  await createTenantWith(database, tenant, [bare]);
  const other = database.slug('other');
  await createTenantWith(database, other, []);
  people = {
    root: principal(tenant, 'root', { access: 'root' }),
    editor: principal(tenant, 'editor', { access: 'full', roles: ['editor'] }),
    stranger: principal(other, 'root', { access: 'root' }),
  };
  logins = await createLogins(database, Object.entries(people));
  await database.admin.query(`insert into ${posts} (title) values ('first')`);
});

/** What comes of each verb: rows met, or the SQLSTATE. */
async function verbs(client: Parameters<typeof attempt>[0]) {
  const outcome = async (text: string) => {
    await client.query('savepoint verb');
    const result = await attempt(client, text);
    await client.query('rollback to savepoint verb');
    return result.ok ? result.count : result.code;
  };
  return {
    read: await outcome(`select from ${posts}`),
    create: await outcome(`insert into ${posts} (title) values ('second') returning title`),
    update: await outcome(`update ${posts} set title = 'x' returning title`),
    delete: await outcome(`delete from ${posts} returning title`),
  };
}

const everything = { read: 1, create: 1, update: 1, delete: 1 };
const nothing = { read: 0, create: '42501', update: 0, delete: 0 };

describe('a table of which no policy speaks', () => {
  it.each([
    ['root', everything],
    ['editor', nothing],
  ] as const)('is what it should be to %s, in requests and to logins', async (who, expected) => {
    expect(await asGateway(database, people[who], verbs)).toEqual(expected);
    const client = logins.client(who);
    await client.query('begin');
    expect(await verbs(client)).toEqual(expected);
    await client.query('rollback');
  });

  it('is open to every principal of the tenant, and nobody else, if the app is set so', async () => {
    const set = `update control.apps as a set settings = $1 from control.tenants as t
      where t.id = a.tenant_id and t.slug = $2 and a.slug = 'default'`;
    await database.admin.query(set, [{ default_policy: 'authenticated' }, tenant]);
    expect(await asGateway(database, people.editor, verbs)).toEqual(everything);
    const anonymous = principal(tenant, '', { access: 'deny', roles: ['anonymous'] });
    expect(await asGateway(database, anonymous, verbs)).toEqual(nothing);
    await database.admin.query(set, [{ default_policy: 'other' }, tenant]);
    expect(await asGateway(database, people.editor, verbs)).toEqual(nothing);
  });

  it('is nothing to an administrator of another tenant who was granted the role', async () => {
    await database.admin.query(`grant "t_${tenant}" to ${database.slug('login_2')}`);
    const client = logins.client('stranger');
    await client.query('begin');
    expect(await verbs(client)).toEqual(nothing);
    await client.query('rollback');
  });
});

describe('rules of a table', () => {
  const rule = (
    actions: readonly string[],
    condition?: string,
    effect: 'allow' | 'deny' = 'allow',
    roles: readonly string[] = ['editor'],
  ): ResourceRule => ({
    actions,
    effect,
    roles,
    derivedRoles: [],
    ...(condition === undefined
      ? {}
      : { condition: { kind: 'expression' as const, text: condition, at: 'expr' } }),
  });

  async function put(...rules: readonly ResourceRule[]): Promise<void> {
    const definer = openDefiner(database);
    try {
      const content = {
        kind: 'resource',
        resource: 'datatable:posts',
        imports: [],
        rules,
      } as const;
      const policy = { app: 'default', content, document: {}, enabled: true };
      await definer.define(people.root, { kind: 'put_policy', policy });
    } finally {
      await definer.end();
    }
  }

  it('take what the caller can set in a session for nothing', async () => {
    await put(rule(['read'], 'P.attr.dept == "sales"'));
    const client = logins.client('editor');
    await client.query('begin');
    await client.query(
      `set local rowhouse.claims = '{"tenant": "${tenant}", "sub": "root", "level": 4, "attr": {"dept": "sales"}}'`,
    );
    expect(await verbs(client)).toEqual(nothing);
    await client.query('rollback');
    const claimed = principal(tenant, 'editor', {
      roles: ['editor'],
      attributes: { dept: 'sales' },
    });
    expect(await asGateway(database, claimed, verbs)).toMatchObject({ read: 1 });
    // A claim of another name that looks like one of ours is an attribute, no more.
    const forged = principal(tenant, 'eve', {
      attributes: { level: 4, roles: ['editor'], sub: 'root' },
    });
    expect(await asGateway(database, forged, verbs)).toEqual(nothing);
  });

  it('never raise, whatever a hidden row holds', async () => {
    await put(
      rule(
        ['read'],
        'timestamp(R.attr.title) < now() || 1 / size(R.attr.title) > 5 || R.attr.title.matches("^x")',
      ),
    );
    for (const title of ['', '2024-02-30T00:00:00Z', '99999-01-01T00:00:00Z', '\u0001', 'null']) {
      await database.admin.query(`update ${posts} set title = $1`, [title]);
      expect(await asGateway(database, people.editor, verbs), title).toMatchObject({ read: 0 });
    }
    await database.admin.query(`update ${posts} set title = '2024-02-29T00:00:00Z'`);
    expect(await asGateway(database, people.editor, verbs)).toMatchObject({ read: 1 });
  });

  it('hold text that would be SQL as text', async () => {
    const title = `'); drop table posts; --\\ $$ {} "`;
    await database.admin.query(`update ${posts} set title = $1`, [title]);
    await put(rule(['read'], `R.attr.title == ${JSON.stringify(title)} && R.id != "'||'"`));
    expect(await asGateway(database, people.editor, verbs)).toMatchObject({ read: 1 });
    await put(rule(['read'], undefined, 'allow', [`x'::text) or true or ('`]));
    expect(await asGateway(database, people.editor, verbs)).toMatchObject({ read: 0 });
  });

  it('keep conditions of the caller behind them', async () => {
    await put(rule(['read'], 'R.attr.title == "mine"'));
    await asGateway(database, people.editor, async (client) => {
      const outcome = await attempt(
        client,
        `select from ${posts} where 1 / (length(title) - length(title)) > 0`,
      );
      expect(outcome).toMatchObject({ ok: true, count: 0 });
    });
  });

  it('tell aggregates from reads in requests; SQL reads', async () => {
    await put(rule(['aggregate']));
    const intent = async (name: string) => {
      const count = (client: Parameters<typeof attempt>[0]) =>
        attempt(client, `select from ${posts}`);
      return asGateway(database, people.editor, count, { intent: name as 'edit' });
    };
    expect(await intent('aggregate')).toMatchObject({ count: 1 });
    expect(await intent('edit')).toMatchObject({ count: 0 });
    const client = logins.client('editor');
    await client.query("begin; set local rowhouse.intent = 'aggregate'");
    expect(await verbs(client)).toMatchObject({ read: 0 });
    await client.query('rollback');
  });

  it('are refused where a later change of the table would leave them without a column', async () => {
    await put(rule(['read'], 'R.attr.title == "x"'));
    const definer = openDefiner(database);
    try {
      const { tables } = await definer.catalog(tenant);
      const [table] = tables;
      if (!table) throw new Error('no table');
      const to = {
        ...draftOf(table),
        columns: table.columns.filter(({ name }) => name !== 'title'),
      };
      const from = { app: 'default', name: 'posts' };
      await expect(
        definer.define(people.root, {
          kind: 'change_table',
          from,
          to,
          allowDataLoss: true,
        } as never),
      ).rejects.toThrow(/no column 'title'/);
      const renamed = { ...draftOf(table), name: 'articles' };
      await expect(
        definer.define(people.root, { kind: 'change_table', from, to: renamed }),
      ).rejects.toThrow(/named by policies/);
    } finally {
      await definer.end();
    }
  });
});
