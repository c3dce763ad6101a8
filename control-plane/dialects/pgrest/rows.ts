import { ServiceError } from '../../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { type Catalog, nearestName } from '../../model/catalog.ts';
import type { Endpoint, Table } from '../../model/table.ts';
import type { Output } from '../../statement/output.ts';
import type { Result, Statement } from '../../statement/statement.ts';
import type { Action, DialectRequest, Reply, RouteContext } from '../dialect.ts';
import { notFound, refuse } from './errors.ts';
import { byRoot, requireEndpoint, tablesOf } from './names.ts';
import { params } from './params.ts';
import { reply, rowsReply } from './reply.ts';
import { parseSearch } from './search.ts';
import { isImplicitKey, keyOf } from './table-object.ts';
import { rowJudge } from './values.ts';
import { parseWhere } from './where.ts';

/** How this dialect prints rows: timestamps without zone, numbers as they are. */
export const format = { numbers: 'plain', times: 'micros' } as const;

const mostRows = 10_000;

function outputOf(table: Table, options: { readonly pkid: boolean }): Output {
  const key = keyOf(table);
  const columns = table.columns.map(({ name }) => ({ kind: 'column' as const, name }));
  const pkid = { kind: 'column' as const, name: key ?? '', as: '_pkid' };
  return { items: options.pkid && key !== undefined ? [pkid, ...columns] : columns, format };
}

/** The table of a write or of a single row: one that is not there is a fault of the request. */
function tableOf(request: DialectRequest, catalog: Catalog, endpoint: Endpoint): Table {
  const table = byRoot(tablesOf(catalog), request.params['root'] ?? '');
  if (!table) throw new ServiceError('table_not_found', 'No such table');
  requireEndpoint(table, endpoint);
  return table;
}

function act(statement: Statement, answer: (result: Result) => Reply): Action {
  return {
    kind: 'statements',
    statements: [statement],
    reply: ([result]) => answer(result ?? { rows: '[]', count: 0 }),
  };
}

export function listRows(
  { params: { root = '' }, query }: DialectRequest,
  { catalog, limits }: RouteContext,
): Action {
  const table = byRoot(tablesOf(catalog), root);
  if (!table) throw notFound('table');
  requireEndpoint(table, 'list');
  return listOf(table, query, { pkid: true, most: limits.rows });
}

/** A page of a table or view. */
export function listOf(
  table: Table,
  query: DialectRequest['query'],
  options: { readonly pkid: boolean; readonly most: number },
): Extract<Action, { kind: 'statements' }> {
  const search = parseSearch(query, table, options.most);
  const { limit, offset } = search;
  return {
    kind: 'statements',
    statements: [
      {
        kind: 'read',
        table,
        output: outputOf(table, options),
        show: 'live',
        cap: options.most,
        more: true,
        ...search,
      },
    ],
    reply: ([result]) =>
      rowsReply(result?.rows ?? '[]', { limit, offset, truncated: (result?.matched ?? 0) > 0 }),
  };
}

export function getRow(request: DialectRequest, { catalog }: RouteContext): Action {
  params(request.query, []);
  const table = tableOf(request, catalog, 'read');
  const [key, id] = [needKey(table), request.params['id'] ?? ''];
  return act(
    {
      kind: 'read',
      table,
      where: { kind: 'compare', field: { kind: 'column', name: key }, operator: 'eq', operand: id },
      output: outputOf(table, { pkid: true }),
      limit: 1,
      show: 'live',
      cap: 1,
      require: { key: id },
    },
    ({ rows }) => rowsReply(rows),
  );
}

function needKey(table: Table): string {
  return (
    keyOf(table) ?? refuse('The table has no single primary key', table.name, 'key_unsupported')
  );
}

export function postRows(request: DialectRequest, { catalog }: RouteContext): Action {
  params(request.query, []);
  const { body } = request;
  const data = dataOf(body, ['data']);
  const list = Array.isArray(data) ? (data as readonly Json[]) : [data];
  if (list.length === 0 || list.length > mostRows) {
    refuse(`data must hold 1 to ${mostRows} rows`, 'data');
  }
  if (!isObjects(list)) return refuse('data must be an object or a list of objects', 'data');
  const table = tableOf(request, catalog, 'create');
  const judge = writable(table, true);
  const rows = list.map((sent, at) => ({
    values: judge(sent, list.length > 1 ? `row ${at}: ` : ''),
  }));
  return act(
    { kind: 'insert', table, rows, output: outputOf(table, { pkid: false }) },
    ({ rows: made }) => rowsReply(made),
  );
}

function isObjects(list: readonly Json[]): list is readonly JsonObject[] {
  return list.every(isObject);
}

/** Judges the values of rows that may be set: never the implicit key. */
function writable(table: Table, create: boolean): ReturnType<typeof rowJudge> {
  const key = keyOf(table);
  const implicit = table.key.find((name) => isImplicitKey(table, name));
  const judge = rowJudge(table.columns, { create, ...(key === undefined ? {} : { key }) });
  return (sent, place = '') => {
    if (implicit !== undefined && Object.hasOwn(sent, implicit)) {
      refuse(`${place}${implicit} cannot be written`, implicit, 'invalid_row');
    }
    return judge(sent, place);
  };
}

function dataOf(body: Json | undefined, known: readonly string[]): Json {
  if (!isObject(body)) return refuse('The body must be a JSON object', 'body');
  const other = Object.keys(body).find((key) => !known.includes(key));
  if (other !== undefined) refuse(`Unknown key ${other}`, other);
  const { data } = body;
  return data === undefined || data === null ? refuse('data is required', 'data') : data;
}

export function putRow(request: DialectRequest, { catalog }: RouteContext): Action {
  params(request.query, []);
  const data = dataOf(request.body, ['data']);
  if (!isObject(data) || Object.keys(data).length === 0) {
    return refuse('data must be an object of columns', 'data');
  }
  const table = tableOf(request, catalog, 'update');
  needKey(table);
  return act(
    {
      kind: 'update',
      table,
      target: { by: 'keys', keys: [request.params['id'] ?? ''] },
      changes: [{ values: writable(table, false)(data) }],
      output: outputOf(table, { pkid: true }),
      show: 'live',
    },
    ({ rows }) => rowsReply(rows),
  );
}

export function deleteRow(request: DialectRequest, { catalog }: RouteContext): Action {
  params(request.query, []);
  const table = tableOf(request, catalog, 'delete');
  const key = needKey(table);
  return act(
    {
      kind: 'delete',
      table,
      target: { by: 'keys', keys: [request.params['id'] ?? ''] },
      permanent: false,
      output: { items: [{ kind: 'column', name: key }], format },
    },
    () => reply(null, 'Row deleted successfully.'),
  );
}

/** Both forms: `data` an object with `where` beside it, or columns beside a `where` that must be there. */
export function putRows(request: DialectRequest, { catalog }: RouteContext): Action {
  params(request.query, []);
  const { body } = request;
  if (!isObject(body)) return refuse('The body must be a JSON object', 'body');
  const first = isObject(body['data']);
  const { where, ...columns } = body;
  if (first) dataOf(body, ['data', 'where']);
  const stanza = first ? (where ?? {}) : (where ?? refuse('where is required', 'where'));
  const sent = first ? (body['data'] as JsonObject) : columns;
  if (Object.keys(sent).length === 0) refuse('There is nothing to change', 'data');
  const table = tableOf(request, catalog, 'update');
  const conditions = parseWhere(stanza, table);
  const known = Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [
      nearestName(table.columns, name)?.name ?? name,
      value,
    ]),
  );
  if (Object.keys(known).length < Object.keys(sent).length) {
    refuse('A column is set twice, in names that differ by case only', 'data');
  }
  return act(
    {
      kind: 'update',
      table,
      target: { by: 'where', where: { kind: 'and', of: conditions } },
      changes: [{ values: writable(table, false)(known) }],
      output: { items: [{ kind: 'literal', value: 1, as: 'n' }], format },
      show: 'live',
    },
    ({ changed = 0 }) => reply(null, 'Table put successfully.', { updated: changed }),
  );
}
