/** The whole server over a real database: what the edge and the services do together. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { type Monk, monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Principal;
let boss: Monk;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database, {
    ROWHOUSE_OPEN_REGISTRATION: 'true',
    ROWHOUSE_STATEMENT_TIMEOUT: '1s',
    ROWHOUSE_BASE_DOMAIN: 'example.com',
  });
  tenant = await app.createTenant('acme');
  root = principal(tenant, 'boss', { access: 'root', sudo: true });
  boss = monk(app, root);
  await boss.define('thing', {
    status: 'active',
    columns: [
      { column_name: 'note', type: 'text' },
      { column_name: 'amount', type: 'decimal' },
      { column_name: 'extra', type: 'jsonb' },
    ],
  });
});

const data = (reply: { body: unknown }) => (reply.body as { data: Record<string, unknown> }).data;
const code = (reply: { body: unknown }) => (reply.body as { error_code?: string }).error_code;

describe('accounts', () => {
  it('register, log in, rise, make an account, and fall with it', async () => {
    const slug = database.slug('reg');
    const body = { tenant: slug, username: 'ann', password: 'pw' };
    const made = await app.request('POST', '/auth/register', { body });
    expect(made.status).toBe(200);
    expect(code(await app.request('POST', '/auth/register', { body }))).toBe('TENANT_EXISTS');
    const wrong = await app.request('POST', '/auth/login', { body: { ...body, password: 'x' } });
    expect([wrong.status, code(wrong)]).toEqual([401, 'AUTH_FAILED']);
    const login = await app.request('POST', '/auth/login', { body });
    const token = String(data(login)['token']);
    const whoami = await app.request('GET', '/api/auth/whoami', { token });
    expect(data(whoami)).toMatchObject({
      username: 'ann',
      access: 'root',
      is_sudo: true,
      tenant: slug,
    });
    const user = { name: 'Bob', auth: 'bob', access: 'full', password: 'pw' };
    const bob = await app.request('POST', '/api/sudo/users', { token, body: user });
    expect(data(bob)).toMatchObject({ name: 'Bob', access: 'full' });
    const bobs = await app.request('POST', '/auth/login', { body: { ...body, username: 'bob' } });
    const bobToken = String(data(bobs)['token']);
    expect(code(await app.request('GET', '/api/sudo/users', { token: bobToken }))).toBe(
      'SUDO_TOKEN_REQUIRED',
    );
    const risen = await app.request('POST', '/api/auth/sudo', { token: bobToken, body: {} });
    expect(data(risen)).toMatchObject({ expires_in: 900, is_sudo: true });
    const id = String(data(bob)['id']);
    await app.request('PATCH', `/api/sudo/users/${id}`, { token, body: { access: 'read' } });
    const after = await app.request('POST', '/api/auth/sudo', { token: bobToken, body: {} });
    expect(code(after)).toBe('SUDO_ACCESS_DENIED');
  });

  it('a tenant made inactive refuses its tokens, at once', async () => {
    const slug = database.slug('idle');
    const body = { tenant: slug, username: 'ann', password: 'pw' };
    const token = String(data(await app.request('POST', '/auth/register', { body }))['token']);
    expect((await app.request('GET', '/api/describe', { token })).status).toBe(200);
    await database.admin.query(`update control.tenants set status = 'inactive' where slug = $1`, [
      slug,
    ]);
    for (const path of ['/api/auth/whoami', '/api/describe', '/api/data/thing', '/openapi.json']) {
      const reply = await app.request('GET', path, { token });
      expect(reply.status, path).toBe(401);
    }
  });
});

describe('values', () => {
  it('large and long numbers arrive whole', async () => {
    const [row] = await boss.create('thing', [{ note: 'n' }]);
    const raw = '{"amount":12345678901234567890.123456789}';
    const id = String((row as { id: string }).id);
    const reply = await app.request('PUT', `/api/data/thing/${id}`, { as: root, raw });
    expect(data(reply)['amount']).toBe('12345678901234567890.123456789');
  });

  it('__proto__ in a body is an unknown field, not a prototype', async () => {
    const reply = await app.request('POST', '/api/data/thing', {
      as: root,
      raw: '{"note":"x","__proto__":{"admin":true}}',
    });
    expect(code(reply)).toBe('VALIDATION_ERROR');
  });
});

describe('statements', () => {
  it('that take too long end with 504', async () => {
    await database.admin.query(
      `create function pg_temp_slow() returns trigger language plpgsql as
       $$ begin perform pg_sleep(5); return new; end $$`,
    );
    await database.admin.query(
      `create trigger _999_slow before insert on "t_${tenant}".thing for each row
       when (new.note = 'slow') execute function pg_temp_slow()`,
    );
    const began = Date.now();
    const reply = await boss.send('POST', '/api/data/thing', { note: 'slow' });
    expect([reply.status, code(reply)]).toEqual([504, 'STATEMENT_TIMEOUT']);
    expect(Date.now() - began).toBeLessThan(4000);
  });
});

describe('the tenant’s own description', () => {
  it('lists its tables for its token, and those of nobody else', async () => {
    const mine = await app.request('GET', '/openapi.json', { as: root });
    expect(mine.body).toMatchObject({
      openapi: '3.1.0',
      components: {
        schemas: { MonkThingRow: { properties: { note: { type: ['string', 'null'] } } } },
      },
    });
    const other = await app.createTenant('other');
    const theirs = await app.request('GET', '/openapi.json', { as: principal(other, 'x', {}) });
    expect(theirs.text).not.toMatch(/MonkThing|\/thing\b/);
    const mixed = await app.request('GET', '/openapi.json', {
      as: root,
      headers: { 'x-tenant': other },
    });
    expect(mixed.status).toBe(403);
  });

  it('ready means installed; metrics tell routes, not values', async () => {
    expect((await app.request('GET', '/ready')).status).toBe(200);
    const metrics = await app.request('GET', '/metrics');
    expect(metrics.text).toContain('route="/api/data/:schema"');
    expect(metrics.text).not.toContain(tenant);
  });
});
