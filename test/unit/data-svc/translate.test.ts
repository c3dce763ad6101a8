/** Requests to statements, without Postgres: what is sent to the engine, and what never gets there. */
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json } from '../../../control-plane/base/json.ts';
import { dataSvc } from '../../../control-plane/dialects/data-svc/index.ts';
import { timeText } from '../../../control-plane/dialects/data-svc/times.ts';
import type { Action } from '../../../control-plane/dialects/dialect.ts';
import type { Principal } from '../../../control-plane/model/principal.ts';

const principal: Principal = {
  tenant: 'acme',
  sub: 'usr_1',
  roles: ['user-svc:org:{org_9}:admin'],
  orgs: ['org_1', 'org_2'],
  access: 'edit',
  sudo: false,
  operator: false,
};

const catalog = { tenant: 'acme', schema: 't_acme', version: 1, tables: [] };

function act(
  method: string,
  path: string,
  body: Json | undefined,
  params: Record<string, string> = {},
): Action {
  const route = dataSvc.routes.find(
    (each) => each.method === method && each.path === `/data-svc/${path}`,
  );
  if (!route) throw new Error(path);
  return route.handle(
    { method, params, query: new Map(), headers: {}, body, id: 'r' },
    { principal, catalog, limits: { rows: 10_000 } },
  );
}

function refusal(
  method: string,
  path: string,
  body: Json | undefined,
): { status: number; body: unknown } {
  try {
    act(method, path, body);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const reply = dataSvc.fail(error, { method, params: {}, query: new Map() });
    return {
      status: reply.status,
      body:
        typeof reply.body === 'string' ? reply.body : 'json' in reply.body ? reply.body.json : null,
    };
  }
  throw new Error('was taken');
}

describe('create', () => {
  it('replaces reserved entries and makes the table first', () => {
    const action = act('POST', 'object', {
      object: {
        table: 'pet',
        id: 'pet_1',
        readers: ['_self', '_org', 'any', '_self'],
        writers: null,
      },
    });
    expect(action).toMatchObject({
      kind: 'statements',
      ensure: [
        {
          kind: 'ensure_table',
          table: {
            app: 'default',
            datasource: 'objects',
            name: 'pet',
            access: 'lists',
            key: ['id'],
          },
        },
      ],
      statements: [
        {
          kind: 'insert',
          table: { app: 'default', name: 'pet' },
          rows: [{ values: { id: 'pet_1' }, access: { read: ['usr_1', 'org_1', 'any'] } }],
        },
      ],
    });
  });

  it('keeps the pattern of the id literal', () => {
    const action = act('POST', 'object', { object: { table: 'a.b*' } });
    expect(JSON.stringify(action)).toContain(JSON.stringify('^a\\.b\\*.'));
  });
});

describe('query', () => {
  it('narrows by identifiers that the caller holds', () => {
    const known = { ...catalog, tables: [] };
    expect(known.tables).toEqual([]);
    expect(act('POST', 'objects', { table: 'pet', readers: ['usr_2'] })).toMatchObject({
      kind: 'reply',
      reply: { status: 200, body: '{"objects":[]}' },
    });
    expect(act('POST', 'objects', { table: 'pet', query: { count: true } })).toMatchObject({
      reply: { body: '{"objects":[],"count":0}' },
    });
  });
});

describe('refusals', () => {
  it.each([
    ['POST', 'object', undefined, 'Invalid JSON'],
    ['POST', 'object', {}, 'object: must be an object'],
    ['POST', 'object', { object: {} }, 'object.table: is required'],
    ['POST', 'objects', {}, 'table: is required'],
    [
      'POST',
      'objects/update',
      { table: 'pet', object: {} },
      'filters: are required: without them every object would be meant',
    ],
    [
      'POST',
      'objects/delete',
      { table: 'pet', filters: [] },
      'filters: are required: without them every object would be meant',
    ],
    ['PUT', 'objects/upsert', {}, 'objects: is required'],
    ['PUT', 'objects/upsert', { objects: [{ id: 'pet_1' }] }, 'objects[0].table: is required'],
    [
      'POST',
      'objects',
      { table: 'pet', query: { limit: 10_001 } },
      'query.limit: must be at most 10000',
    ],
  ] as const)('%s %s %j: %s', (method, path, body, error) => {
    expect(refusal(method, path, body)).toEqual({
      status: 400,
      body: { error, code: 'bad_request' },
    });
  });

  it.each([
    ['token_missing', 401, 'unauthorized'],
    ['token_invalid', 401, 'unauthorized'],
    ['tenant_mismatch', 403, 'forbidden'],
    ['row_forbidden', 403, 'forbidden'],
    ['route_not_found', 404, 'not_found'],
    ['method_not_allowed', 404, 'not_found'],
    ['unique_violation', 409, 'conflict'],
    ['body_too_large', 413, 'too_large'],
    ['unsupported_media_type', 400, 'bad_request'],
    ['rate_limited', 429, 'rate_limited'],
    ['database_busy', 503, 'unavailable'],
    ['server_busy', 503, 'unavailable'],
    ['serialization_failure', 503, 'unavailable'],
    ['statement_timeout', 504, 'timeout'],
    ['internal', 500, 'internal'],
  ] as const)('%s is %i %s', (kind, status, code) => {
    const reply = dataSvc.fail(new ServiceError(kind), {
      method: 'POST',
      params: {},
      query: new Map(),
    });
    expect(reply).toMatchObject({ status, body: { json: { code } } });
  });
});

describe('times', () => {
  it.each([
    ['2025-02-28', '2025-02-28T00:00:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['2025-02-28t01:02:03.5+02:00', '2025-02-28T01:02:03.5+02:00'],
    ['2025-02-29', undefined],
    ['0000-01-01', undefined],
    ['2025-1-1', undefined],
    ['2025-02-28T25:00:00Z', undefined],
    ['2025-02-28T01:00:00', undefined],
    ['now', undefined],
  ])('%s', (text, expected) => {
    expect(timeText(text)).toBe(expected);
  });
});
