/** The edge over a fake engine: what a hostile or unlucky client meets before any statement runs. */
import { request as plainRequest } from 'node:http';
import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import { loadConfig } from '../../../control-plane/config.ts';
import type { Dialect, Reply } from '../../../control-plane/dialects/dialect.ts';
import { type App, createEdge } from '../../../control-plane/http/edge.ts';
import type { Principal } from '../../../control-plane/model/principal.ts';
import type { TenantAdmin } from '../../../control-plane/service/admin.ts';
import type { Call } from '../../../control-plane/service/engine.ts';
import { createTokens, type Tokens } from '../../../control-plane/service/tokens.ts';

const secret = 'a secret of at least thirty-two bytes';
const somebody: Principal = {
  sub: 'ann',
  tenant: 'acme',
  roles: [],
  orgs: [],
  access: 'edit',
  sudo: false,
  operator: false,
};
const operator: Principal = {
  sub: 'op',
  roles: [],
  orgs: [],
  access: 'edit',
  sudo: false,
  operator: true,
};

const unused = () => {
  throw new Error('not reached: the engine is a fake');
};

const dialect: Dialect = {
  name: 'fake',
  prefixes: ['/api'],
  tokenHeaders: ['X-Session-Token'],
  routes: [
    { method: 'GET', path: '/api/things/:name', handle: unused },
    { method: 'POST', path: '/api/things/:name', handle: unused },
    { method: 'DELETE', path: '/api/things/:name', handle: unused },
    { method: 'POST', path: '/api/open', public: true, handle: unused },
  ],
  fail: (error) => ({
    status: error.kind === 'body_too_large' ? 413 : 400,
    body: {
      json: { kind: error.kind, message: error.message, reason: error.detail.reason ?? null },
    },
  }),
};

const tenants: TenantAdmin = {
  create: async (slug, name) => ({
    slug,
    name: name ?? slug,
    status: 'active',
    createdAt: '2025-01-01T00:00:00.000Z',
  }),
  list: async () => [],
  read: async () => {
    throw new ServiceError('tenant_not_found');
  },
  drop: async () => undefined,
};

interface Edge {
  readonly url: string;
  readonly calls: Call[];
  readonly logs: string[];
  readonly tokens: Tokens;
  readonly app: App;
  ended: boolean;
}

const open: App[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

async function start(
  env: Record<string, string> = {},
  perform: (call: Call) => Promise<Reply> = async (call) => ({
    status: 200,
    body: JSON.stringify({ params: call.request.params, body: call.request.body ?? null }),
  }),
): Promise<Edge> {
  const config = loadConfig({
    env: { DATABASE_URL: 'postgres://localhost/x', ROWHOUSE_JWT_SECRET: secret, ...env },
    cwd: '/nonexistent',
  });
  const tokens = createTokens(config);
  const logs: string[] = [];
  const edge: Edge = { url: '', calls: [], logs, tokens, app: {} as App, ended: false };
  const app = createEdge(config, {
    tokens,
    dialects: [dialect],
    admin: tenants,
    ready: async () => ({ ready: true }),
    pools: { data: () => ({ total: 3, idle: 2, waiting: 0 }) },
    log: pino({ base: null }, { write: (line: string) => logs.push(line) }),
    end: async () => {
      edge.ended = true;
    },
    engine: {
      catalog: async ({ principal: { tenant = '' } }) => ({
        tenant,
        schema: `t_${tenant}`,
        version: 7,
        tables: [],
      }),
      perform: (call) => {
        edge.calls.push(call);
        return perform(call);
      },
    },
  });
  open.push(app);
  const { url } = await app.listen(0);
  return Object.assign(edge, { url, app });
}

async function send(
  edge: Edge,
  method: string,
  path: string,
  init: { headers?: Record<string, string>; body?: string | Buffer; as?: Principal | null } = {},
) {
  const { as = somebody } = init;
  const token = as === null ? undefined : await edge.tokens.sign(as, 60);
  const response = await fetch(edge.url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...init.headers,
    },
    ...(init.body === undefined ? {} : { body: init.body as string }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (json && text !== '' ? JSON.parse(text) : {}) as Record<string, unknown>,
  };
}

describe('paths', () => {
  it('doubled and trailing slashes mean nothing; segments are decoded once', async () => {
    const edge = await start();
    for (const path of [
      '/api/things/a%20b',
      '//api///things/a%20b/',
      '/sites/acme/api/things/a%20b',
    ]) {
      expect((await send(edge, 'GET', path)).body['params']).toEqual({ name: 'a b' });
    }
    const twice = await send(edge, 'GET', '/api/things/%2525%2Fx');
    expect(twice.body['params']).toEqual({ name: '%25/x' });
  });

  it('an escape that is not UTF-8 is refused', async () => {
    const edge = await start();
    expect((await send(edge, 'GET', '/api/things/%ff')).body['reason']).toBe('malformed_path');
    expect((await send(edge, 'GET', '/api/things/a?q=%ff')).body['reason']).toBe('malformed_query');
    expect((await send(edge, 'GET', '/api/things/a?q=100%')).status).toBe(200);
  });

  it('unknown paths and methods get the envelope of the dialect', async () => {
    const edge = await start();
    expect((await send(edge, 'GET', '/api/nothing')).body['kind']).toBe('route_not_found');
    const wrong = await send(edge, 'PUT', '/api/things/a');
    expect(wrong.body['kind']).toBe('method_not_allowed');
    expect(wrong.headers.get('allow')).toBe('DELETE, GET, HEAD, POST');
    const outside = await send(edge, 'GET', '/elsewhere');
    expect(outside.status).toBe(404);
    expect(outside.body['error']).toMatchObject({ kind: 'route_not_found' });
  });

  it('HEAD is GET without the body', async () => {
    const edge = await start();
    const reply = await send(edge, 'HEAD', '/api/things/a');
    expect(reply.status).toBe(200);
    expect(reply.text).toBe('');
    expect(Number(reply.headers.get('content-length'))).toBeGreaterThan(0);
    expect(edge.calls[0]?.request.method).toBe('GET');
  });
});

describe('tenants and credentials', () => {
  const mismatch = 'tenant_mismatch';

  it('host, header, path, token: the first that names a tenant decides', async () => {
    const edge = await start({ ROWHOUSE_BASE_DOMAIN: 'example.com' });
    const kind = async (path: string, headers: Record<string, string>) =>
      (await raw(edge, path, headers)).body['kind'];
    const prefix = '/sites/acme/api/things/a';
    expect(await kind('/api/things/a', {})).toBeUndefined();
    expect(await kind('/api/things/a', { 'x-tenant': 'other' })).toBe(mismatch);
    expect(await kind('/site/other/api/things/a', {})).toBe(mismatch);
    expect(await kind('/site/other/api/things/a', { 'x-tenant': 'acme' })).toBeUndefined();
    expect(await kind(prefix, { host: 'other.example.com' })).toBe(mismatch);
    expect(await kind(prefix, { host: 'ACME.example.com:80', 'x-tenant': 'b' })).toBeUndefined();
    expect(await kind(prefix, { host: 'a.acme.example.com' })).toBe(mismatch);
    expect(await kind(prefix, { host: 'example.com' })).toBeUndefined();
  });

  it('a token without tenant reaches no tenant', async () => {
    const edge = await start();
    const { tenant: _, ...nowhere } = somebody;
    for (const headers of [{}, { 'x-tenant': 'acme' }]) {
      const reply = await send(edge, 'GET', '/api/things/a', { as: nowhere, headers });
      expect(reply.body['kind']).toBe(mismatch);
    }
    expect((await send(edge, 'GET', '/api/things/a', { as: operator })).body['kind']).toBe(
      mismatch,
    );
    expect(edge.calls).toHaveLength(0);
  });

  it('every way to send a token; several must agree', async () => {
    const edge = await start();
    const mine = await edge.tokens.sign(somebody, 60);
    const other = await edge.tokens.sign({ ...somebody, sub: 'bob' }, 60);
    const kind = async (headers: Record<string, string>) =>
      (await send(edge, 'GET', '/api/things/a', { as: null, headers })).body['kind'];
    for (const scheme of ['Bearer ', 'bearer ', 'Token ', 'Api-Key ', '']) {
      expect(await kind({ authorization: scheme + mine })).toBeUndefined();
    }
    expect(await kind({ 'x-session-token': mine })).toBeUndefined();
    expect(
      await kind({ authorization: `Bearer ${mine}`, 'x-session-token': mine }),
    ).toBeUndefined();
    expect(await kind({})).toBe('token_missing');
    for (const headers of [
      { authorization: 'Bearer x' },
      { authorization: 'Bearer ' },
      { authorization: 'Basic YTpi' },
      { authorization: `Bearer ${mine}`, 'x-session-token': other },
      { authorization: `Bearer ${mine}`, 'x-session-token': 'junk' },
    ]) {
      expect(await kind(headers)).toBe('token_invalid');
    }
  });

  it('public routes need no token and mind no bad one', async () => {
    const edge = await start();
    const reply = await send(edge, 'POST', '/api/open', {
      as: null,
      headers: { authorization: 'Bearer junk' },
      body: '{}',
    });
    expect(reply.status).toBe(200);
    await expect(edge.calls[0]?.identify()).rejects.toMatchObject({ kind: 'token_invalid' });
    expect(edge.calls[0]?.principal).toBeUndefined();
  });
});

describe('bodies', () => {
  const post = (edge: Edge, body: string | Buffer, headers: Record<string, string> = {}) =>
    send(edge, 'POST', '/api/things/a', { body, headers });

  it('JSON of any shape, exact, also on DELETE; none is none', async () => {
    const edge = await start();
    expect((await post(edge, '[1,"é",null]')).body['body']).toEqual([1, 'é', null]);
    await post(edge, '9007199254740993');
    expect(JSON.stringify(edge.calls.at(-1)?.request.body)).toBe('9007199254740993');
    const deleted = await send(edge, 'DELETE', '/api/things/a', { body: '["x"]' });
    expect(deleted.body['body']).toEqual(['x']);
    await send(edge, 'POST', '/api/things/a');
    expect(edge.calls.at(-1)?.request.body).toBeUndefined();
    const typed = { headers: { 'content-type': 'application/json' } };
    expect((await send(edge, 'GET', '/api/things/a', typed)).status).toBe(200);
  });

  it('the content type is checked', async () => {
    const edge = await start();
    const kind = async (type: string) =>
      (await post(edge, '{}', { 'content-type': type })).body['kind'];
    expect(await kind('application/json; charset=UTF-8')).toBeUndefined();
    expect(await kind('application/vnd.api+json')).toBeUndefined();
    expect(await kind('text/plain')).toBe('unsupported_media_type');
    expect(await kind('application/json; charset=latin1')).toBe('unsupported_media_type');
    expect(await kind('application/jsonp')).toBe('unsupported_media_type');
    const untyped = await raw(edge, '/api/things/a', {}, { method: 'POST', body: '{}' });
    expect(untyped.body).toMatchObject({ kind: 'invalid_body', reason: 'missing_content_type' });
  });

  it('broken text is a fault of the body', async () => {
    const edge = await start();
    expect((await post(edge, '{"a":')).body).toMatchObject({ reason: 'invalid_json' });
    expect((await post(edge, Buffer.from([0x22, 0xff, 0x22]))).body['reason']).toBe('invalid_utf8');
    expect((await post(edge, '"\\u0000"')).body['reason']).toBe('invalid_json');
    expect((await post(edge, '['.repeat(5000))).body['reason']).toBe('invalid_json');
  });

  it('the limit holds, announced, streamed and compressed', async () => {
    const edge = await start({ ROWHOUSE_MAX_BODY: '10kb' });
    const fits = JSON.stringify('x'.repeat(10_000));
    const large = JSON.stringify('x'.repeat(11_000));
    expect((await post(edge, fits)).status).toBe(200);
    expect((await post(edge, large)).status).toBe(413);
    const chunked = await raw(
      edge,
      '/api/things/a',
      { 'content-type': 'application/json' },
      {
        method: 'POST',
        body: large,
        chunked: true,
      },
    );
    expect(chunked.status).toBe(413);
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, 32));
    const small = gzipSync(Buffer.alloc(5 * 1024 * 1024, 32));
    expect(bomb.length).toBeGreaterThan(10_240);
    expect((await post(edge, bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
    expect((await post(edge, small, { 'content-encoding': 'gzip' })).status).toBe(413);
    expect((await post(edge, fits)).status).toBe(200);
  });

  it('gzip, deflate and br; nothing else, and nothing broken', async () => {
    const edge = await start();
    const text = JSON.stringify({ a: 'é'.repeat(1000) });
    const kinds = {
      gzip: gzipSync(text),
      deflate: deflateSync(text),
      br: brotliCompressSync(text),
    };
    for (const [name, body] of Object.entries(kinds)) {
      const reply = await post(edge, body, { 'content-encoding': name });
      expect(reply.body['body']).toEqual(JSON.parse(text));
      const cut = await post(edge, body.subarray(0, -5), { 'content-encoding': name });
      expect(cut.body['reason']).toBe('invalid_encoding');
    }
    const bad = await post(edge, text, { 'content-encoding': 'gzip' });
    expect(bad.body['reason']).toBe('invalid_encoding');
    const unknown = await post(edge, text, { 'content-encoding': 'compress' });
    expect(unknown.body['kind']).toBe('unsupported_media_type');
  });

  it('a refusal reaches a client that is still sending', async () => {
    const edge = await start({ ROWHOUSE_MAX_BODY: '1kb' });
    const body = JSON.stringify('x'.repeat(8 * 1024 * 1024));
    for (let round = 0; round < 5; round++) expect((await post(edge, body)).status).toBe(413);
  });
});

describe('replies', () => {
  it('carry length, type and request id', async () => {
    const edge = await start();
    const reply = await send(edge, 'GET', '/api/things/é', {
      headers: { 'x-request-id': 'my id' },
    });
    expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(Number(reply.headers.get('content-length'))).toBe(Buffer.byteLength(reply.text));
    expect(reply.headers.get('x-request-id')).toBe('my id');
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
    const made = await send(edge, 'GET', '/api/things/a', {
      headers: { 'x-request-id': 'x'.repeat(129) },
    });
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('a fault of ours says nothing of itself, and the log says it all', async () => {
    const edge = await start({}, async () => {
      throw new Error('relation "secret" does not exist');
    });
    const reply = await send(edge, 'GET', '/api/things/a', { headers: { 'x-request-id': 'r1' } });
    expect(reply.body['kind']).toBe('internal');
    expect(reply.text).not.toContain('secret');
    const line = edge.logs.find((entry) => entry.includes('secret'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ rid: 'r1' });
  });

  it('the log has no credentials', async () => {
    const edge = await start();
    await send(edge, 'POST', '/api/things/a?token=hush', { body: '{"password":"hush"}' });
    const line = JSON.parse(edge.logs.at(-1) ?? '{}');
    expect(line).toMatchObject({ tenant: 'acme', sub: 'ann', path: '/api/things/a', status: 200 });
    expect(edge.logs.join()).not.toMatch(/hush|eyJ/);
  });

  it('a client that leaves aborts its work', async () => {
    let seen: AbortSignal | undefined;
    const edge = await start({}, async (call) => {
      seen = call.signal;
      await new Promise((resolve) => call.signal.addEventListener('abort', resolve));
      throw new ServiceError('statement_timeout');
    });
    const token = await edge.tokens.sign(somebody, 60);
    const headers = { authorization: `Bearer ${token}` };
    const leaving = new AbortController();
    const pending = fetch(`${edge.url}/api/things/a`, { headers, signal: leaving.signal });
    const gone = expect(pending).rejects.toThrow();
    await expect.poll(() => seen).toBeDefined();
    leaving.abort();
    await gone;
    await expect.poll(() => seen?.aborted).toBe(true);
  });

  it('what is no HTTP gets 400, what is too much 431', async () => {
    const edge = await start();
    expect(await bytes(edge, 'NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    const header = `GET /health HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(70_000)}\r\n\r\n`;
    expect(await bytes(edge, header)).toMatch(/^HTTP\/1.1 431 /);
  });
});

describe('rate limit', () => {
  it('per principal, writes apart, with the headers', async () => {
    const edge = await start({ ROWHOUSE_RATE_LIMIT: '3/60/1' });
    const get = (as: Principal) => send(edge, 'GET', '/api/things/a', { as });
    for (let used = 1; used <= 4; used++) {
      const reply = await get(somebody);
      expect(reply.status).toBe(200);
      expect(reply.headers.get('ratelimit-limit')).toBe('3');
      expect(reply.headers.get('ratelimit-remaining')).toBe(String(Math.max(0, 3 - used)));
    }
    const refused = await get(somebody);
    expect(refused.body['kind']).toBe('rate_limited');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('ratelimit-remaining')).toBe('0');
    expect((await get({ ...somebody, sub: 'bob' })).status).toBe(200);
    expect((await get({ ...somebody, sub: 'ann', tenant: 'b' })).status).toBe(200);
    expect((await send(edge, 'POST', '/api/things/a', { body: '{}' })).status).toBe(200);
  });
});

describe("the server's own routes", () => {
  it('health, readiness, metrics, docs', async () => {
    const edge = await start();
    await send(edge, 'GET', '/api/things/some%20value');
    expect((await send(edge, 'GET', '/health', { as: null })).status).toBe(200);
    expect((await send(edge, 'GET', '/ready', { as: null })).status).toBe(200);
    const metrics = await send(edge, 'GET', '/metrics', { as: null });
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(metrics.text).toContain('route="/api/things/:name"');
    expect(metrics.text).toContain('rowhouse_pool_connections{pool="data",state="idle"} 2');
    expect(metrics.text).not.toContain('some');
    const page = await send(edge, 'GET', '/docs', { as: null });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).not.toMatch(/https?:\/\//);
    const general = await send(edge, 'GET', '/openapi.json', { as: null });
    expect(general.body).toMatchObject({ openapi: '3.1.0', info: { title: 'Rowhouse' } });
    expect(Object.keys(general.body['paths'] as object)).toContain('/api/things/{name}');
    const mine = await send(edge, 'GET', '/openapi.json');
    expect(mine.body).toMatchObject({ info: { title: 'Rowhouse: acme', version: '7' } });
    const bad = { as: null, headers: { authorization: 'Bearer x' } };
    expect((await send(edge, 'GET', '/openapi.json', bad)).status).toBe(401);
  });

  it('tenants are for operators', async () => {
    const edge = await start();
    expect((await send(edge, 'GET', '/admin/tenants', { as: null })).status).toBe(401);
    expect((await send(edge, 'GET', '/admin/tenants')).status).toBe(403);
    expect((await send(edge, 'GET', '/admin/tenants', { as: operator })).status).toBe(200);
    const body = JSON.stringify({ tenant: 'acme', name: 'Acme' });
    const made = await send(edge, 'POST', '/admin/tenants', { as: operator, body });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ tenant: 'acme', name: 'Acme', status: 'active' });
    for (const wrong of ['{}', '[]', '{"tenant":1}', '{"tenant":"a","nmae":"x"}']) {
      const reply = await send(edge, 'POST', '/admin/tenants', { as: operator, body: wrong });
      expect(reply.status).toBe(400);
    }
    const drop = (query: string) =>
      send(edge, 'DELETE', `/admin/tenants/acme${query}`, { as: operator });
    expect((await drop('')).status).toBe(400);
    expect((await drop('?confirm=other')).status).toBe(400);
    expect((await drop('?confirm=acme')).status).toBe(200);
    expect((await send(edge, 'GET', '/admin/tenants/no', { as: operator })).status).toBe(404);
  });
});

describe('stopping', () => {
  it('lets a request in flight finish, then ends what it holds', async () => {
    let release: () => void = () => undefined;
    let arrived = false;
    const edge = await start({}, async () => {
      arrived = true;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return { status: 200, body: '"done"' };
    });
    const pending = send(edge, 'GET', '/api/things/a');
    await expect.poll(() => arrived).toBe(true);
    const closing = edge.app.close();
    await expect(fetch(`${edge.url}/health`)).rejects.toThrow();
    expect(edge.ended).toBe(false);
    release();
    expect((await pending).text).toBe('"done"');
    const started = Date.now();
    await closing;
    expect(Date.now() - started).toBeLessThan(3000);
    expect(edge.ended).toBe(true);
  });
});

/** A request with headers that fetch won't send. */
async function raw(
  edge: Edge,
  path: string,
  headers: Record<string, string>,
  init: { method?: string; body?: string; chunked?: boolean } = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const token = await edge.tokens.sign(somebody, 60);
  const { body } = init;
  const length: Record<string, number> =
    body === undefined || init.chunked === true
      ? {}
      : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = plainRequest(edge.url + path, {
      method: init.method ?? 'GET',
      headers: { authorization: `Bearer ${token}`, ...length, ...headers },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }),
      );
    });
    request.end(body);
  });
}

function bytes(edge: Edge, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(edge.url).port), '127.0.0.1', () => socket.write(text));
    let reply = '';
    socket.on('data', (chunk) => {
      reply += chunk;
    });
    socket.on('close', () => resolve(reply));
    socket.on('error', (error) => (reply === '' ? reject(error) : resolve(reply)));
  });
}
