/** Limits and words that the document tells of requests: those that the dialects' specifications name, and just these are taken. */
import { describe, expect, it } from 'vitest';
import { type ErrorKind, errorKinds, ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json } from '../../../control-plane/base/json.ts';
import type { SentFile } from '../../../control-plane/dialects/dialect.ts';
import { dialects } from '../../../control-plane/dialects/index.ts';
import { pageOf } from '../../../control-plane/dialects/taruvi/page.ts';
import { openApi } from '../../../control-plane/http/openapi.ts';
import type { App } from '../../../control-plane/model/app.ts';
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
  readonly file?: SentFile;
}

/** The app of all tables. */
const app: App = {
  id: 1,
  slug: 'default',
  name: 'default',
  description: '',
  settings: {},
  active: true,
  createdAt: '',
  updatedAt: '',
  createdBy: '',
  datasources: [],
  roles: [],
};
const known = { ...catalog, apps: [app] };

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
function isTaken({ method, path, params = {}, query = {}, body, file }: Request): boolean {
  const route = dialects
    .flatMap(({ routes }) => routes)
    .find((each) => each.method === method && each.path === path);
  if (route === undefined) throw new Error(`no route ${method} ${path}`);
  const values = new Map(Object.entries(query).map(([name, value]) => [name, [value]]));
  try {
    route.handle(
      { method, params, query: values, headers: {}, body, id: 'r', ...(file ? { file } : {}) },
      { principal: sudo, catalog: known, limits: { rows: 10_000 } },
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

/** A request with this word in a place that takes some words only. */
type Worded = (word: string) => Request;

const filter: Worded = (op) => {
  const inner = { fields: ['id'], op: 'equals', valuesJson: '["a"]' };
  return dataQuery({ filters: [op === 'or' ? { op, subFilters: [inner] } : { ...inner, op }] });
};
const monk = (method: string, path: string, body: (word: string) => Json): Worded => {
  const params = { schema: 'posts', id: 'a', column: 'fresh' };
  return (word) => ({ method, path, params, body: body(word) });
};
const taruvi = (path: string, of: Worded): Worded => {
  const params = { app: 'default', table: 'users', id: 'a' };
  return (word) => ({ params, ...of(word), path: `/api/apps/:app/datatables/:table${path}` });
};
const get = (name: string): Worded => {
  return (word) => ({ method: 'GET', path: '', query: { [name]: word } });
};
const load = (name: string): Worded => {
  const file = { content: new Uint8Array(), type: 'text/csv' };
  return (word) => ({ method: 'POST', path: '', query: { [name]: word }, file });
};

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

  it.each([
    ['export', taruvi('/export', get('delimiter'))],
    ['import', taruvi('/data/import', load('delimiter'))],
  ])('delimiter of a Taruvi %s, one character that ends nothing else', (_, request) => {
    for (const text of [';', '\t', ' ', 'é']) expect(isTaken(request(text)), text).toBe(true);
    for (const text of ['', ';;', '"', '\n', '\r']) {
      expect(isTaken(request(text)), text).toBe(false);
    }
  });

  it('Taruvi page_size, which is cut', () => {
    const { description } = document.components['parameters']?.['TaruviPageSize'] ?? {};
    expect(description).toBe('Rows of a page, 1000 at most.');
    expect(pageOf(new Map([['page_size', ['1001']]])).limit).toBe(1000);
  });
});

const levels = 'deny read edit full root';
const account = { name: 'Grace', auth: 'grace', password: 'a long one' };
const lists = 'access_read access_edit access_full access_deny access_delete';

describe('words', () => {
  it.each<[string, Worded, words: string, strangers: string]>([
    [
      'Data Svc op',
      filter,
      'equals isInList intersects containsSubstring contains startsWith lessThan lessThanOrEqual greaterThan greaterThanOrEqual or',
      'Equals regex constructor',
    ],
    [
      'Data Svc sortingType',
      (sortingType) => dataQuery({ orderBys: [{ field: 'age', sortingType }] }),
      'numeric text string date random',
      'Numeric natural constructor',
    ],
    ['Monk context', (context) => monkFind({ context }), 'observer system api', 'root'],
    [
      'Monk access',
      monk('POST', '/api/sudo/users', (access) => ({ ...account, access })),
      levels,
      'Root admin',
    ],
    [
      'Monk lists',
      monk('PUT', '/api/acls/:schema/:id', (list) => ({ [list]: ['ada'] })),
      lists,
      'access_write read',
    ],
    [
      'Monk status',
      monk('PUT', '/api/describe/:schema', (status) => ({ status })),
      'pending active disabled',
      'system',
    ],
    [
      'Monk relationship_type',
      monk('POST', '/api/describe/:schema/:column', (relationship_type) => ({
        type: 'uuid',
        relationship_type,
        related_schema: 'users',
      })),
      'owned referenced',
      'linked',
    ],
    [
      'Taruvi format of a traversal',
      taruvi('/data/:id', (format) => {
        const to = format === 'path' ? { to: 'b' } : {};
        return { method: 'GET', path: '', query: { format, ...to } };
      }),
      'flat tree graph path',
      'Flat list',
    ],
    [
      'Taruvi include',
      taruvi('/data/:id', get('include')),
      'descendants ancestors both',
      'parents none',
    ],
    ['Taruvi traversal', taruvi('/data/:id', get('traversal')), 'bfs dfs', 'breadth constructor'],
    [
      'Taruvi format of an export',
      taruvi('/export', get('format')),
      'csv json ndjson datapackage',
      'xlsx constructor',
    ],
    [
      'Taruvi format of an import',
      taruvi('/data/import', load('format')),
      'csv json ndjson',
      'datapackage',
    ],
    ['Taruvi mode', taruvi('/data/import', load('mode')), 'insert upsert', 'replace'],
    ['Taruvi on_error', taruvi('/data/import', load('on_error')), 'abort skip', 'ignore'],
    [
      'PgREST switches',
      (key) => ({
        method: 'POST',
        path: '/v3/pgrest/manage/tables',
        body: { table_name: 'fresh', columns: {}, [key]: false },
      }),
      'list_all list_one list_single create update delete endpoints',
      'read list',
    ],
  ])('%s', (_, request, words, strangers) => {
    for (const word of words.split(' ')) {
      expect([isTold(request(word)), isTaken(request(word))], word).toEqual([true, true]);
    }
    for (const word of strangers.split(' ')) {
      expect([isTold(request(word)), isTaken(request(word))], word).toEqual([false, false]);
    }
  });

  it('for operators of PgREST are those of the page, in both places that tell them', () => {
    const words = 'eq neq lt lte gt gte in nin between nbetween like nlike null'.split(' ');
    const { parameters, schemas } = document.components;
    expect(parameters?.['PgrestSearch']?.['description']).toBe(
      `Conditions as \`column.op=value\`: ${words.join(', ')}.`,
    );
    expect(schemas?.['PgrestCondition']?.['description']).toBe(
      `${words.join(', ')}, or their symbols.`,
    );
    const search = (op: string): Request => ({
      method: 'GET',
      path: '/v3/pgrest/data/:root',
      params: { root: 'users' },
      query: { [`email.${op}`]: { between: 'a,b', nbetween: 'a,b', null: 'true' }[op] ?? 'a' },
    });
    expect(words.filter((op) => !isTaken(search(op)))).toEqual([]);
    expect(['is null', 'isnull', '=', 'constructor'].filter((op) => isTaken(search(op)))).toEqual(
      [],
    );
  });

  it('of refusals are those told, whatever went wrong', () => {
    const request = { method: 'GET', params: {}, query: new Map() };
    for (const { name, fail, description } of dialects) {
      for (const kind of Object.keys(errorKinds) as ErrorKind[]) {
        const { body } = fail(new ServiceError(kind), request);
        if (typeof body === 'string' || !('json' in body)) throw new Error(name);
        check(`/components/schemas/${description.name}Failure`, body.json, `${name} ${kind}`);
      }
    }
  });

  it('for dialects are their names', () => {
    const { parameters = [] } = document.paths['/openapi.json']?.['get'] ?? {};
    const names = ['taruvi', 'monk', 'pgrest', 'data-svc'];
    expect(parameters).toMatchObject([{ name: 'dialect', schema: { enum: names } }]);
  });
});
