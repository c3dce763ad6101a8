import { isObject, type Json } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { App } from '../../model/app.ts';
import { isEdgeTable } from '../../model/graph.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Target } from '../../statement/statement.ts';
import type { Action, DialectRequest, Reply, RouteContext } from '../dialect.ts';
import { refuse } from './errors.ts';
import { parseTree } from './filter.ts';
import { idText, isAmong, type Key, parseIds, scalar } from './key.ts';
import { oneText, success } from './reply.ts';
import { checkCount, noOutput, outputOf } from './rows.ts';
import { rowsOf } from './served.ts';

/** `DELETE data/{id}/` */
export function deleteRow(request: DialectRequest, context: RouteContext): Action {
  const { table } = rowsOf(request, context);
  const id = idText(request.params['id'] ?? '', table);
  return remove(table, { by: 'keys', keys: [id] });
}

/** `DELETE data/?ids=…` or `?filter=…`: exactly one of them, with nothing beside it, and never an empty one. */
export function deleteRows(request: DialectRequest, context: RouteContext): Action {
  const { app, table } = rowsOf(request, context);
  const { query, body } = request;
  if (isEdgeTable(table) && query.size === 0 && body !== undefined) {
    return removeKeys(edgeIds(body), table, app);
  }
  const other = [...query.keys()].find((name) => name !== 'ids' && name !== 'filter');
  if (other !== undefined) refuse(`${other}: rows are deleted by ids or filter alone`, other);
  const [ids = [], filter = []] = [query.get('ids'), query.get('filter')];
  const [text = ''] = [...ids, ...filter];
  if (ids.length + filter.length !== 1 || text.trim() === '') {
    return refuse('Rows are deleted by either ids or filter, once and not empty');
  }
  if (ids.length === 1) return removeIds(text, table, app);
  return remove(table, { by: 'where', where: conditionOf(text, table, context) });
}

/** Ids that name no row are not counted; one that the caller may see and not delete refuses all. */
function removeIds(text: string, table: Table, app: App): Action {
  return removeKeys(parseIds(text, table), table, app);
}

/** `{"edge_ids":[…]}` */
function edgeIds(body: Json): readonly Key[] {
  const ids = isObject(body) && Object.keys(body).length === 1 ? body['edge_ids'] : undefined;
  if (!Array.isArray(ids)) return refuse('The body must be {"edge_ids": […]}', 'edge_ids');
  return (ids as readonly Json[]).map((id) => [
    scalar(id) ?? refuse('edge_ids must be a list of ids', 'edge_ids'),
  ]);
}

function removeKeys(keys: readonly Key[], table: Table, app: App): Action {
  if (keys.length === 0) return refuse('The list of ids is empty', 'ids');
  checkCount(keys.length, app, 'ids');
  return remove(table, { by: 'where', where: isAmong(keys, table), strict: true });
}

/**
 * The rows that `filter` means: conditions by `field__op`, a tree, or `{"filters": "<tree as text>"}`.
 * @throws ServiceError also where it would mean every row
 */
function conditionOf(text: string, table: Table, { catalog }: RouteContext): Predicate {
  const filter = json(text);
  if (!isObject(filter)) return refuse('filter must be a JSON object', 'filter');
  const { filters, ...others } = filter;
  const wrapped = filters !== undefined && Object.keys(others).length === 0;
  if (wrapped && typeof filters !== 'string') refuse('filters must be a tree as text', 'filter');
  const where = parseTree(wrapped ? json(String(filters)) : filter, table, catalog);
  return where && !isEmpty(where) ? where : refuse('filter has no condition', 'filter');
}

/** Whether a predicate holds for want of conditions. */
function isEmpty(predicate: Predicate): boolean {
  switch (predicate.kind) {
    case 'and':
      return predicate.of.every(isEmpty);
    case 'or':
      return predicate.of.some(isEmpty);
    default:
      return false;
  }
}

function json(text: string): Json {
  try {
    // A key that is repeated would lose a condition.
    return parseJson(text, () => false);
  } catch (error) {
    return refuse(`filter is not valid JSON: ${(error as Error).message}`, 'filter');
  }
}

function remove(table: Table, target: Target): Action {
  return {
    kind: 'statements',
    statements: [{ kind: 'delete', table, target, permanent: false, output: noOutput }],
    reply: ([result]) => removed(result?.changed ?? 0),
  };
}

function removed(count: number): Reply {
  const message = count === 1 ? '1 row deleted' : `${count} rows deleted`;
  return success({ deleted: count }, message, { more: { deleted: count } });
}

/** `POST data/{id}/restore/` */
export function restoreRow(request: DialectRequest, context: RouteContext): Action {
  const { table } = rowsOf(request, context);
  const id = idText(request.params['id'] ?? '', table);
  return {
    kind: 'statements',
    statements: [
      {
        kind: 'restore',
        table,
        target: { by: 'keys', keys: [id] },
        output: outputOf(table),
      },
    ],
    reply: ([result]) => oneText(result?.rows ?? '[]', 'Row restored'),
  };
}
