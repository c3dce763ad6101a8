/** What clients of this dialect send and expect on the wire. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { principal, tokenFor } from '../../support/principal.ts';

let app: TestApp;
let tenant: string;
let token: string;

beforeAll(async () => {
  const database = await createDatabase();
  // The operator's token is of another issuer.
  tenant = await (await startApp(database)).createTenant('wire');
  app = await startApp(database, {
    ROWHOUSE_CLAIMS: '{"sub":"1ui","roles":"1ro","org":"1ao"}',
  });
  token = await new SignJWT({
    tenant,
    '1ui': 'usr_1',
    '1ro': ['user-svc:user', 'user-svc:org:{org_7}:admin'],
    '1ao': 'org_7',
  })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(Buffer.from(app.secret));
});

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const reply = await fetch(`${app.url}/data-svc/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  return {
    status: reply.status,
    headers: reply.headers,
    text,
    body: JSON.parse(text) as Record<string, unknown>,
  };
}

const keys = ['createdAt', 'data', 'table', 'updatedAt'];

describe('a client', () => {
  it('creates, saves, lists, changes and deletes', async () => {
    const created = await call('POST', 'object', {
      object: {
        table: 'pet',
        data: { age: 1 },
        readers: ['_self'],
        writers: ['_org'],
        deleters: ['usr_1'],
      },
    });
    expect(created.status, created.text).toBe(200);
    const object = created.body['object'] as Record<string, unknown>;
    for (const key of keys) expect(object).toHaveProperty(key);
    expect(object).toMatchObject({
      authors: ['usr_1', 'org_7'],
      readers: ['usr_1'],
      writers: ['org_7'],
    });
    const id = 'pet_a/b c';
    const saved = await call('PUT', `object/${encodeURIComponent(id)}`, {
      object: {
        id,
        table: 'pet',
        data: { age: 2 },
        readers: ['usr_1'],
        writers: ['usr_1'],
        deleters: ['usr_1'],
      },
    });
    expect(saved.status, saved.text).toBe(200);
    expect(saved.body).toMatchObject({ object: { id } });
    const upserted = await call('PUT', 'objects/upsert', {
      object: {
        id: 'pet_3',
        table: 'pet',
        data: { age: 3 },
        readers: ['usr_1'],
        writers: ['usr_1'],
        deleters: ['usr_1'],
      },
    });
    expect(upserted.status, upserted.text).toBe(200);
    const asked = (more: object) => ({
      table: 'pet',
      readers: ['usr_1'],
      query: {
        filters: [{ fields: ['age'], op: 'greaterThanOrEqual', valuesJson: '[1]' }],
        orderBys: [{ field: 'age', sortingType: 'numeric' }],
        limit: 1,
        ...more,
      },
    });
    const first = await call('POST', 'objects', asked({ count: true }));
    expect(first.body).toMatchObject({ count: 3, afterJson: `[1,"${String(object['id'])}"]` });
    const ages = async (more: object): Promise<unknown> => {
      const { objects } = (await call('POST', 'objects', asked(more))).body as {
        objects: { data: { age: number } }[];
      };
      return objects.map(({ data }) => data.age);
    };
    expect(await ages({ afterJson: first.body['afterJson'] })).toEqual([2]);
    expect(await ages({ jsonAfter: '[2]', limit: 5 })).toEqual([3]);
    const filters = [{ fields: ['id'], op: 'equals', jsonValues: '["pet_3"]' }];
    expect(
      (
        await call('POST', 'objects/update', {
          table: 'pet',
          filters,
          object: { table: 'pet', data: { age: 4 } },
        })
      ).text,
    ).toBe('{"updated":1}');
    expect((await call('POST', 'objects/delete', { table: 'pet', filters })).text).toBe(
      '{"deleted":1}',
    );
    expect((await call('POST', 'objects/delete', { table: 'pet', filters })).text).toBe(
      '{"deleted":0}',
    );
  });

  it('sends its token bare or compresses its body', async () => {
    const plain = JSON.stringify({ table: 'pet' });
    expect((await call('POST', 'objects', { table: 'pet' }, { Authorization: token })).status).toBe(
      200,
    );
    for (const [coding, body] of [
      ['gzip', gzipSync(plain)],
      ['br', brotliCompressSync(plain)],
    ] as const) {
      const reply = await fetch(`${app.url}/data-svc/objects`, {
        method: 'POST',
        headers: {
          authorization: token,
          'content-type': 'application/json',
          'content-encoding': coding,
        },
        body: new Uint8Array(body),
      });
      expect(reply.status, coding).toBe(200);
    }
  });

  it('calls from a page of any origin', async () => {
    const origin = 'https://page.example';
    const preflight = await fetch(`${app.url}/data-svc/object/pet_1`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(preflight.status).toBe(200);
    expect(await preflight.json()).toEqual({});
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'authorization,content-type',
    );
    for (const [path, status] of [
      ['objects', 200],
      ['nowhere', 404],
    ] as const) {
      const reply = await call('POST', path, { table: 'pet' }, { origin });
      expect(reply.status).toBe(status);
      expect(reply.headers.get('access-control-allow-origin')).toBe(origin);
      expect(reply.headers.get('access-control-allow-credentials')).toBeNull();
    }
    const other = await fetch(`${app.url}/api/data/x`, { headers: { origin } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('refusals', () => {
  it('are JSON of one form', async () => {
    expect((await call('GET', 'objects')).body).toMatchObject({ code: 'not_found' });
    expect((await call('GET', 'objects')).status).toBe(404);
    expect((await call('POST', 'nothing', {})).status).toBe(404);
    expect(await call('POST', 'objects')).toMatchObject({
      status: 400,
      body: { error: 'Invalid JSON', code: 'bad_request' },
    });
    const broken = await app.request('POST', '/data-svc/objects', { token, raw: '{"table":' });
    expect(broken).toMatchObject({
      status: 400,
      body: { error: 'Invalid JSON', code: 'bad_request' },
    });
    for (const body of [[], 'x', 7, null])
      expect((await call('POST', 'objects', body)).status).toBe(400);
  });

  it('say one thing of every bad token', async () => {
    const expired = await tokenFor(principal(tenant, 'x'), app.secret, { expires: -10 });
    for (const Authorization of ['', 'Bearer x', 'Basic abc', expired, `Bearer ${token}x`]) {
      expect(await call('POST', 'objects', { table: 'pet' }, { Authorization })).toMatchObject({
        status: 401,
        body: { error: 'Unauthorized', code: 'unauthorized' },
      });
    }
    expect(
      await call('POST', 'objects', { table: 'pet' }, { 'X-Tenant': 'elsewhere' }),
    ).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });
});
