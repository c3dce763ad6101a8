/** Views: what SQL is accepted, who may read, what a refresh does, in REST and SQL. */
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { doctor } from '../../../control-plane/pg/doctor.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createLogin } from '../../support/logins.ts';
import { monk } from '../../support/monk.ts';
import { type Pgrest, pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let admin: Pgrest;
let tenant: string;
let count = 0;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('views');
  admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
  await admin.table({
    table_name: 'Items',
    enums: { colour: ['RED', 'BLUE'] },
    columns: {
      name: { data_type: 'text' },
      count: { data_type: 'integer' },
      firstName: { data_type: 'text' },
      c: { data_type: 'colour' },
      at: { data_type: 'timestamp' },
    },
  });
  await admin.call('POST', '/data/Items', {
    data: [
      { name: 'a', count: 1, firstName: 'A', c: 'RED', at: '2024-01-01T00:00:00' },
      { name: 'b', count: 2, firstName: null, c: 'BLUE' },
      { name: null, count: 3 },
    ],
  });
});

async function viewOf(body: object): Promise<string> {
  const name = `v${++count}`;
  await admin.call('POST', '/manage/views', { view_name: name, ...body });
  return name;
}

const raw = (sql: string) => viewOf({ raw_sql: sql });

describe('making views', () => {
  it('serves parts, raw text and stored rows alike', async () => {
    const { result, metadata } = await admin.call('POST', '/manage/views', {
      view_name: 'parts',
      select_query: 'name, COUNT as n, firstname',
      from_table: 'items',
      where_query: "count < 3 and name <> 'it''s; --'",
      comments: 'c',
      endpoints: ['GET_ALL'],
    });
    const { view_id: id } = result as { view_id: number };
    expect(result).toEqual({
      view_name: 'parts',
      view_id: id,
      manage_view_id: id,
      root_url: 'parts',
      endpoints: ['GET_ALL'],
      comments: 'c',
    });
    expect(metadata['command']).toMatch(/^SELECT /);
    const rows = [
      { name: 'a', n: 1, firstName: 'A' },
      { name: 'b', n: 2, firstName: null },
    ];
    expect(await admin.rows('/views/parts?order=n')).toEqual(rows);
    expect(await admin.rows(`/views/${id}?n.gt=1`)).toEqual([rows[1]]);
    const where = encodeURIComponent('{"n":{"operator":"<","value":2}}');
    expect(await admin.rows(`/views/parts?where=${where}`)).toEqual([rows[0]]);
    await admin.refused(400, 'GET', '/views/parts?zzz.eq=1');
    expect((await admin.call('GET', `/manage/views/${id}?details=true`)).result).toMatchObject({
      tenant_id: tenant,
      permission_rules: [],
      view_definition: { from_table: 'items', raw_sql: null },
    });
    const over = await raw(
      `as select n.c, tenant.parts.n from tenant.parts, (select max(c) as c from "Items") n;`,
    );
    expect((await admin.rows(`/views/${over}`)).length).toBe(2);
    expect(await admin.refused(400, 'DELETE', '/manage/views/parts')).toMatchObject({
      code: 'has_dependents',
    });
    await admin.call('DELETE', `/manage/views/${over}`);
    await admin.call('DELETE', '/manage/views/parts');
    await admin.refused(404, 'GET', '/views/parts');
  });

  it('accepts joins, expressions, aggregates and windows', async () => {
    const accepted = [
      `select i.name, sum(i.count) over (partition by i.c order by i.count) as s from items i left join items j on i.count = j.count`,
      `with x as (select c, count(*) as n from items group by c having count(*) > 0) select * from x order by n`,
      `select name from items union all select 'z' from items where exists (select 1 from items k where k.count > 2)`,
      `select g, upper(name), coalesce(count, 0), 'RED'::colour as e, at + interval '1 day' as l from items, generate_series(1, 2) g`,
      `select array_agg(name) as names, json_build_object('a', max(count))::text as j from items`,
    ];
    for (const sql of accepted) await admin.rows(`/views/${await raw(sql)}`);
  });

  const refusedSql = [
    'select 1 as a; select 2 as a',
    'select 1 as a into b',
    'select * from items for update',
    'with d as (delete from items returning *) select * from d',
    'select $1 as a',
    'select relname from pg_class',
    'select relname from pg_catalog.pg_class',
    'select slug from control.tenants',
    'select * from other.items',
    'select * from _rowhouse_acls',
    'select pg_sleep(1) as a',
    "select set_config('rowhouse.claims', '', true) as a",
    "select pg_read_file('/etc/passwd') as a",
    "select query_to_xml('select 1', true, true, '')::text as a",
    'select current_user as a',
    "select 'pg_class'::regclass::text as a",
    'delete from items',
    'drop table items',
    'select no_such_column from items',
    'select name, name from items',
    'select',
    '',
    'select rowhouse.uuid_v7() as a',
  ];

  it.each(refusedSql)('refuses %s', async (sql) => {
    const state = async () =>
      (
        await database.admin.query(
          `select (select count(*) from pg_class where relnamespace = ('t_' || $1)::regnamespace) || md5(rowhouse.catalog($1)::text) as s`,
          [tenant],
        )
      ).rows[0].s;
    const before = await state();
    for (const key of ['raw_sql', 'materialized_view_raw_sql']) {
      await admin.refused(400, 'POST', '/manage/views', { view_name: 'bad', [key]: sql });
    }
    expect(await state()).toBe(before);
  });

  it('refuses other bodies', async () => {
    const part = { select_query: '*', from_table: 'Items' };
    for (const body of [
      {},
      { view_name: 'x' },
      { view_name: 'Items', ...part },
      { view_name: 'x', ...part, raw_sql: 'select 1 as a' },
      { view_name: 'x', select_query: '*' },
      { view_name: 'x', ...part, permission_rules: 'PGREST_USER' },
      { view_name: 'x', ...part, colour: 1 },
      { view_name: 'x', select_query: '* from pg_authid --', from_table: 'Items' },
      { view_name: 'x', ...part, where_query: 'true) union (select * from "Items"' },
      { view_name: 'x', ...part, from_table: 'nope' },
    ]) {
      await admin.refused(400, 'POST', '/manage/views', body);
    }
    await admin.refused(404, 'GET', '/manage/views/nope');
    await admin.refused(404, 'PUT', '/manage/views/nope', { comments: 'a' });
  });
});

describe('reading views', () => {
  it('asks for every role of its rules, in REST and SQL, as they stand', async () => {
    const name = await viewOf({
      select_query: 'name',
      from_table: 'Items',
      permission_rules: ['PGREST_A', 'PGREST_B'],
    });
    const over = await raw(`select * from ${name}`);
    const sets = [[], ['PGREST_A'], ['PGREST_A', 'PGREST_B'], ['PGREST_B', 'other', 'PGREST_A']];
    const clients: pg.Client[] = [];
    database.onClose(async () => {
      for (const client of clients) await client.end();
    });
    for (const [base, may] of [
      ['PGREST_USER', true],
      ['PGREST_ADMIN', true],
      ['PGREST_ROLE_ADMIN', false],
    ] as const) {
      for (const [at, more] of sets.entries()) {
        const who = principal(tenant, `u${at}`, { roles: [base, ...more] });
        const held = may && ['PGREST_A', 'PGREST_B'].every((role) => who.roles.includes(role));
        const uri = await createLogin(database, `u_${base}_${at}`.toLowerCase(), who);
        const client = new pg.Client({ connectionString: uri });
        await client.connect();
        clients.push(client);
        for (const view of [name, over]) {
          const reply = await pgrest(app, who).send('GET', `/views/${view}`);
          const { rows } = await client.query(`select * from t_${tenant}.${view}`);
          expect(rows.length, `${base} ${more} ${view}`).toBe(held ? 3 : 0);
          if (view === name) expect(reply.status).toBe(held ? 200 : 403);
          else if (may)
            expect((reply.body as { result: unknown[] }).result.length).toBe(rows.length);
        }
      }
    }
    const user = pgrest(app, principal(tenant, 'u', { roles: ['PGREST_USER'] }));
    expect((await user.refused(403, 'GET', `/views/${name}`)).code).toBe('view_rules');
    await admin.call('PUT', `/manage/views/${name}`, { permission_rules: [] });
    expect((await user.rows(`/views/${name}`)).length).toBe(3);
    await user.refused(403, 'GET', '/data/Items');
    await admin.call('PUT', `/manage/views/${name}`, { endpoints: ['NONE'] });
    await user.refused(400, 'GET', `/views/${name}`);
    await admin.call('PUT', `/manage/views/${name}`, { root_url: 'new root' });
    await admin.call('PUT', '/manage/views/new%20root', { comments: 'said' });
    await admin.refused(400, 'PUT', '/manage/views/new%20root', { comments: 'a', root_url: 'b' });
    await admin.refused(400, 'PUT', '/manage/views/new%20root', { raw_sql: 'select 1' });
  });

  it('shows rows with lists of their own only to those who may see them', async () => {
    const root = principal(tenant, 'root', { access: 'root', sudo: true, roles: ['PGREST_USER'] });
    const records = monk(app, root);
    await records.define('notes', {
      status: 'active',
      columns: [{ column_name: 'body', type: 'text' }],
    });
    await records.create('notes', [
      { body: 'open' },
      { body: 'secret', access_read: ['root'], access_deny: ['bob'] },
    ]);
    const view = await raw('select body from notes');
    const bob = principal(tenant, 'bob', { roles: ['PGREST_USER'] });
    expect(await pgrest(app, bob).rows(`/views/${view}`)).toEqual([{ body: 'open' }]);
    expect((await pgrest(app, root).rows(`/views/${view}`)).length).toBe(2);
    await admin.refused(400, 'POST', '/manage/views', {
      view_name: 'stored',
      materialized_view_raw_sql: 'select body from notes',
    });
  });

  it('shows no row it leaves out to a function of the reader', async () => {
    const hides = await raw('select name from items where count + 0 <> 2');
    const whole = await raw('select name, count from items');
    const ruled = await viewOf({ raw_sql: 'select name from items', permission_rules: ['CHIEF'] });
    const bob = principal(tenant, 'bob', { roles: ['PGREST_USER'] });
    await database.admin.query(`grant temporary on database "${database.name}" to public`);
    const client = new pg.Client({ connectionString: await createLogin(database, 'peeker', bob) });
    await client.connect();
    try {
      const seen: string[] = [];
      client.on('notice', ({ message = '' }) => void seen.push(message));
      await client.query(`create function pg_temp.peek(text) returns boolean language plpgsql
        cost 0.0000001 as $$ begin raise notice '%', $1; return true; end $$`);
      const peek = async (view: string): Promise<readonly string[]> => {
        seen.length = 0;
        await client.query(`select * from t_${tenant}.${view} where pg_temp.peek(name)`);
        return seen;
      };
      expect(await peek(whole)).toContain('b');
      expect(await peek(hides)).not.toContain('b');
      expect(seen).toContain('a');
      expect(await peek(ruled)).toEqual([]);
      const plan = await client.query<{ 'QUERY PLAN': string }>(
        `explain select * from t_${tenant}.${whole} order by count limit 1`,
      );
      expect(JSON.stringify(plan.rows)).not.toContain('Subquery Scan');
    } finally {
      await client.end();
    }
  });

  it('stores rows until it is refreshed', async () => {
    const name = await viewOf({ materialized_view_raw_sql: 'select count(*) as n from items' });
    expect(await admin.rows(`/views/${name}`)).toEqual([{ n: 3 }]);
    await admin.call('POST', '/data/Items', { data: { name: 'new' } });
    expect(await admin.rows(`/views/${name}`)).toEqual([{ n: 3 }]);
    await admin.call('GET', `/manage/views/${name}/refresh`);
    expect(await admin.rows(`/views/${name}`)).toEqual([{ n: 4 }]);
    const plain = await raw('select name from items');
    await admin.refused(400, 'POST', `/manage/views/${plain}/refresh`);
    await admin.refused(404, 'POST', '/manage/views/nope/refresh');
    const { rows } = await database.admin.query(
      `select c.relname, pg_get_userbyid(c.relowner) as owner, r.rolcanlogin or r.rolsuper or r.rolbypassrls as strong,
         has_schema_privilege(r.oid, 't_${tenant}', 'create') as makes, c.reloptions
       from pg_class as c join pg_roles as r on r.oid = c.relowner
       where c.relnamespace = 't_${tenant}'::regnamespace and c.relkind in ('v', 'm')`,
    );
    expect(rows.length).toBeGreaterThan(2);
    for (const row of rows) {
      expect(row).toMatchObject({ owner: `t_${tenant}_VIEWS`, strong: false, makes: false });
    }
  });

  it('is no table to other dialects, but can be read there', async () => {
    const name = await raw('select name from items where count = 1');
    const root = monk(app, principal(tenant, 'root', { access: 'root', sudo: true }));
    expect((await root.find(name, {})).map((row) => row['name'])).toEqual(['a']);
    for (const [method, path, body] of [
      ['PUT', `/api/describe/${name}`, { description: 'x' }],
      ['DELETE', `/api/describe/${name}`, undefined],
      ['POST', `/api/data/${name}`, [{ name: 'x' }]],
    ] as const) {
      expect((await root.send(method, path, body)).status).toBeGreaterThanOrEqual(400);
    }
    expect(await admin.rows(`/views/${name}`)).toEqual([{ name: 'a' }]);
  });

  it('goes with its tenant, and so does the role that owned it', async () => {
    const other = await app.createTenant('gone');
    const ada = pgrest(app, principal(other, 'ada', { roles: ['PGREST_ADMIN'] }));
    await ada.table({ table_name: 'x', columns: {} });
    await ada.call('POST', '/manage/views', { view_name: 'v', raw_sql: 'select * from x' });
    const foreign = { view_name: 'w', raw_sql: `select * from t_${tenant}."Items"` };
    expect((await ada.send('POST', '/manage/views', foreign)).status).toBe(400);
    const { tenant: _, ...operator } = principal('', 'op', { operator: true });
    const path = `/admin/tenants/${other}?confirm=${other}`;
    expect((await app.request('DELETE', path, { as: operator })).status).toBeLessThan(300);
    const { rows } = await database.admin.query(
      'select rolname from pg_roles where rolname like $1',
      [`t_${other}%`],
    );
    expect(rows).toEqual([]);
  });

  it('leaves a database that doctor finds in order', async () => {
    const findings = await doctor(database.url);
    expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('stands in the way of what it reads', async () => {
    const id = await admin.table({ table_name: 'base', columns: { a: { data_type: 'integer' } } });
    await admin.call('POST', '/manage/views', { view_name: 'top', raw_sql: 'select a from base' });
    await admin.refused(400, 'PUT', `/manage/tables/${id}`, { drop_column: 'a' });
    await admin.refused(400, 'PUT', `/manage/tables/${id}`, { column_type: 'a, text' });
    await admin.call('PUT', `/manage/tables/${id}`, { table_name: 'base2' });
    expect(await admin.rows('/views/top')).toEqual([]);
    const refusal = await admin.refused(400, 'DELETE', `/manage/tables/${id}`);
    expect(refusal.message).toContain('top');
    const { message } = await admin.call('DELETE', `/manage/tables/${id}?cascade=TRUE`);
    expect(message).toContain('view top');
    await admin.refused(404, 'GET', '/views/top');
  });
});
