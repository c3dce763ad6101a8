/** Tokens that outlived what they were issued for: their tenant, made anew under the same name, or their account. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createTokens } from '../../control-plane/service/tokens.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { principal } from '../support/principal.ts';

let database: TestDatabase;
let app: TestApp;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
});

/** A token of our own making, issued so many seconds ago. */
const issued = (tenant: string, secondsAgo: number): Promise<string> =>
  createTokens(
    { jwtSecret: database.secret, claims: {} },
    () => Date.now() - secondsAgo * 1000,
  ).sign(principal(tenant, 'ann', { access: 'root' }), 3600);

describe('a tenant made anew under the name of a former one', () => {
  it('refuses the tokens of the former, and takes new ones', async () => {
    const tenant = await app.createTenant('again');
    const former = await issued(tenant, 60);
    const fresh = await issued(tenant, 0);
    for (const [token, status] of [
      [former, 401],
      [fresh, 200],
    ] as const) {
      const list = await app.request('GET', '/api/describe', { token });
      expect(list.status, list.text).toBe(status);
      const made = await app.request('POST', `/api/describe/note_${status}`, { token, body: {} });
      expect(made.status, made.text).toBe(status);
      const sudo = await app.request('POST', '/api/auth/sudo', { token, body: {} });
      expect(sudo.status, sudo.text).toBe(status);
    }
    const read = await app.request('GET', '/api/data/note_200', { token: former });
    expect(read.body).toMatchObject({ error_code: 'TOKEN_INVALID' });
  });

  it('takes tokens of issuers that do not say when', async () => {
    const tenant = await app.createTenant('silent');
    const list = await app.request('GET', '/api/describe', { as: principal(tenant, 'ann') });
    expect(list.status).toBe(200);
  });
});

describe('a deleted account', () => {
  it('takes its tokens with it, and nobody else', async () => {
    const tenant = await app.createTenant('accounts');
    const boss = principal(tenant, 'boss', { access: 'root', sudo: true });
    await app.request('POST', '/api/describe/note', { as: boss, body: {} });
    const values = { name: 'Ann', auth: 'ann', access: 'root', password: 'secret' };
    const made = await app.request('POST', '/api/sudo/users', { as: boss, body: values });
    const { id } = (made.body as { data: { id: string } }).data;
    const login = await app.request('POST', '/auth/login', {
      body: { tenant, username: 'ann', password: 'secret' },
    });
    const { token } = (login.body as { data: { token: string } }).data;
    expect((await app.request('GET', '/api/data/note', { token })).status).toBe(200);
    const gone = await app.request('DELETE', `/api/sudo/users/${id}`, { as: boss });
    expect(gone.status, gone.text).toBe(200);
    for (const [method, path, body] of [
      ['GET', '/api/data/note', undefined],
      ['POST', '/api/data/note', {}],
      ['POST', '/api/describe/more', {}],
      ['GET', '/api/auth/whoami', undefined],
      ['POST', '/api/auth/sudo', {}],
      ['GET', '/api/sudo/users', undefined],
      ['POST', '/auth/refresh', { token }],
    ] as const) {
      const reply = await app.request(method, path, { token, body });
      expect([path, reply.status]).toEqual([path, 401]);
    }
    // An account of the same name is another one.
    await app.request('POST', '/api/sudo/users', { as: boss, body: values });
    expect((await app.request('GET', '/api/data/note', { token })).status).toBe(401);
    expect((await app.request('GET', '/api/data/note', { as: boss })).status).toBe(200);
  });
});
