/** The edge over a fake engine: what a hostile or unlucky client meets before any statement runs. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { type Edge, operator, raw, send, somebody, start } from './edge-fixture.ts';

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
