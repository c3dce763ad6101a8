/** Ways around apps and their policies: by a login role without rights, and by who administers one app and wants more. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asBareGateway, attempt, codeOf, rolledBack, withClient } from '../support/sql.ts';
import { type Taruvi, taruvi } from '../support/taruvi.ts';

let app: TestApp;
let database: TestDatabase;
let posts: string;
let loginUrl: string;
let root: Taruvi;
/** Administers app `mine`, and is an editor in `blog`. */
let eve: Taruvi;
const data = '/blog/datatables/posts/data';

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  const tenant = await app.createTenant('apps');
  posts = `"t_${tenant}".blog_posts`;
  const person = principal(tenant, 'eve', { roles: ['editor'] });
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
  eve = taruvi(app, person);
  loginUrl = await createLogin(database, 'eve', person);
  for (const name of ['blog', 'mine']) await root.call('POST', '', { name }, 201);
  await root.call('POST', '/mine/roles', { name: 'admin', members: ['eve'] });
  const fields = [
    { name: 'id', type: 'integer' },
    { name: 'owner', type: 'string' },
    { name: 'code', type: 'string', constraints: { unique: true } },
  ];
  const json_schema = { fields, primaryKey: 'id' };
  await root.call('POST', '/blog/datatables', { name: 'posts', json_schema }, 201);
  const rows = [
    { id: 1, owner: 'eve', code: 'a' },
    { id: 2, owner: 'bob', code: 'b' },
  ];
  await root.call('POST', data, rows, 201);
});

async function policy(...rules: readonly (readonly [action: string, expr?: string])[]) {
  await root.call('POST', '/blog/policies', {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      resource: 'datatable:posts',
      version: 'default',
      rules: rules.map(([action, expr]) => ({
        actions: [action],
        effect: 'EFFECT_ALLOW',
        roles: ['editor'],
        ...(expr === undefined ? {} : { condition: { match: { expr } } }),
      })),
    },
  });
}

describe('numbers of rows', () => {
  const last = 2 ** 31 - 1;

  it('are not used up by rows that are refused', async () => {
    await policy(['read']);
    await withClient(loginUrl, async (client) => {
      expect(await codeOf(client, `insert into ${posts} (id) values (${last})`)).toBe('42501');
      expect(await codeOf(client, `insert into ${posts} (id) values (-${last})`)).toBe('42501');
    });
    await eve.refused(403, 'FORBIDDEN', 'POST', data, { id: last });
    // In a request not even those near by.
    await eve.refused(403, 'FORBIDDEN', 'POST', data, [{ id: 60 }, { id: null }]);
    const made = await root.call('POST', data, { owner: 'root' }, 201);
    expect(made.data).toMatchObject({ id: 3 });
  });

  it('are not used up by one row with the last of them', async () => {
    await policy(['create', 'R.attr.owner == P.id'], ['read']);
    await eve.call('POST', data, { id: last, owner: 'eve' }, 201);
    const made = await root.call('POST', data, { owner: 'root' }, 201);
    expect((made.data as { id: number }).id).toBeLessThan(last);
  });
});

describe('rows that may be changed but not read', () => {
  it('do not show themselves to an UPDATE that reads no column', async () => {
    await policy(['update'], ['read', 'R.attr.owner == P.id']);
    await withClient(loginUrl, (client) =>
      rolledBack(client, async () => {
        const read = () => attempt(client, `select owner from ${posts} where owner <> 'eve'`);
        expect(await read()).toMatchObject({ count: 0 });
        await client.query(`update ${posts} set code = null`);
        expect(await read()).toMatchObject({ count: 0 });
      }),
    );
  });
});

describe('a reference to a table of another app', () => {
  const field = (name: string, type = 'string') => ({ name, type });
  const plain = { fields: [field('id', 'integer'), field('guess')], primaryKey: 'id' };
  const foreignKeys = [
    { fields: ['guess'], reference: { resource: 'blog:posts', fields: ['code'] } },
  ];

  it('is not proved by the owner for who does not administer that app', async () => {
    await policy(['read', 'R.attr.owner == P.id']);
    await eve.call('POST', '/mine/datatables', { name: 'later', json_schema: plain }, 201);
    await eve.call('POST', '/mine/datatables/later/data', { guess: 'b' }, 201);
    const json_schema = { ...plain, foreignKeys };
    await eve.refused(403, 'FORBIDDEN', 'PATCH', '/mine/datatables/later', { json_schema });
    await root.call('PATCH', '/mine/datatables/later', { json_schema });
    // Back and forth, with a row put in between.
    await eve.call('PATCH', '/mine/datatables/later', { json_schema: plain });
    const { body } = await eve.send('GET', '/mine/datatables/later/operations');
    const [{ revision_id } = {}] = body as readonly { revision_id?: string }[];
    await eve.refused(403, 'FORBIDDEN', 'POST', '/mine/datatables/later/rollback', { revision_id });
  });

  it('may be made with its table: every row then meets what its writer sees', async () => {
    const json_schema = { ...plain, foreignKeys };
    await eve.call('POST', '/mine/datatables', { name: 'first', json_schema }, 201);
    const place = '/mine/datatables/first/data';
    const hidden = await eve.send('POST', place, { guess: 'b' });
    const missing = await eve.send('POST', place, { guess: 'none' });
    expect([hidden.status, hidden.text]).toEqual([missing.status, missing.text]);
    await eve.call('POST', place, { guess: 'a' }, 201);
  });
});

describe('values that a reader cannot take', () => {
  it('are kept out of columns held in JSON, whatever the writer has set', async () => {
    const fields = [
      { name: 'id', type: 'integer' },
      { name: 'n', type: 'integer' },
      { name: 'on', type: 'date' },
      { name: 'at', type: 'datetime' },
      { name: 'days', type: 'array', arrayItem: { type: 'date' } },
    ];
    const body = { name: 'held', provider_type: 'jsonb', json_schema: { fields } };
    await root.call('POST', '/blog/datatables', body, 201);
    await root.call('PATCH', '/blog', { settings: { default_policy: 'authenticated' } });
    await withClient(loginUrl, async (client) => {
      await client.query("set datestyle = 'SQL, DMY'");
      const put = (value: object) =>
        codeOf(client, `insert into ${posts.replace('posts', 'held')} (data) values ($1)`, [value]);
      for (const text of ['13/02/2020', 'now', '20-02-13']) {
        for (const value of [{ on: text }, { at: text }, { days: [text] }]) {
          expect([value, await put(value)]).toEqual([value, 'RH405']);
        }
      }
      const fine = { on: '2020-02-13', at: '2020-02-13T10:00:00.5+02:00', days: ['2020-02-13'] };
      expect(await put(fine)).toBe('done');
      await client.query(
        `insert into ${posts.replace('posts', 'held')} (data) values ('{"n": 3.0}')`,
      );
    });
    const read = (query: string) => eve.rows(`/blog/datatables/held/data?${query}`);
    expect(await read('n__gte=3')).toMatchObject([{ n: 3 }]);
    expect(await read('on__gte=2020-01-01&at__gte=2020-01-01T00:00:00Z')).toHaveLength(1);
    expect(await read('ordering=n,on,at')).toHaveLength(2);
  });

  it('make no condition fail', async () => {
    const fields = [
      { name: 'id', type: 'integer' },
      { name: 'day', type: 'date' },
      { name: 'meta', type: 'object' },
    ];
    await root.call('POST', '/blog/datatables', { name: 'far', json_schema: { fields } }, 201);
    const conditions = ['R.attr.day < now()', 'R.attr.meta.a < R.attr.meta.b'];
    const rules = conditions.map((expr) => ({
      actions: ['*'],
      effect: 'EFFECT_ALLOW',
      roles: ['editor'],
      condition: { match: { expr } },
    }));
    await root.call('POST', '/blog/policies', {
      apiVersion: 'api.cerbos.dev/v1',
      resourcePolicy: { resource: 'datatable:far', version: 'default', rules },
    });
    const far = posts.replace('posts', 'far');
    await database.admin.query(`insert into ${far} (day, meta) values
      ('300000-01-01', '{}'), ('infinity', '{}'), ('4000-01-01 BC', '{}'), (null, '{"a": -9e131071, "b": 9e131071}')`);
    await withClient(loginUrl, async (client) => {
      expect(await attempt(client, `select id from ${far} order by id`)).toMatchObject({
        rows: [{ id: 3 }, { id: 4 }],
      });
    });
  });
});

describe('a session', () => {
  it('is no maintenance because it says so', async () => {
    const settings = ['rowhouse.maintenance', 'rowhouse.owner'].map((name) => `set ${name} = 'on'`);
    await withClient(loginUrl, async (client) => {
      for (const setting of settings) await client.query(setting);
      expect(await attempt(client, 'select rowhouse.is_maintenance() as it')).toMatchObject({
        rows: [{ it: false }],
      });
    });
    await asBareGateway(database, async (client) => {
      await client.query(`set rowhouse.maintenance = 'on'`);
      const { rows } = await client.query(
        `select pg_has_role('rowhouse_gateway', 'rowhouse_owner', 'member') as it`,
      );
      expect(rows).toEqual([{ it: false }]);
    });
  });
});
