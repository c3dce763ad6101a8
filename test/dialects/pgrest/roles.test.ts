/** Roles: the matrix of roles and endpoints from one table, recorded grants, and the same rights in SQL. */
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createLogin } from '../../support/logins.ts';
import { type Pgrest, pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let admin: Pgrest;
let tenant: string;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('roles');
  admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
  await admin.table({ table_name: 'items', columns: { a: { data_type: 'text' } } });
  await admin.call('POST', '/data/items', { data: [{ a: 'x' }, { a: 'y' }] });
  await admin.call('POST', '/manage/views', {
    view_name: 'seen',
    select_query: '*',
    from_table: 'items',
  });
});

const roles = [
  'PGREST_ADMIN',
  'PGREST_ROLE_ADMIN',
  'PGREST_WRITE',
  'PGREST_READ',
  'PGREST_USER',
  'none',
];
const define = 'ynnnnn';
const grant = 'yynnnn';
const read = 'ynyynn';
const write = 'ynynnn';
const view = 'ynyyyn';

/** Calls that answer 200, 400 or 404 to those who may, and 403 to the others; bodies and names that are wrong come second. */
const matrix: readonly (readonly [string, string, string, unknown?])[] = [
  [define, 'GET', '/manage/tables'],
  [define, 'POST', '/manage/tables', {}],
  [define, 'POST', '/manage/tables', '{broken'],
  [define, 'GET', '/manage/tables/424242'],
  [define, 'PUT', '/manage/tables/424242', {}],
  [define, 'DELETE', '/manage/tables/x'],
  [define, 'GET', '/manage/views'],
  [define, 'POST', '/manage/views', {}],
  [define, 'GET', '/manage/views/nope'],
  [define, 'PUT', '/manage/views/nope', {}],
  [define, 'DELETE', '/manage/views/nope'],
  [define, 'GET', '/manage/views/seen/refresh'],
  [define, 'POST', '/manage/views/seen/refresh'],
  [grant, 'GET', '/manage/roles'],
  [grant, 'POST', '/manage/roles', {}],
  [grant, 'GET', '/manage/roles/PGREST_NOPE'],
  [grant, 'POST', '/manage/roles/PGREST_USER', {}],
  [grant, 'GET', '/roles'],
  [read, 'GET', '/data/items'],
  [read, 'GET', '/data/nope'],
  [read, 'GET', '/data/items?nope=1'],
  [read, 'GET', '/data/items/1'],
  [write, 'POST', '/data/items', { data: { a: 'z' } }],
  [write, 'POST', '/data/items', '['],
  [write, 'POST', '/data/nope', { data: {} }],
  [write, 'PUT', '/data/items', { data: { a: 'z' }, where: { a: { operator: '=', value: 'q' } } }],
  [write, 'PUT', '/data/items/1', { data: { a: 'z' } }],
  [write, 'PUT', '/data/items/1', {}],
  [write, 'DELETE', '/data/items/999'],
  [view, 'GET', '/views/seen'],
  [view, 'GET', '/views/nope'],
];

describe('the matrix of roles and endpoints', () => {
  const cases = matrix.map(([row, method, path, body]) => ({ row, method, path, body }));

  it.each(cases)('$row: $method $path', async ({ row, method, path, body }) => {
    for (const [at, role] of roles.entries()) {
      const who = principal(tenant, `m${at}`, { roles: role === 'none' ? [] : [role] });
      const reply = await pgrest(app, who).send(method, path, body);
      const allowed = row[at] === 'y';
      expect(reply.status === 403, `${role}: ${reply.status} ${reply.text}`).toBe(!allowed);
      if (allowed) continue;
      expect(reply.body).toMatchObject({ result: null, metadata: { code: 'not_authorized' } });
      expect(reply.text).not.toMatch(/PGREST_/);
    }
    const root = pgrest(app, principal(tenant, 'root', { access: 'root' }));
    expect((await root.send(method, path, body)).status).not.toBe(403);
  });

  it('adds several roles up', async () => {
    const both = principal(tenant, 'both', { roles: ['PGREST_ROLE_ADMIN', 'PGREST_READ'] });
    await pgrest(app, both).call('GET', '/data/items');
    await pgrest(app, both).call('GET', '/manage/roles');
    await pgrest(app, both).refused(403, 'POST', '/data/items', { data: {} });
  });

  it('answers 403 to every fault of the token, and health without one', async () => {
    for (const token of ['x', 'a.b.c']) {
      const reply = await app.request('GET', '/v3/pgrest/data/items', { token });
      expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([403, null]);
    }
    expect((await app.request('GET', '/v3/pgrest/data/items')).status).toBe(403);
    const opaque = await app.request('GET', '/v3/pgrest/data/items', {
      headers: { 'tapis-v2-token': '419465dg63h8e4782057degk20e3371' },
    });
    expect(opaque.status).toBe(403);
    const health = await app.request('GET', '/v3/pgrest/healthcheck');
    expect(health.body).toMatchObject({ message: { databaseAccess: true }, result: null });
    const missing = await app.request('GET', '/v3/pgrest/nope');
    expect([missing.status, (missing.body as { status: string }).status]).toEqual([404, 'error']);
    const method = await app.request('PATCH', '/v3/pgrest/data/items');
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, PUT']);
  });
});

describe('managing roles', () => {
  it('creates, grants and revokes, here and in SQL', async () => {
    const name = 'PGREST_My-Role';
    const made = await admin.call('POST', '/manage/roles', {
      role_name: name,
      description: "it's",
    });
    expect(made.result).toBe('Role successfully created');
    expect((await admin.call('GET', '/manage/roles')).result).toContain(name);
    const uri = await createLogin(database, 'carl', principal(tenant, 'carl'));
    const sql = new pg.Client({ connectionString: uri });
    await sql.connect();
    database.onClose(() => sql.end());
    const carl = pgrest(app, principal(tenant, 'carl'));
    await carl.refused(403, 'GET', '/views/seen');
    const seen = async () => (await sql.query(`select * from t_${tenant}.seen`)).rowCount;
    expect(await seen()).toBe(0);
    const grantTo = (role: string, method: string) =>
      admin.call('POST', `/manage/roles/${role}`, { method, username: 'carl' });
    expect((await grantTo('PGREST_USER', 'GRANT')).result).toBe('Role granted to user');
    expect((await grantTo('PGREST_USER', 'grant')).result).toBe(
      'No changes made. User already has role',
    );
    expect((await carl.rows('/views/seen')).length).toBe(await seen());
    expect(await seen()).toBeGreaterThan(0);
    const member = async () =>
      (
        await database.admin.query(
          `select pg_has_role($1, 't_${tenant}_PGREST_USER', 'member') as held`,
          [database.slug('carl')],
        )
      ).rows[0].held;
    expect(await member()).toBe(true);
    expect((await admin.call('GET', '/manage/roles/PGREST_USER')).result).toMatchObject({
      name: 'PGREST_USER',
      owner: 'pgrest',
      tenant,
      usersInRole: ['carl'],
    });
    await carl.refused(403, 'GET', '/data/items');
    expect((await sql.query(`select * from t_${tenant}.items`)).rowCount).toBe(0);
    expect((await grantTo('PGREST_USER', 'revoke')).result).toBe('Role revoked from user');
    expect((await grantTo('PGREST_USER', 'Revoke')).result).toBe(
      "No changes made. User already didn't have role",
    );
    await carl.refused(403, 'GET', '/views/seen');
    expect(await seen()).toBe(0);
    expect(await member()).toBe(false);
    // A database administrator may grant the group role itself.
    await database.admin.query(`grant "t_${tenant}_PGREST_READ" to "${database.slug('carl')}"`);
    expect(await seen()).toBeGreaterThan(0);
    expect((await sql.query(`select * from t_${tenant}.items`)).rowCount).toBeGreaterThan(0);
    await expect(sql.query(`delete from t_${tenant}.items returning 1`)).resolves.toMatchObject({
      rowCount: 0,
    });
  });

  it('refuses what is not managed here', async () => {
    for (const role of [
      'PGREST_ADMIN',
      'pgrest_admin',
      'PGREST_ROLE_ADMIN',
      'PGREST_WRITE',
      'PGREST_READ',
    ]) {
      await admin.refused(400, 'POST', `/manage/roles/${role}`, { method: 'grant', username: 'x' });
    }
    for (const name of [
      'My_Role',
      'PGREST_',
      'PGREST_a b',
      'PGREST_user',
      'PGREST_my-role',
      5,
      `PGREST_${'x'.repeat(57)}`,
    ]) {
      await admin.refused(400, 'POST', '/manage/roles', { role_name: name, description: 'd' });
    }
    await admin.refused(400, 'POST', '/manage/roles', { role_name: 'PGREST_b' });
    await admin.refused(404, 'GET', '/manage/roles/PGREST_nope');
    await admin.refused(400, 'GET', '/manage/roles/nope');
    await admin.refused(404, 'POST', '/manage/roles/PGREST_nope', {
      method: 'grant',
      username: 'x',
    });
    await admin.refused(400, 'POST', '/manage/roles/PGREST_USER', {
      method: 'give',
      username: 'x',
    });
  });
});
