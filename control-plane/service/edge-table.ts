import { randomUUID } from 'node:crypto';
import { literal, sql, toText } from '../base/sql.ts';
import { diff } from '../compile/diff.ts';
import { tableName } from '../compile/object.ts';
import { meaning, settle } from '../compile/settle.ts';
import type { Step } from '../compile/step.ts';
import { createTable, dropTable } from '../compile/table.ts';
import { type Catalog, withoutTable, withTable } from '../model/catalog.ts';
import { edgeDraft, edgesOf } from '../model/graph.ts';
import type { Table, TableDraft } from '../model/table.ts';
import { checkDraft } from '../model/table-schema.ts';

/** What a definition of a node table means for its edge table. */
export interface EdgeTableChange {
  readonly after: Catalog;
  readonly steps: readonly Step[];
  /** The edge table as made or changed. */
  readonly made?: Table;
  readonly gone?: Table;
  readonly lastRelation: number;
}

/**
 * The edge table that a table needs, made, changed or dropped. `catalog` has the table in it already, `before` as it was. `loss`: edges
 * of a type that goes may go with it; else there must be none.
 */
export function changeEdges(
  table: Table,
  before: Catalog,
  catalog: Catalog,
  lastRelation: number,
  loss = false,
): EdgeTableChange {
  const present = edgesOf(table, catalog);
  const needed = edgeDraft(table);
  const unchanged = { after: catalog, steps: [], lastRelation };
  if (!needed) return present ? { ...unchanged, ...dropEdges(present, catalog) } : unchanged;
  if (!present) {
    checkDraft(needed, catalog);
    const id = lastRelation + 1;
    const identity = { id, uuid: randomUUID(), schema: catalog.schema };
    const made = settle(needed, identity, catalog, randomUUID);
    const after = withTable(catalog, made);
    return { after, steps: [createTable(made, after)], made, lastRelation: id };
  }
  const draft = following(present, needed);
  if (meaning(draft) === meaning(present)) {
    // What hides the nodes hides their edges.
    return { ...unchanged, steps: diff(present, present, before, catalog) };
  }
  checkDraft(draft, catalog, present);
  const made = settle(draft, present, catalog, randomUUID, present);
  const after = withTable(catalog, made);
  const steps = diff(present, made, before, after, { loss });
  return {
    ...unchanged,
    after,
    steps: [...(loss ? dropTypes(present, made) : []), ...steps],
    made,
  };
}

/** Deletes the edges of types that the graph no longer has. */
function dropTypes(present: Table, made: Table): readonly Step[] {
  const kept = new Set(made.graph?.types.map(({ name }) => name));
  const gone = present.graph?.types.filter(({ name }) => !kept.has(name)) ?? [];
  return gone.map(({ name }) => ({
    op: 'drop_edge_type',
    class: 'destructive',
    description: `drop edge type ${name}`,
    forward: [toText(sql`delete from ${tableName(present)} where type = ${literal(name)}`)],
    reverse: [],
    field: name,
  }));
}

/** Drops an edge table with its rows. */
export function dropEdges(
  edges: Table,
  catalog: Catalog,
): Pick<EdgeTableChange, 'after' | 'steps' | 'gone'> {
  return {
    after: withoutTable(catalog, edges),
    steps: [dropTable(edges, catalog)],
    gone: edges,
  };
}

/** The edge table under the node table's name and with its types; what has been said of the edge table itself stays. */
function following(present: Table, needed: TableDraft): TableDraft {
  const columns = present.columns.map((column) => {
    const wanted = needed.columns.find(({ name }) => name === column.name);
    if (!wanted) return column;
    return { ...column, type: wanted.type, ...(wanted.enum ? { enum: wanted.enum } : {}) };
  });
  const { name, app, graph } = needed;
  return { ...present, name, app, columns, ...(graph ? { graph } : {}) };
}
