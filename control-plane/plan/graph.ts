import { ServiceError } from '../base/errors.ts';
import { bind, raw, type Sql, sql, toText } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { type EdgeType, edgesOf } from '../model/graph.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Predicate } from '../statement/predicate.ts';
import { mostNodes } from '../statement/traverse.ts';
import { type KeyColumn, keyColumns } from './key.ts';
import { bindScalar, castText, misfit } from './operand.ts';
import { type Context, relation, type Source } from './scope.ts';

/** A table's graph as the functions of 85-graph.sql take it. */
export interface GraphFacts {
  readonly told: Sql;
  readonly key: KeyColumn;
  /** Array type of keys. */
  readonly keys: Sql;
  readonly types: readonly EdgeType[];
}

/** @throws ServiceError feature_disabled when rows of the table are no nodes */
export function graphOf(table: Table, catalog: Catalog): GraphFacts {
  const { graph } = table;
  const [key] = keyColumns(table);
  const edges = edgesOf(table, catalog);
  if (!graph || !key || (graph.selfReference === undefined && !edges)) {
    throw new ServiceError('feature_disabled', `Rows of '${table.name}' are not nodes of a graph`, {
      table: logicalName(table),
      reason: 'graph',
    });
  }
  const { selfReference: parent, types } = graph;
  const nodes = toText(relation(table));
  const told = edges
    ? { nodes, key: key.name, edges: toText(relation(edges)) }
    : { nodes, key: key.name, parent, type: types[0]?.name };
  return {
    told: sql`${bind(JSON.stringify(told))}::jsonb`,
    key,
    keys: raw(castText({ ...key.type, array: true })),
    types,
  };
}

/** The types asked for as a bound list; NULL for all. @throws ServiceError invalid_operand naming one that the graph has not */
export function typeList(facts: GraphFacts, asked: readonly string[] | undefined): Sql {
  const unknown = asked?.find((name) => !facts.types.some((type) => type.name === name));
  if (unknown !== undefined) {
    throw new ServiceError('invalid_operand', `No such edge type '${unknown}'`, {
      field: unknown,
      reason: 'edge_type',
    });
  }
  return sql`${bind(asked ?? null)}::text[]`;
}

/** Whether a row is below or above the row of a key, which itself is not. */
export function reached(
  predicate: Extract<Predicate, { kind: 'reach' }>,
  source: Source,
  context: Context,
): Sql {
  const facts = graphOf(source.table, context.catalog);
  const { direction, key, types, label } = predicate;
  const place = { field: label ?? facts.key.name, operator: direction };
  if (predicate.column !== facts.key.name) misfit(place, 'not_key');
  const root = bindScalar(key, facts.key.type, place, context);
  const call = sql`rowhouse.reach(${facts.told}, array[${root}]::${facts.keys}, ${bind(direction)}::text, null, ${typeList(facts, types)}, ${bind(mostNodes)}::int)`;
  const keys = sql`array(select g.node from ${call} as g where g.distance > 0)`;
  return sql`${source.column(facts.key.name)} = any(${keys})`;
}
