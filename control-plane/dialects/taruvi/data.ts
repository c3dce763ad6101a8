import { ServiceError } from '../../base/errors.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Result, Show, Statement } from '../../statement/statement.ts';
import type { Action, DialectRequest, Reply, Route, RouteContext } from '../dialect.ts';
import { createRows, patchRow, patchRows, putRow, upsertRows } from './changes.ts';
import { deleteRow, deleteRows, restoreRow } from './deletes.ts';
import { rowHistory } from './history.ts';
import { keyOf } from './key.ts';
import { orderOf } from './order.ts';
import { mostRows, pageOf } from './page.ts';
import { listText, oneText } from './reply.ts';
import { flag, underTable } from './request.ts';
import { format, wholeRow } from './rows.ts';
import { rowsOf } from './served.ts';

const data = '/data';
const row = `${data}/:id`;

/** Rows: `{app}/datatables/{t}/data/` and the same under the table's datasource. */
export const dataRoutes: readonly Route[] = [
  ...underTable('GET', data, listRows, { anonymous: true }),
  ...underTable('POST', data, createRows),
  ...underTable('PATCH', data, patchRows),
  ...underTable('DELETE', data, deleteRows),
  ...underTable('POST', `${data}/upsert`, upsertRows),
  ...underTable('GET', row, getRow, { anonymous: true }),
  ...underTable('PATCH', row, patchRow),
  ...underTable('PUT', row, putRow),
  ...underTable('DELETE', row, deleteRow),
  ...underTable('POST', `${row}/restore`, restoreRow),
  ...underTable('GET', `${row}/history`, rowHistory),
];

/** `GET data/` */
export function listRows(request: DialectRequest, context: RouteContext): Action {
  const { query } = request;
  const { table } = rowsOf(request, context);
  const page = pageOf(query);
  const where = undefined;
  const order = orderOf(query, table);
  return act(
    {
      kind: 'read',
      table,
      ...(where === undefined ? {} : { where }),
      output: { items: wholeRow(table), format },
      order,
      limit: flag(query, '_count') ? 0 : page.limit,
      offset: page.offset,
      total: true,
      show: shownBy(query, table, where),
      cap: mostRows,
    },
    ({ rows, count, total = 0 }) => listText(rows, 'Data retrieved', { ...page, count, total }),
  );
}

/** `GET data/{id}/` */
export function getRow(request: DialectRequest, context: RouteContext): Action {
  const { query, params } = request;
  const { table } = rowsOf(request, context);
  const id = params['id'] ?? '';
  return act(
    {
      kind: 'read',
      table,
      where: isRow(id, table),
      output: { items: wholeRow(table), format },
      limit: 1,
      show: shownBy(query, table),
      cap: mostRows,
      require: { key: id },
    },
    ({ rows }) => oneText(rows, 'Row retrieved'),
  );
}

/** The row of this id. @throws ServiceError row_not_found for what can be no key, key_unsupported */
function isRow(id: string, table: Table): Predicate {
  const key = keyOf(id, table);
  if (key === undefined) throw new ServiceError('row_not_found', undefined, { keys: [id] });
  return {
    kind: 'and',
    of: table.key.map((name, at) => ({
      kind: 'compare',
      field: { kind: 'column', name },
      operator: 'eq',
      operand: key[at] ?? '',
    })),
  };
}

/** Deleted rows show when they are asked for, or when the request speaks of the column that marks them. */
function shownBy(query: DialectRequest['query'], table: Table, where?: Predicate): Show {
  const { mark } = table.features;
  const asked = flag(query, 'include_deleted');
  return asked || (mark !== undefined && where && mentions(where, mark)) ? 'trashed' : 'live';
}

function mentions(predicate: Predicate, column: string): boolean {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return predicate.of.some((part) => mentions(part, column));
    case 'not':
      return mentions(predicate.of, column);
    case 'compare':
      return predicate.field.kind === 'column' && predicate.field.name === column;
    default:
      return false;
  }
}

/** One statement and its reply. */
function act(statement: Statement, answer: (result: Result) => Reply): Action {
  return {
    kind: 'statements',
    statements: [statement],
    reply: ([result]) => answer(result ?? { rows: '[]', count: 0 }),
  };
}
