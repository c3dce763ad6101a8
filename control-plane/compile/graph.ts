import { ident, type Sql, sql } from '../base/sql.ts';
import { ends, type Graph, isEdgeTable } from '../model/graph.ts';
import type { Table } from '../model/table.ts';
import { logicalName, physicalName } from '../model/table-schema.ts';
import { shortName } from './names.ts';
import { columnList, constraint, type TableObject, tableName } from './object.ts';
import { trigger } from './trigger.ts';

/** What a graph adds to its tables: rules of edges that Postgres has no constraint for. */
export function graphObjects(table: Table): readonly TableObject[] {
  const { graph } = table;
  if (!graph) return [];
  if (isEdgeTable(table)) {
    return [distinctEnds(table), author(table), ...rules(table, graph, edgeColumns)];
  }
  const [key] = table.key;
  const { selfReference } = graph;
  if (selfReference === undefined || key === undefined) return [];
  return rules(table, graph, { from: key, to: selfReference });
}

interface EdgeColumns {
  readonly from: string;
  readonly to: string;
  /** Absent: all edges are of the graph's only type. */
  readonly type?: string;
}

const edgeColumns: EdgeColumns = { ...ends, type: 'type' };

function distinctEnds(table: Table): TableObject {
  const rule = sql`check (${ident(ends.from)} <> ${ident(ends.to)})`;
  return constraint(table, { kind: 'check', name: endsCheck, rule, split: true, field: ends.to });
}

/** Name of the check that an edge has two ends. */
export const endsCheck = 'ends_check';

function author(table: Table): TableObject {
  return trigger(table, {
    order: '_060_author',
    when: 'before insert',
    each: 'row',
    call: 'edge_author',
    args: [],
  });
}

/**
 * Loops and limits are judged after the statement, by one writer of the graph at a time: a trigger before the statement waits for
 * the others. A new row can't close a loop of references with rows that others have not committed yet, so it need not wait for that.
 */
function rules(table: Table, graph: Graph, columns: EdgeColumns): readonly TableObject[] {
  const limits = graph.types.filter(
    ({ maxOutgoing, maxIncoming }) => maxOutgoing !== undefined || maxIncoming !== undefined,
  );
  if (!graph.hierarchy && limits.length === 0) return [];
  const { from, to, type } = columns;
  const told = JSON.stringify({
    hierarchy: graph.hierarchy,
    types: graph.types.map(({ name, maxOutgoing, maxIncoming }) => ({
      name,
      outgoing: maxOutgoing,
      incoming: maxIncoming,
    })),
  });
  const args = [logicalName(table), from, to, type ?? '', told];
  const moved = [from, to, ...(type === undefined ? [] : [type])].map((name) => ident(name));
  const waits = type !== undefined || limits.length > 0 ? 'before insert or update of' : 'before update of';
  const call = 'check_edges';
  return [
    trigger(table, {
      order: '_030_edges',
      when: waits,
      columns: moved,
      each: 'statement',
      call: 'lock_edges',
      args: [logicalName(table)],
    }),
    trigger(table, { order: '_800_edges_insert', when: 'after insert', tables: 'new', each: 'statement', call, args }),
    trigger(table, { order: '_800_edges_update', when: 'after update', tables: 'both', each: 'statement', call, args }),
  ];
}

/** Reading from either end, by type. The key of the ends' uniqueness leads with `from_id` and would serve one of them only in part. */
export function edgeIndexes(table: Table): readonly { readonly name: string; readonly on: Sql }[] {
  return Object.values(ends).map((end) => ({
    name: shortName(end, `edge_${table.id}`),
    on: columnList([end, 'type']),
  }));
}

/** The condition of an edge's two ends: each is a row that the caller may see, by the policy of its own table. */
export function endsVisible(table: Table): Sql | undefined {
  if (!isEdgeTable(table)) return undefined;
  const conditions = table.references
    .filter(({ columns: [column] }) => column === ends.from || column === ends.to)
    .map(({ columns: [column = ''], target, targetColumns: [key = ''] }) => {
      const nodes = tableName({ schema: table.schema, physical: physicalName(target) });
      const end = ident(table.physical, column);
      return sql`exists (select 1 from ${nodes} as node where node.${ident(key)} = ${end})`;
    });
  return conditions.reduce((left, right) => sql`${left} and ${right}`);
}
