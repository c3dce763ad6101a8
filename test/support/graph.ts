import type { ColumnType } from '../../control-plane/base/types.ts';
import type { Graph } from '../../control-plane/model/graph.ts';
import type { Column, TableDraft } from '../../control-plane/model/table.ts';

function column(name: string, type: ColumnType, rules: Partial<Column> = {}): Column {
  return {
    id: '',
    name,
    type,
    required: false,
    unique: false,
    indexed: false,
    searchable: false,
    immutable: false,
    sudo: false,
    tracked: false,
    createdAt: '',
    updatedAt: '',
    ...rules,
  };
}

/** A table of nodes with integer keys, a name and a column for a parent, in mode policy. */
export function personTable(
  name: string,
  graph: Graph,
  rest: Partial<TableDraft> = {},
): TableDraft {
  return {
    app: 'default',
    name,
    datasource: 'default',
    kind: 'table',
    provider: 'flat_table',
    access: 'policy',
    status: 'active',
    features: { timestamps: false, softDelete: false, acl: false, history: false },
    freeze: false,
    sudo: false,
    columns: [
      column(
        'id',
        { base: 'integer' },
        { required: true, identity: { start: 1000, increment: 1 } },
      ),
      column('name', { base: 'text' }),
      column('parent_id', { base: 'integer' }),
    ],
    key: ['id'],
    references: [
      {
        name: '',
        columns: ['parent_id'],
        target: { app: 'default', name },
        targetColumns: ['id'],
        onDelete: 'cascade',
        onUpdate: 'no action',
      },
    ],
    graph,
    ...rest,
  };
}
