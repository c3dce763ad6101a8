/** Every way to become someone else through REST that we could think of: none works. */
import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { monk } from '../support/monk.ts';
import { principal, tokenFor } from '../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let other: string;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('mine');
  other = await app.createTenant('other');
  const boss = monk(app, principal(tenant, 'boss', { access: 'root', sudo: true }));
  await boss.define('doc', { status: 'active', columns: [{ column_name: 'note', type: 'text' }] });
  await boss.create('doc', [{ note: 'open' }, { note: 'hidden', access_full: ['boss'] }]);
});

const claims = (level: number, sudo: boolean): string =>
  JSON.stringify({
    tenant,
    sub: 'boss',
    names: ['boss'],
    roles: [],
    orgs: [],
    level,
    sudo,
    key: 'forged',
    rid: 'forged',
  });

describe('REST', () => {
  const b64 = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const later = (): number => Math.floor(Date.now() / 1000) + 3600;

  /** A token signed by hand: every claim and header may be wrong. */
  function forge(header: object, payload: object, secret: string): string {
    const head = `${b64(header)}.${b64(payload)}`;
    return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
  }

  it('refuses every faulty token alike', async () => {
    const good = { sub: 'boss', tenant, access: 'root', exp: later() };
    const valid = forge({ alg: 'HS256' }, good, app.secret);
    expect((await app.request('GET', '/api/data/doc', { token: valid })).status).toBe(200);
    const [head = '', , signature = ''] = valid.split('.');
    const faulty: readonly (readonly [string, string])[] = [
      ['garbage', 'garbage'],
      ['two parts', 'a.b'],
      ['none', `${b64({ alg: 'none' })}.${b64(good)}.`],
      ['none, signed', forge({ alg: 'none' }, good, app.secret)],
      ['None', `${b64({ alg: 'None' })}.${b64(good)}.`],
      ['other secret', forge({ alg: 'HS256' }, good, 'x'.repeat(64))],
      ['empty secret', forge({ alg: 'HS256' }, good, '')],
      ['payload exchanged', `${head}.${b64({ ...good, sudo: true })}.${signature}`],
      ['no signature', `${head}.${b64(good)}.`],
      ['RS256 over the secret', forge({ alg: 'RS256' }, good, app.secret)],
      ['HS512 header', forge({ alg: 'HS512' }, good, app.secret)],
      ['expired', forge({ alg: 'HS256' }, { ...good, exp: later() - 7200 }, app.secret)],
      ['no exp', forge({ alg: 'HS256' }, { ...good, exp: undefined }, app.secret)],
      ['exp text', forge({ alg: 'HS256' }, { ...good, exp: String(later()) }, app.secret)],
      ['not yet', forge({ alg: 'HS256' }, { ...good, nbf: later() }, app.secret)],
      ['no sub', forge({ alg: 'HS256' }, { ...good, sub: undefined }, app.secret)],
      ['empty sub', forge({ alg: 'HS256' }, { ...good, sub: '' }, app.secret)],
      ['unknown level', forge({ alg: 'HS256' }, { ...good, access: 'superroot' }, app.secret)],
      ['level as number', forge({ alg: 'HS256' }, { ...good, access: 4 }, app.secret)],
      ['sudo as text', forge({ alg: 'HS256' }, { ...good, sudo: 'true' }, app.secret)],
      ['roles as text', forge({ alg: 'HS256' }, { ...good, roles: 'boss' }, app.secret)],
      ['crit', forge({ alg: 'HS256', crit: ['x'], x: 1 }, good, app.secret)],
      ['unknown tenant', forge({ alg: 'HS256' }, { ...good, tenant: 'never_made' }, app.secret)],
      ['tenant injection', forge({ alg: 'HS256' }, { ...good, tenant: `x'; drop` }, app.secret)],
      ['not an object', forge({ alg: 'HS256' }, [1, 2], app.secret)],
    ];
    const shapes = new Set<string>();
    for (const [name, token] of faulty) {
      const reply = await app.request('GET', '/api/data/doc', { token });
      expect(reply.status, `${name}: ${reply.text}`).toBe(401);
      expect(reply.headers.get('www-authenticate') ?? '').not.toMatch(/expired|signature/i);
      shapes.add(reply.text);
    }
    expect([...shapes]).toHaveLength(1);
    expect([...shapes][0]).toContain('TOKEN_INVALID');
  });

  it('says “later”, not “bad token”, where there are no keys to verify it by', async () => {
    const keyless = await startApp(database, { ROWHOUSE_JWKS: 'http://127.0.0.1:1/nowhere' });
    const token = forge({ alg: 'RS256', kid: 'k' }, { sub: 'boss', tenant, exp: later() }, 'x');
    for (const [method, path] of [
      ['GET', '/api/data/doc'],
      ['GET', '/v3/pgrest/data/doc'],
      ['GET', '/api/apps/default/datatables/doc/data/'],
      ['POST', '/data-svc/objects'],
      ['GET', '/openapi.json'],
    ] as const) {
      const reply = await keyless.request(method, path, {
        token,
        ...(method === 'POST' ? { body: { table: 'doc' } } : {}),
      });
      expect([reply.status, reply.headers.get('retry-after')], path).toEqual([503, '1']);
      expect(reply.text).not.toContain('nowhere');
    }
    const own = principal(tenant, 'boss', { access: 'root' });
    expect((await keyless.request('GET', '/api/data/doc', { as: own })).status).toBe(200);
  });

  it('needs a token, in the place for it', async () => {
    const token = await tokenFor(principal(tenant, 'boss', { access: 'root' }), app.secret);
    for (const [path, headers] of [
      ['/api/data/doc', {}],
      [`/api/data/doc?token=${token}&access_token=${token}`, {}],
      ['/api/data/doc', { cookie: `token=${token}` }],
      [
        '/api/data/doc',
        { 'x-user': 'boss', 'x-access': 'root', 'x-rowhouse-claims': claims(4, true) },
      ],
    ] as const) {
      const reply = await app.request('GET', path, { headers });
      expect([reply.status, (reply.body as { error_code: string }).error_code], path).toEqual([
        401,
        'TOKEN_MISSING',
      ]);
    }
  });

  it('a token opens its own tenant only', async () => {
    const token = await tokenFor(
      principal(tenant, 'boss', { access: 'root', sudo: true }),
      app.secret,
    );
    for (const [path, headers] of [
      ['/api/data/doc', { 'x-tenant': other }],
      [`/sites/${other}/api/data/doc`, {}],
      [`/site/${other}/api/data/doc`, {}],
    ] as const) {
      const reply = await app.request('GET', path, { token, headers });
      expect(reply.status, path).toBe(403);
    }
    // A header beats the path; naming the own tenant beside a foreign one must not open the foreign one.
    const both = await app.request('GET', `/sites/${other}/api/data/doc`, {
      token,
      headers: { 'x-tenant': tenant },
    });
    if (both.status === 200) expect(both.text).toContain('open');
  });

  it('an operator token belongs to no tenant, a tenant token operates nothing', async () => {
    const { tenant: _, ...operator } = principal('', 'operator', {
      operator: true,
      access: 'root',
    });
    const inside = await app.request('GET', '/api/data/doc', {
      as: operator,
      headers: { 'x-tenant': tenant },
    });
    expect(inside.status).toBeGreaterThanOrEqual(400);
    const outside = await app.request('GET', '/admin/tenants', {
      as: principal(tenant, 'boss', { access: 'root', sudo: true }),
    });
    expect([401, 403]).toContain(outside.status);
  });

  it('a body says nothing about who sends it', async () => {
    const reader = principal(tenant, 'pat', { access: 'read' });
    for (const extra of [
      { _acl: 0 },
      { _xact: '1' },
      { sub: 'boss' },
      { 'rowhouse.claims': 'x' },
      { __proto__x: 1 },
    ]) {
      const reply = await app.request('POST', '/api/data/doc', {
        as: principal(tenant, 'eve', { access: 'edit' }),
        body: { note: 'x', ...extra },
      });
      expect(reply.status, JSON.stringify(extra)).toBe(400);
    }
    const refused = await app.request('POST', '/api/data/doc', { as: reader, body: { note: 'x' } });
    expect(refused.status).toBe(403);
    const shown = await app.request('GET', '/api/data/doc?include_deleted=true', { as: reader });
    expect(shown.status).toBe(403);
  });

  it('claims of any text are data', async () => {
    for (const sub of [
      `'; drop table doc; --`,
      '{boss}',
      'boss,',
      '"boss"',
      'boss\n',
      '%',
      'BOSS',
      'Boss',
    ]) {
      const seen = await app.request('GET', '/api/data/doc', {
        as: principal(tenant, sub, { access: 'read', roles: [sub], orgs: [`${sub},boss`] }),
      });
      expect(seen.status, sub).toBe(200);
      expect(seen.text, sub).not.toContain('hidden');
    }
  });
});
