import { expect, test } from 'vitest';
import { policies } from '../../../control-plane/compile/policy.ts';
import type { Graph } from '../../../control-plane/model/graph.ts';
import type { Table } from '../../../control-plane/model/table.ts';
import { changeEdges } from '../../../control-plane/service/edge-table.ts';
import { catalogOf, column, table } from './samples.ts';

const graph: Graph = { types: [{ name: 'parent', inverse: 'children' }], hierarchy: false };
const none = { timestamps: false, softDelete: false, acl: false, history: false };

function nodes(more: Partial<Table> = {}): Table {
  return table('people', [column('name')], {
    access: 'policy',
    features: none,
    graph,
    id: 1,
    ...more,
  });
}

function edgesOf(of: Table): Table {
  const { made } = changeEdges(of, catalogOf(), catalogOf(of), 1);
  if (!made) throw new Error('no edges');
  return made;
}

const select = (of: Table): string => {
  const edges = edgesOf(of);
  const found = policies(edges, catalogOf(of, edges)).find(({ name }) => name === '_select');
  return found?.create.join() ?? '';
};

test('where nodes are hidden one by one, both ends of an edge are looked up', () => {
  const hiding = [
    nodes({ features: { ...none, softDelete: true } }),
    nodes({ features: { ...none, acl: true } }),
    nodes({ access: 'acl', features: { ...none, acl: true } }),
    nodes({ features: { ...none, mark: 'name' } }),
  ];
  for (const of of hiding) expect(select(of).match(/exists/g)).toHaveLength(2);
});

test('where one condition holds for all nodes, it is that of the edges too', () => {
  expect(select(nodes())).not.toContain('exists');
  expect(select(nodes({ access: 'grants' }))).not.toContain('exists');
});

test('a feature that hides nodes changes the policies of their edges', () => {
  const [before, after] = [nodes(), nodes({ features: { ...none, softDelete: true } })];
  const edges = edgesOf(before);
  const { steps } = changeEdges(after, catalogOf(before, edges), catalogOf(after, edges), 2);
  expect(steps.flatMap(({ forward }) => forward).join()).toContain('exists');
  expect(changeEdges(before, catalogOf(before, edges), catalogOf(before, edges), 2).steps).toEqual(
    [],
  );
});
