/** Words that the document tells of requests and replies: those that the dialects' specifications name, and just these are taken. */
import { describe, expect, it } from 'vitest';
import { type ErrorKind, errorKinds, ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json } from '../../../control-plane/base/json.ts';
import { dialects } from '../../../control-plane/dialects/index.ts';
import {
  check,
  dataQuery,
  document,
  get,
  isTaken,
  isTold,
  load,
  monk,
  monkFind,
  type Request,
  taruvi,
  type Worded,
} from './told-fixture.ts';

const filter: Worded = (op) => {
  const inner = { fields: ['id'], op: 'equals', valuesJson: '["a"]' };
  return dataQuery({ filters: [op === 'or' ? { op, subFilters: [inner] } : { ...inner, op }] });
};
/** Of keys that are no flags. */
const findValues: Readonly<Record<string, Json>> = {
  where: {},
  select: ['name'],
  order: 'name',
  limit: 1,
  offset: 1,
  after: 'a',
  context: 'api',
};
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
    [
      'keys of a find of Monk',
      (key) => monkFind({ [key]: findValues[key] ?? true }),
      'where select order limit offset after count includeTotal include_trashed include_deleted context',
      'wher page orderBy',
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
