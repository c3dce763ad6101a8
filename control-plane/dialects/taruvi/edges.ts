import { ServiceError } from '../../base/errors.ts';
import { isObject, type Json } from '../../base/json.ts';
import { edgesOf, ends } from '../../model/graph.ts';
import { logicalName } from '../../model/table-schema.ts';
import type { Action, DialectRequest, Route, RouteContext } from '../dialect.ts';
import { createRows, patchRow } from './changes.ts';
import { listRows } from './data.ts';
import { deleteRows } from './deletes.ts';
import { underTable } from './request.ts';
import { tableOf } from './served.ts';

const edges = '/edges';

/** Edges of a table's graph: `{app}/datatables/{t}/edges/`. The same rows as those of its edge table. */
export const edgeRoutes: readonly Route[] = [
  ...underTable('GET', edges, onEdges(listRows), { anonymous: true }),
  ...underTable('POST', edges, onEdges(createRows)),
  ...underTable('PATCH', `${edges}/:id`, onEdges(patchRow)),
  ...underTable('DELETE', edges, onEdges(deleteRows)),
];

/** A call on the rows of the edge table, its body in the columns' names. */
function onEdges(handle: Route['handle']): Route['handle'] {
  return (request: DialectRequest, context: RouteContext): Action => {
    const table = edgeTable(request, context);
    const params = { ...request.params, table };
    const { body } = request;
    return handle(
      { ...request, params, body: Array.isArray(body) ? body.map(named) : named(body) },
      context,
    );
  };
}

/** @throws ServiceError feature_disabled where the graph has no edges to write, or there is none */
function edgeTable(request: DialectRequest, context: RouteContext): string {
  const { table } = tableOf(request, context);
  const found = edgesOf(table, context.catalog);
  if (found) return found.name;
  const message =
    table.graph?.selfReference === undefined
      ? `Rows of '${table.name}' are not nodes of a graph`
      : `Edges of '${table.name}' are its column '${table.graph.selfReference}'`;
  throw new ServiceError('feature_disabled', message, {
    table: logicalName(table),
    reason: 'graph',
  });
}

/** `from` and `to` are short for the columns, where these are not named. */
function named(edge: Json | undefined): Json {
  if (edge === undefined || !isObject(edge)) return edge ?? null;
  const { from, to, ...rest } = edge;
  return {
    ...(from === undefined ? {} : { [ends.from]: from }),
    ...(to === undefined ? {} : { [ends.to]: to }),
    ...rest,
  };
}
