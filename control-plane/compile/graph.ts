import { ends, type Graph, isEdgeTable } from '../model/graph.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { TableObject } from './object.ts';
import { trigger } from './trigger.ts';

/** What a graph adds to its tables: rules of edges that Postgres has no constraint for. */
export function graphObjects(table: Table): readonly TableObject[] {
  const { graph } = table;
  if (!graph) return [];
  if (isEdgeTable(table)) {
    return [author(table), ...rules(table, graph, edgeColumns)];
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
  const waits = type !== undefined || limits.length > 0;
  const call = 'check_edges';
  return [
    trigger(table, {
      order: '_030_edges',
      when: waits ? 'before insert or update' : 'before update',
      columns: [from, to, ...(type === undefined ? [] : [type])],
      each: 'statement',
      call: 'lock_edges',
      args: [logicalName(table)],
    }),
    trigger(table, {
      order: '_800_edges_insert',
      when: 'after insert',
      tables: 'new',
      each: 'statement',
      call,
      args,
    }),
    trigger(table, {
      order: '_800_edges_update',
      when: 'after update',
      tables: 'both',
      each: 'statement',
      call,
      args,
    }),
  ];
}
