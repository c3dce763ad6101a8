import { type ErrorDetail, ServiceError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { isStorableText } from '../base/storable.ts';
import type { Catalog } from './catalog.ts';
import { draftColumn } from './draft-column.ts';
import {
  type Features,
  type Reference,
  sameName,
  type Table,
  type TableDraft,
  type TableName,
} from './table.ts';

/** A kind of edge. An edge points from child to parent: seen from the child it has the name, from the parent the inverse. */
export interface EdgeType {
  readonly name: string;
  readonly inverse: string;
  /** How many edges of the type may leave one row. */
  readonly maxOutgoing?: number;
  /** How many edges of the type may arrive at one row. */
  readonly maxIncoming?: number;
  /** What dialects tell of the metadata of its edges. */
  readonly metadata?: JsonObject;
}

/** The rows of a table as the nodes of a graph. */
export interface Graph {
  readonly types: readonly EdgeType[];
  /** No loop of edges of one type. */
  readonly hierarchy: boolean;
  /** The column that refers to the row's parent, in place of an edge table. */
  readonly selfReference?: string;
  /** On an edge table, and only there: its rows are the edges of the table that `from_id` refers to. */
  readonly edges?: true;
}

/** Columns of an edge table that name its two ends. */
export const ends = { from: 'from_id', to: 'to_id' } as const;

/** The key of the row itself, beside the rows that edges lead to. */
const reservedName = 'data';

/** The name of the edge table of a table. */
function edgeTableName(table: string): string {
  return `${table}_edges`;
}

/** Whether the rows of a table are edges. */
export function isEdgeTable(table: Pick<TableDraft, 'graph'>): boolean {
  return table.graph?.edges === true;
}

/** The edge table of a table, if it has one. */
export function edgesOf(table: TableName, catalog: Catalog): Table | undefined {
  return catalog.tables.find(
    (other) => isEdgeTable(other) && other.references.some(({ target }) => sameName(target, table)),
  );
}

/** The edge table that a node table needs, as a definition of its own; undefined when it needs none. */
export function edgeDraft(table: TableDraft): TableDraft | undefined {
  const { graph, app, datasource, access, status } = table;
  if (!graph || graph.edges || graph.selfReference !== undefined) return undefined;
  const [key] = table.key;
  const type = table.columns.find(({ name }) => name === key)?.type;
  if (key === undefined || type === undefined) return undefined;
  const features: Features = {
    timestamps: true,
    softDelete: false,
    acl: access === 'acl' || access === 'lists',
    history: false,
  };
  const end = (name: string): Reference => ({
    name: '',
    columns: [name],
    target: { app, name: table.name },
    targetColumns: [key],
    onDelete: 'cascade',
    onUpdate: 'cascade',
  });
  return {
    app,
    name: edgeTableName(table.name),
    datasource,
    kind: 'table',
    provider: 'flat_table',
    access,
    status,
    features,
    freeze: false,
    sudo: false,
    columns: [
      draftColumn('id', { base: 'uuid' }, { required: true, default: { kind: 'uuid' } }),
      draftColumn(ends.from, type, { required: true }),
      draftColumn(ends.to, type, { required: true }),
      draftColumn(
        'type',
        { base: 'text' },
        {
          required: true,
          indexed: true,
          enum: graph.types.map(({ name }) => name),
        },
      ),
      draftColumn(
        'metadata',
        { base: 'jsonb' },
        {
          required: true,
          indexed: true,
          default: { kind: 'value', value: {} },
        },
      ),
      draftColumn('created_by_id', { base: 'text' }, { immutable: true }),
    ],
    key: ['id'],
    references: [end(ends.from), end(ends.to)],
    uniques: [{ name: 'edge', columns: [ends.from, ends.to, 'type'] }],
    graph: { types: graph.types, hierarchy: graph.hierarchy, edges: true },
    description: `Edges of ${table.name}`,
    ...(table.materialized === undefined ? {} : { materialized: table.materialized }),
  };
}

/** Refuses a graph that the table can't have. */
export function checkGraph(draft: TableDraft): void {
  const { graph, key, kind } = draft;
  if (!graph || graph.edges) return;
  if (kind !== 'table' || key.length !== 1) {
    refuse(draft, 'A graph needs a table with a primary key of one column', 'graph', 'key');
  }
  if (graph.types.length === 0)
    refuse(draft, 'A graph needs a type of edge', 'graph.types', 'types');
  const seen = new Set<string>();
  for (const [at, type] of graph.types.entries()) {
    const place = `graph.types.${at}`;
    for (const part of ['name', 'inverse'] as const)
      checkTypeName(draft, type[part], `${place}.${part}`);
    if (seen.has(type.name))
      refuse(draft, `Edge type '${type.name}' exists`, `${place}.name`, 'name');
    seen.add(type.name);
    for (const part of ['maxOutgoing', 'maxIncoming'] as const) {
      const most = type[part];
      if (most === undefined || (Number.isInteger(most) && most >= 1 && most < 2 ** 31)) continue;
      refuse(
        draft,
        'A number of edges is an integer from 1',
        `${place}.constraints`,
        'constraints',
      );
    }
  }
  checkSelfReference(draft, graph);
}

function checkTypeName(draft: TableDraft, name: string, place: string): void {
  const bytes = Buffer.byteLength(name);
  const fits = bytes > 0 && bytes <= 63 && isStorableText(name);
  if (!fits || name === reservedName || name.includes(',')) {
    refuse(draft, `'${name}' cannot be the name of an edge type`, place, 'name');
  }
}

function checkSelfReference(draft: TableDraft, graph: Graph): void {
  const { selfReference } = graph;
  if (selfReference === undefined) return;
  const place = 'graph.self_reference';
  const refers = draft.references.some(
    ({ columns, target, targetColumns }) =>
      columns.length === 1 &&
      columns[0] === selfReference &&
      sameName(target, draft) &&
      targetColumns[0] === draft.key[0],
  );
  if (!refers) {
    refuse(
      draft,
      `'${selfReference}' does not refer to the table's own key`,
      place,
      'self_reference',
    );
  }
  if (graph.types.length > 1) {
    refuse(draft, 'A column that refers to the parent makes edges of one type', place, 'types');
  }
}

function refuse(draft: TableDraft, message: string, field: string, reason: string): never {
  const detail: ErrorDetail = { field, table: draft.name, reason };
  throw new ServiceError('invalid_definition', message, detail);
}
