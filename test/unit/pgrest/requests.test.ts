/** Requests of the PgREST dialect become statements and definitions; errors become its envelope. */
import { describe, expect, it } from 'vitest';
import { type ErrorKind, errorKinds, ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json } from '../../../control-plane/base/json.ts';
import { parseJson } from '../../../control-plane/base/parse-json.ts';
import type { Action } from '../../../control-plane/dialects/dialect.ts';
import { pgrest } from '../../../control-plane/dialects/pgrest/index.ts';
import { parseQuery } from '../../../control-plane/http/address.ts';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import { column, table } from '../monk/fixture.ts';

const items = table(
  'items',
  [
    column('name', { base: 'varchar', length: 3 }),
    column('n', { base: 'integer' }),
    column('made', { base: 'timestamp' }, { immutable: true, default: { kind: 'now' } }),
  ],
  {
    id: 7,
    access: 'grants',
    features: { timestamps: false, softDelete: false, acl: false, history: false },
    path: 'the items',
  },
);
const catalog: Catalog = { tenant: 'acme', schema: 't_acme', version: 1, tables: [items] };
const principal = {
  sub: 'ada',
  tenant: 'acme',
  roles: [],
  orgs: [],
  access: 'edit',
  sudo: false,
  operator: false,
} as const;

/** The action of a request to a route by its pattern. */
function act(
  method: string,
  path: string,
  request: { params?: Record<string, string>; query?: string; body?: Json } = {},
): Action {
  const route = pgrest.routes.find(
    (each) => each.method === method && each.path === `/v3/pgrest${path}`,
  );
  if (!route) throw new Error(`no route ${method} ${path}`);
  return route.handle(
    {
      method,
      params: request.params ?? {},
      query: parseQuery(request.query ?? ''),
      headers: {},
      body: request.body,
      id: 'r1',
    },
    { principal, catalog, limits: { rows: 10_000 } },
  );
}

function statementOf(action: Action) {
  if (action.kind !== 'statements') throw new Error(action.kind);
  const [statement] = action.statements;
  return statement;
}

const root = { root: 'the items' };

describe('requests', () => {
  it('finds tables by address, then by number', () => {
    for (const name of ['the items', '7']) {
      const statement = statementOf(act('GET', '/data/:root', { params: { root: name } }));
      expect(statement).toMatchObject({ kind: 'read', table: { name: 'items' }, more: true });
    }
    expect(() => act('GET', '/data/:root', { params: { root: 'items' } })).toThrow('No such table');
  });

  it('turns a search into a predicate', () => {
    const query =
      'N.gt=1&name.in=a%5C%2Cb,c&where={"n":{"operator":"<","value":0},"n":{"operator":"!=","value":""}}&limit=5&order=n,DESC';
    expect(statementOf(act('GET', '/data/:root', { params: root, query }))).toMatchObject({
      where: {
        kind: 'and',
        of: [
          { field: { name: 'n' }, operator: 'gt', operand: '1' },
          { field: { name: 'name' }, operator: 'in', operand: ['a,b', 'c'] },
          { field: { name: 'n' }, operator: 'lt', operand: 0 },
          { field: { name: 'n' }, operator: 'ne', operand: '' },
        ],
      },
      order: [{ field: { name: 'n' }, descending: true }],
      limit: 5,
      offset: 0,
    });
  });

  it('turns rows into inserts and changes', () => {
    const body = { data: [{ name: 'abc', n: 0 }] };
    expect(statementOf(act('POST', '/data/:root', { params: root, body }))).toMatchObject({
      kind: 'insert',
      rows: [{ values: { name: 'abc', n: 0 } }],
    });
    const bulk = { n: 1, where: { name: { operator: 'is null' } } };
    expect(statementOf(act('PUT', '/data/:root', { params: root, body: bulk }))).toMatchObject({
      kind: 'update',
      changes: [{ values: { n: 1 } }],
      target: { where: { of: [{ operator: 'is_null', operand: true }] } },
    });
  });

  it('refuses without a table in sight', () => {
    for (const data of [{ name: 'abcd' }, { n: '1' }, { n: 1.5 }, { zzz: 1 }, { name: 5 }]) {
      expect(() => act('POST', '/data/:root', { params: root, body: { data } })).toThrow(
        ServiceError,
      );
    }
  });

  it('asks every route but one for a right', () => {
    const open = pgrest.routes.filter(({ right }) => right === undefined);
    expect(open.map(({ path }) => path)).toEqual(['/v3/pgrest/healthcheck']);
  });
});

describe('errors', () => {
  it.each(Object.keys(errorKinds) as ErrorKind[])('%s has an envelope', (kind) => {
    const error = new ServiceError(kind, undefined, { field: 'age' });
    const { status, body } = pgrest.fail(error, { method: 'GET', params: {}, query: new Map() });
    expect(status).not.toBe(401);
    expect([400, 403, 404, 405, 413, 429, 500, 503]).toContain(status);
    expect(body).toMatchObject({
      json: { status: 'error', version: 'dev', result: null, metadata: { field: 'age' } },
    });
  });
});

describe('repeated keys', () => {
  const inWhere = (path: readonly string[]): boolean => path.length === 1 && path[0] === 'where';

  it('are joined where they may be', () => {
    const text = '{"a":[1,{"b":"\\"x"}],"where":{"c":1,"d":2,"c":[3,4],"__proto__":5}}';
    expect(JSON.stringify(parseJson(text, inWhere))).toBe(
      '{"a":[1,{"b":"\\"x"}],"where":{"c":[1,3,4],"d":2,"__proto__":5}}',
    );
  });

  it('are refused elsewhere, however they are spelt', () => {
    for (const text of [
      '{"a":1,"a":2}',
      '{"a":1,"\\u0061":2}',
      '{"where":{"c":{"x":1,"x":2}}}',
      '[{"a":{},"a":[]}]',
      '{"where":{},"where":{}}',
    ]) {
      expect(() => parseJson(text, inWhere), text).toThrow(/repeated/);
    }
    expect(parseJson('{"a":1,"a":2}')).toEqual({ a: 2 });
    expect(parseJson('{"a":"x:y","b":{"a":1}}', inWhere)).toEqual({ a: 'x:y', b: { a: 1 } });
  });
});
