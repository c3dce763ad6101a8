import fc from 'fast-check';
import type { Pool } from 'pg';
import { draftColumn } from '../../control-plane/model/draft-column.ts';
import type { Graph } from '../../control-plane/model/graph.ts';
import type { TableDraft } from '../../control-plane/model/table.ts';
import type { OracleGraph } from './oracle-graph.ts';

/** A table of nodes with integer keys, a name and a column for a parent, in mode policy. */
export function personTable(
  name: string,
  graph: Graph | undefined,
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
      draftColumn(
        'id',
        { base: 'integer' },
        { required: true, identity: { start: 1000, increment: 1 } },
      ),
      draftColumn('name', { base: 'text' }),
      draftColumn('parent_id', { base: 'integer' }),
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
    ...(graph ? { graph } : {}),
    ...rest,
  };
}

/** Graphs of few nodes with many edges: loops, several edges between two nodes, and nodes hidden from the reader. */
export const randomGraph: fc.Arbitrary<OracleGraph> = fc
  .integer({ min: 2, max: 8 })
  .chain((count) => {
    const node = fc.integer({ min: 1, max: count });
    const edge = fc.record({
      from: node,
      to: node,
      type: fc.constantFrom('likes', 'knows'),
      weight: fc.option(
        fc.integer({ min: 0, max: 12 }).map((n) => n / 4),
        { nil: undefined },
      ),
    });
    return fc.record({
      count: fc.constant(count),
      hidden: fc.subarray(
        Array.from({ length: count }, (_, at) => at + 1),
        { maxLength: 2 },
      ),
      edges: fc.uniqueArray(edge, {
        maxLength: 14,
        selector: ({ from, to, type }) => `${from} ${to} ${type}`,
      }),
    });
  })
  .map(({ count, hidden, edges }) => ({
    nodes: Array.from({ length: count }, (_, at) => at + 1),
    hidden: new Set(hidden),
    edges: edges
      .filter(({ from, to }) => from !== to)
      .map(({ weight, ...edge }, at) => ({
        ...edge,
        id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
        ...(weight === undefined ? {} : { weight }),
      })),
  }));

/** Stores a graph in tables of mode acl, in place of what was there; hidden nodes carry the ACL given. */
export async function storeGraph(
  admin: Pool,
  schema: string,
  table: string,
  graph: OracleGraph,
  hiding: number,
): Promise<void> {
  const client = await admin.connect();
  try {
    await client.query('begin');
    await client.query(`set local search_path = "${schema}", public`);
    await client.query(`delete from ${table}`);
    await client.query(
      `insert into ${table} (id, name, _acl)
       select n, 'node ' || n, case when n = any ($2) then $3::integer else 0 end
       from unnest($1::integer[]) as n`,
      [graph.nodes, [...graph.hidden], hiding],
    );
    await client.query(
      `insert into ${table}_edges (id, from_id, to_id, type, metadata)
       select (e ->> 'id')::uuid, (e ->> 'from')::integer, (e ->> 'to')::integer, e ->> 'type',
         case when e ? 'weight' then jsonb_build_object('weight', e -> 'weight') else '{}' end
       from jsonb_array_elements($1::jsonb) as e`,
      [JSON.stringify(graph.edges)],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
