/** What the edge answers: headers, limits, its own routes, and how it stops. */
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Principal } from '../../../control-plane/model/principal.ts';

import { bytes, operator, send, somebody, start } from './edge-fixture.ts';

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
    expect(line).toMatchObject({
      tenant: 'acme',
      sub: 'ann',
      route: '/api/things/:name',
      status: 200,
    });
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

  it('what is no HTTP gets 400, headers that are too much 431, a target 414', async () => {
    const edge = await start();
    expect(await bytes(edge, 'NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    const lines = `X-A: ${'a'.repeat(1_000)}\r\n`.repeat(140);
    expect(await bytes(edge, `GET /health HTTP/1.1\r\nHost: x\r\n${lines}\r\n`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
    const long = (length: number) =>
      `GET /health?${'a'.repeat(length)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    expect(await bytes(edge, long(64 * 1024 - 8))).toMatch(/^HTTP\/1.1 200 /);
    expect(await bytes(edge, long(64 * 1024 - 7))).toMatch(/^HTTP\/1.1 414 /);
    expect(await bytes(edge, long(140_000))).toMatch(/^HTTP\/1.1 414 /);
  });
});

describe('rate limit', () => {
  it('per principal, writes apart, with the headers', async () => {
    const edge = await start({ ROWHOUSE_RATE_LIMIT: '3/60/1' });
    const get = (as: Principal) => send(edge, 'GET', '/api/things/a', { as });
    for (let used = 1; used <= 3; used++) {
      const reply = await get(somebody);
      expect(reply.status).toBe(200);
      expect(reply.headers.get('ratelimit-limit')).toBe('3');
      expect(reply.headers.get('ratelimit-remaining')).toBe(String(3 - used));
      expect(reply.headers.get('ratelimit-reset')).toBe('7');
    }
    const refused = await get(somebody);
    expect(refused.body['kind']).toBe('rate_limited');
    expect(refused.headers.get('retry-after')).toBe('7');
    expect(refused.headers.get('ratelimit-remaining')).toBe('0');
    // The document of a tenant is a read like any other; without a token it is everybody's.
    expect((await send(edge, 'GET', '/openapi.json')).status).toBe(429);
    expect((await send(edge, 'GET', '/openapi.json', { as: null })).status).toBe(200);
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
