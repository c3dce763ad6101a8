import { ServiceError } from '../../base/errors.ts';
import type { Catalog } from '../../model/catalog.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Result, Show, Statement } from '../../statement/statement.ts';
import type { Action, DialectRequest, Reply, Route, RouteContext } from '../dialect.ts';
import { aggregateReply, isAggregate, parseAggregate } from './aggregate.ts';
import { createRows, patchRow, patchRows, putRow, upsertRows } from './changes.ts';
import { deleteRow, deleteRows, restoreRow } from './deletes.ts';
import { refuse } from './errors.ts';
import { parseOutput } from './fields.ts';
import { parseFilters } from './filter.ts';
import { besidePath, traversalOf, traverseRow, traverseRows } from './graph.ts';
import { rowHistory } from './history.ts';
import { keyOf } from './key.ts';
import { parseOrdering } from './ordering.ts';
import { mostRows, pageOf } from './page.ts';
import { listText, oneText } from './reply.ts';
import { flag, underTable } from './request.ts';
import { parseSearch } from './search.ts';
import { rowsOf } from './served.ts';

const data = '/data';
const row = `${data}/:id`;

/** Reads with related rows may have an allowance of their own. */
const populates: Route['related'] = (query) => query.has('populate');

/** Rows: `{app}/datatables/{t}/data/` and the same under the table's datasource. */
export const dataRoutes: readonly Route[] = [
  ...underTable('GET', data, listRows, { anonymous: true, related: populates }),
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
  const { catalog } = context;
  const filters = parseFilters(query, table, catalog);
  const search = parseSearch(query, table);
  const where = both(filters, search?.where);
  const show = shownBy(query, table, filters);
  if (isAggregate(query)) {
    const rows = { ...(where === undefined ? {} : { where }), show };
    return act(parseAggregate(query, table, catalog, rows), (result) =>
      aggregateReply(query, result),
    );
  }
  const page = pageOf(query);
  const limit = flag(query, '_count') ? 0 : page.limit;
  const asked = parseOrdering(query, table, catalog);
  const order = asked.length === 0 && search ? search.order : asked;
  const output = parseOutput(query, table, catalog);
  const traversal = traversalOf(query);
  if (traversal) {
    const roots = { ...(where === undefined ? {} : { where }), order };
    // How well a row answers a search orders the roots; it is said of no row that edges lead to.
    return traverseRows(traversal, roots, { ...page, limit }, { table, output, show });
  }
  return act(
    {
      kind: 'read',
      table,
      ...(where === undefined ? {} : { where }),
      output: { ...output, items: [...output.items, ...(search ? [search.rank] : [])] },
      order,
      limit,
      offset: page.offset,
      total: true,
      show,
      cap: mostRows,
    },
    ({ rows, count, total = 0 }) => listText(rows, 'Data retrieved', { ...page, count, total }),
  );
}

/** All rows that match, as a list would show them, for a file: filters, `ordering`, `fields`, `include_deleted`. */
export function matchesOf(
  { query }: Pick<DialectRequest, 'query'>,
  table: Table,
  catalog: Catalog,
): Extract<Statement, { kind: 'read' }> {
  const paged = ['page', 'page_size', 'pageSize', 'limit', 'offset', '_start', '_end', '_count'];
  const shaped = ['search', 'populate', 'allowed_actions', '_aggregate', '_group_by', '_having'];
  const other = [...paged, ...shaped].find((key) => query.has(key));
  if (other !== undefined) refuse(`A file of rows takes no ${other}`, other);
  const where = parseFilters(query, table, catalog);
  return {
    kind: 'read',
    table,
    ...(where === undefined ? {} : { where }),
    output: parseOutput(query, table, catalog),
    order: parseOrdering(query, table, catalog),
    show: shownBy(query, table, where),
    cap: mostRows,
  };
}

function both(left: Predicate | undefined, right: Predicate | undefined): Predicate | undefined {
  return left && right ? { kind: 'and', of: [left, right] } : (left ?? right);
}

/** `GET data/{id}/` */
export function getRow(request: DialectRequest, context: RouteContext): Action {
  const { query, params } = request;
  const { table } = rowsOf(request, context);
  const traversal = traversalOf(query);
  if (parseFilters(besidePath(query, traversal), table, context.catalog)) {
    refuse('A single row takes no filters');
  }
  const id = params['id'] ?? '';
  const output = parseOutput(query, table, context.catalog);
  const show = shownBy(query, table);
  if (traversal) return traverseRow(traversal, id, query, { table, output, show });
  return act(
    {
      kind: 'read',
      table,
      where: isRow(id, table),
      output,
      limit: 1,
      show,
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
