import { isObject, type Json } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { App } from '../../model/app.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Target } from '../../statement/statement.ts';
import type { Action, DialectRequest, Reply, RouteContext } from '../dialect.ts';
import { refuse } from './errors.ts';
import { idText, isAmong, parseIds } from './key.ts';
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
  const { query } = request;
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
  const keys = parseIds(text, table);
  if (keys.length === 0) return refuse('ids is empty', 'ids');
  checkCount(keys.length, app, 'ids');
  return remove(table, { by: 'where', where: isAmong(keys, table), strict: true });
}

function conditionOf(text: string, table: Table, context: RouteContext): Predicate {
  const filter = objectIn(text);
  void filter;
  void table;
  void context;
  return refuse('filter');
}

function objectIn(text: string): Json {
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    return refuse('filter must be JSON', 'filter');
  }
  return isObject(value) ? value : refuse('filter must be a JSON object', 'filter');
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
