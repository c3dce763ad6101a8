/** Limits and words that the document tells of requests: those that the dialects' specifications name, and just these are taken. */
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json } from '../../../control-plane/base/json.ts';
import { dialects } from '../../../control-plane/dialects/index.ts';
import { pageOf } from '../../../control-plane/dialects/taruvi/page.ts';
import { openApi } from '../../../control-plane/http/openapi.ts';
import { bodyPointer, checkerOf, type Document } from '../../support/documented.ts';
import { catalog, sudo } from '../monk/fixture.ts';

const document = JSON.parse(JSON.stringify(openApi(dialects))) as Document;
const check = checkerOf(document);

interface Request {
  readonly method: string;
  /** As the route table has it. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
}

/** Whether the document allows the request. */
function isTold({ method, path, query = {}, body }: Request): boolean {
  const template = path.replace(/:(\w+)/g, '{$1}');
  try {
    if (body !== undefined) check(bodyPointer(method, template), body, path);
    for (const [name, text] of Object.entries(query)) {
      const value = /^-?\d+$/.test(text) ? Number(text) : text;
      check(parameterPointer(method, template, name), value, path);
    }
    return true;
  } catch {
    return false;
  }
}

/** Where the document has the schema of a parameter that is shared. */
function parameterPointer(method: string, path: string, name: string): string {
  const { parameters = [] } = document.paths[path]?.[method.toLowerCase()] ?? {};
  for (const each of parameters) {
    const key = '$ref' in each ? (each.$ref.split('/').at(-1) ?? '') : '';
    const shared = document.components['parameters']?.[key];
    if (shared?.['name'] === name) return `/components/parameters/${key}/schema`;
  }
  throw new TypeError(`${method} ${path} has no parameter ${name}`);
}

/** Whether the dialect makes something of the request. */
function isTaken({ method, path, params = {}, query = {}, body }: Request): boolean {
  const route = dialects
    .flatMap(({ routes }) => routes)
    .find((each) => each.method === method && each.path === path);
  if (route === undefined) throw new Error(`no route ${method} ${path}`);
  const values = new Map(Object.entries(query).map(([name, value]) => [name, [value]]));
  try {
    route.handle(
      { method, params, query: values, headers: {}, body, id: 'r' },
      { principal: sudo, catalog, limits: { rows: 10_000 } },
    );
    return true;
  } catch (error) {
    if (error instanceof ServiceError) return false;
    throw error;
  }
}

const times = <T extends Json>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));

const dataQuery = (query: Json): Request => ({
  method: 'POST',
  path: '/data-svc/objects',
  body: { table: 'pet', query },
});
const orderBys = (count: number): Request =>
  dataQuery({ orderBys: times(count, () => ({ field: 'age' })) });
const upserts = (count: number): Request => ({
  method: 'PUT',
  path: '/data-svc/objects/upsert',
  body: { objects: times(count, (at) => ({ id: `pet_${at}`, table: 'pet' })) },
});
const monkFind = (body: Json): Request => ({
  method: 'POST',
  path: '/api/find/:schema',
  params: { schema: 'users' },
  body,
});
const monkList = (limit: string): Request => ({
  method: 'GET',
  path: '/api/data/:schema',
  params: { schema: 'users' },
  query: { limit },
});

describe('limits', () => {
  it.each<[string, Request, Request]>([
    ['Data Svc orderBys', orderBys(16), orderBys(17)],
    ['Data Svc limit', dataQuery({ limit: 10_000 }), dataQuery({ limit: 10_001 })],
    ['Data Svc objects', upserts(10_000), upserts(10_001)],
    ['Monk limit', monkFind({ limit: 10_000 }), monkFind({ limit: 10_001 })],
    ['Monk limit, from below', monkFind({ limit: 0 }), monkFind({ limit: -1 })],
    ['Monk limit in the query', monkList('10000'), monkList('10001')],
    ['Monk limit in the query, from below', monkList('0'), monkList('-1')],
  ])('%s', (_, within, beyond) => {
    expect([isTold(within), isTaken(within)]).toEqual([true, true]);
    expect([isTold(beyond), isTaken(beyond)]).toEqual([false, false]);
  });

  it('Taruvi page_size, which is cut', () => {
    const { description } = document.components['parameters']?.['TaruviPageSize'] ?? {};
    expect(description).toBe('Rows of a page, 1000 at most.');
    expect(pageOf(new Map([['page_size', ['1001']]])).limit).toBe(1000);
  });
});
