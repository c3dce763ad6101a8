/** Opaque tokens of Tapis' second version: asked about at the issuer of the tenant addressed, and nowhere else. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';

let issuer: Server;
let app: TestApp;
let tenant: string;
let other: string;
const asked: string[] = [];
/** What the issuer says of each token. */
const answers: Record<string, object | string> = {};

beforeAll(async () => {
  issuer = createServer(async (message, reply) => {
    let body = '';
    for await (const chunk of message) body += String(chunk);
    const token = new URLSearchParams(body).get('token') ?? '';
    asked.push(`${message.method} ${message.url} ${token}`);
    const answer = answers[token] ?? { active: false };
    if (answer === 'down') reply.writeHead(500);
    if (answer === 'redirect') reply.writeHead(302, { location: '/elsewhere' });
    reply.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((done) => issuer.listen(0, '127.0.0.1', done));
  const { port } = issuer.address() as AddressInfo;
  const database = await createDatabase();
  [tenant, other] = [database.slug('opaque'), database.slug('other')];
  app = await startApp(database, {
    ROWHOUSE_INTROSPECTION: JSON.stringify({ [tenant]: `http://127.0.0.1:${port}/introspect` }),
    ROWHOUSE_MAX_ROWS: '2',
  });
  await app.createTenant('opaque');
  await app.createTenant('other');
  const admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
  await admin.table({ table_name: 'items', columns: { n: { data_type: 'integer' } } });
  await admin.call('POST', '/data/items', { data: [{ n: 1 }, { n: 2 }, { n: 3 }] });
});

afterAll(() => issuer?.close());

async function statusOf(token: string, at: string | undefined, header = 'tapis-v2-token') {
  const reply = await app.request('GET', '/v3/pgrest/data/items', {
    headers: { [header]: token, ...(at === undefined ? {} : { 'x-tenant': at }) },
  });
  return reply.status;
}

const reader = { active: true, username: 'bob', roles: ['PGREST_READ'] };

describe('opaque tokens', () => {
  it('are whoever the issuer of the tenant says, and asked about once', async () => {
    answers['good-token'] = reader;
    expect(await statusOf('good-token', tenant)).toBe(200);
    expect(await statusOf('good-token', tenant)).toBe(200);
    expect(asked.filter((line) => line.endsWith('good-token'))).toEqual([
      'POST /introspect good-token',
    ]);
  });

  it('count in no other tenant, in no other header, and without a tenant nowhere', async () => {
    answers['mine'] = reader;
    expect(await statusOf('mine', other)).toBe(403);
    expect(await statusOf('mine', undefined)).toBe(403);
    expect(await statusOf('mine', tenant, 'x-tapis-token')).toBe(403);
    expect(asked.filter((line) => line.endsWith('mine'))).toEqual([]);
  });

  it.each([
    ['inactive', { active: false, username: 'bob' }],
    ['without a name', { active: true, roles: ['PGREST_READ'] }],
    ['past', { ...reader, exp: 1 }],
    ['of another tenant', { ...reader, tenant: 'elsewhere' }],
    ['redirected', 'redirect'],
    ['not JSON', '<html>'],
    ['null', 'null'],
  ])('are refused when the answer is: %s', async (name, answer) => {
    const token = `bad-${name.replaceAll(' ', '-')}`;
    answers[token] = answer;
    expect(await statusOf(token, tenant)).toBe(403);
  });

  it('wait for an issuer that has a fault of its own', async () => {
    answers['unlucky'] = 'down';
    const headers = { 'tapis-v2-token': 'unlucky', 'x-tenant': tenant };
    const reply = await app.request('GET', '/v3/pgrest/data/items', { headers });
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1']);
    answers['unlucky'] = reader;
    await expect.poll(() => statusOf('unlucky', tenant), { timeout: 10_000 }).toBe(200);
  });

  it('make nobody an operator', async () => {
    answers['operator'] = { ...reader, operator: true };
    expect(await statusOf('operator', tenant)).toBe(200);
    const reply = await app.request('GET', '/admin/tenants', {
      headers: { 'tapis-v2-token': 'operator', authorization: 'Bearer operator' },
    });
    expect(reply.status).toBe(401);
  });

  it('must name the same identity as the other tokens of the request', async () => {
    answers['bob'] = reader;
    const send = (sub: string) =>
      app.request('GET', '/v3/pgrest/data/items', {
        as: principal(tenant, sub, { roles: ['PGREST_READ'] }),
        headers: { 'tapis-v2-token': 'bob', 'x-tenant': tenant },
      });
    expect((await send('bob')).status).toBe(200);
    expect((await send('eve')).status).toBe(403);
  });
});

describe('the longest page', () => {
  it('is what the operator says', async () => {
    const ada = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
    const { result, metadata } = await ada.call('GET', '/data/items');
    expect([(result as unknown[]).length, metadata['truncated']]).toEqual([2, true]);
    expect((await ada.rows('/data/items?limit=2&offset=2')).length).toBe(1);
    await ada.refused(400, 'GET', '/data/items?limit=3');
  });
});
