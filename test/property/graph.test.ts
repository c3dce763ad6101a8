import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Direction, Path, Traverse } from '../../control-plane/statement/traverse.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTenantWith } from '../support/definer.ts';
import { executorOf, type Run } from '../support/executor.ts';
import { personTable, randomGraph, storeGraph } from '../support/graph.ts';
import {
  costs,
  distances,
  flat,
  followed,
  type OracleGraph,
  type OracleTree,
  type OracleWay,
  seesNode,
  size,
  tree,
} from '../support/oracle-graph.ts';
import { principal } from '../support/principal.ts';
import { bounded } from '../support/seeded.ts';
import { asGateway } from '../support/sql.ts';

const people = { app: 'default', name: 'people' };
const types = [
  { name: 'likes', inverse: 'liked_by' },
  { name: 'knows', inverse: 'knows' },
];
const output = {
  items: [{ kind: 'column', name: 'id' }],
  format: { numbers: 'plain', times: 'trimmed' },
} as const;
const keys = { row: 'data', depth: '_depth', type: '_relationship_type', children: 'children' };

let database: TestDatabase;
let tenant: string;
let reader: Principal;
let run: Run;
/** The number of the ACL that denies the reader. */
let hiding: number;

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('graphs');
  await createTenantWith(database, tenant, [
    personTable(
      'people',
      { types, hierarchy: false },
      {
        access: 'acl',
        features: { timestamps: false, softDelete: false, acl: true, history: false },
      },
    ),
  ]);
  reader = principal(tenant, 'reader', { access: 'read' });
  run = await executorOf(database, tenant);
  const root = principal(tenant, 'root', { access: 'root' });
  hiding = await asGateway(
    database,
    root,
    async (client) =>
      Number(
        (await client.query(`select "t_${tenant}".acl(deny => array['reader']) as id`)).rows[0].id,
      ),
    { commit: true },
  );
});

const ways: readonly OracleWay[] = (['descendants', 'ancestors', 'both'] as const).flatMap(
  (direction) =>
    (
      [
        [1, 'breadth'],
        [2, 'depth'],
        [3, 'breadth'],
        [10, 'depth'],
      ] as const
    ).flatMap(([depth, order]) =>
      [undefined, ['likes']].map((asked) => ({
        direction,
        depth,
        order,
        ...(asked ? { types: asked } : {}),
      })),
    ),
);

function traverse(form: Traverse['form'], roots: Traverse['roots'], way: OracleWay): Traverse {
  return {
    kind: 'traverse',
    table: people,
    roots,
    form,
    ...way,
    keys,
    output,
    show: 'live',
    most: 10_000,
  };
}

const all = { by: 'where', order: [], limit: 100, offset: 0 } as const;
const one = (key: number) => ({ by: 'key', key: String(key) }) as const;

async function forEachGraph(check: (graph: OracleGraph) => Promise<void>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(randomGraph, async (graph) => {
      await storeGraph(database.admin, `t_${tenant}`, 'people', graph, hiding);
      await check(graph);
    }),
    bounded(12, 20),
  );
}

const visible = (graph: OracleGraph) => graph.nodes.filter((key) => seesNode(graph, key));

interface Reached {
  readonly id: number;
  readonly _depth: number;
  readonly _relationship_type: string;
}

/** What a flat answer of one root must be. */
function flatObject(graph: OracleGraph, root: number, way: OracleWay): Record<string, unknown> {
  const object: Record<string, unknown> = { data: { id: root } };
  const rows = flat(graph, root, way);
  for (const { name, inverse } of types) {
    if (way.types && !way.types.includes(name)) continue;
    if (way.direction !== 'ancestors') object[inverse] ??= [];
    if (way.direction !== 'descendants') object[name] ??= [];
  }
  for (const { key, depth, type, outgoing } of rows) {
    const found = types.find(({ name }) => name === type);
    const list = object[(outgoing ? found?.name : found?.inverse) ?? ''] as Reached[];
    list.push({ id: key, _depth: depth, _relationship_type: type });
  }
  return object;
}

function treeObject({ key, depth, type, children }: OracleTree): Record<string, unknown> {
  return {
    id: key,
    _depth: depth,
    ...(type === undefined ? {} : { _relationship_type: type }),
    children: children.map(treeObject),
  };
}

describe('traversals of random graphs', () => {
  test('flat: every row reached, once a type, under its name', async () => {
    await forEachGraph(async (graph) => {
      for (const way of ways) {
        const { rows, count, total } = await run(reader, traverse('flat', all, way));
        expect(JSON.parse(rows)).toEqual(
          visible(graph).map((root) => flatObject(graph, root, way)),
        );
        expect([count, total]).toEqual([visible(graph).length, visible(graph).length]);
      }
    });
  });

  test('tree: every path that meets no row twice', async () => {
    await forEachGraph(async (graph) => {
      for (const way of ways) {
        const { rows, matched } = await run(reader, traverse('tree', all, way));
        const trees = visible(graph).map((root) => tree(graph, way, [root]));
        expect(JSON.parse(rows)).toEqual(trees.map(treeObject));
        expect(matched).toBe(trees.reduce((sum, each) => sum + size(each), 0));
      }
    });
  });

  test('graph: every row once, and the edges followed', async () => {
    await forEachGraph(async (graph) => {
      const [root] = visible(graph);
      if (root === undefined) return;
      for (const way of ways) {
        for (const roots of [one(root), all]) {
          const sources = roots === all ? visible(graph) : [root];
          const { rows, matched } = await run(reader, traverse('graph', roots, way));
          const [found] = JSON.parse(rows);
          const least = distances(graph, sources, way);
          const ids = found.nodes.map(({ id }: Reached) => id);
          if (way.order === 'breadth') {
            expect(ids).toEqual(
              [...least].sort((a, b) => a[1] - b[1] || a[0] - b[0]).map(([key]) => key),
            );
          } else if (roots !== all) {
            const order = flat(graph, root, way).map(({ key }) => key);
            expect(ids).toEqual([root, ...new Set(order)]);
          } else {
            expect([...ids].sort()).toEqual([...least.keys()].sort());
          }
          expect(matched).toBe(least.size);
          expect(found.edges.map(({ id }: { id: string }) => id).sort()).toEqual(
            followed(graph, sources, way),
          );
        }
      }
    });
  });

  test('a hidden root is no row', async () => {
    await forEachGraph(async (graph) => {
      const [hidden] = graph.hidden;
      const [way] = ways;
      if (hidden === undefined || way === undefined) return;
      for (const form of ['flat', 'tree', 'graph'] as const) {
        await expect(run(reader, traverse(form, one(hidden), way))).rejects.toMatchObject({
          kind: 'row_not_found',
        });
      }
    });
  });
});

describe('paths in random graphs', () => {
  async function checkPaths(weight?: string): Promise<void> {
    await forEachGraph(async (graph) => {
      const nodes = visible(graph);
      for (const direction of ['ancestors', 'descendants', 'both'] as const) {
        const way: OracleWay = { direction, depth: 100, order: 'breadth' };
        const cost = costs(graph, way, weight !== undefined);
        for (const from of nodes.slice(0, 3)) {
          for (const to of nodes) {
            const statement: Path = {
              kind: 'path',
              table: people,
              from: String(from),
              to: String(to),
              direction,
              depth: 100,
              ...(weight === undefined ? {} : { weight }),
              output,
              show: 'live',
              most: 10_000,
            };
            const [found] = JSON.parse((await run(reader, statement)).rows);
            checkPath(graph, direction, from, to, found, cost(from, to), weight !== undefined);
          }
        }
      }
    });
  }

  test('a shortest one', () => checkPaths());
  test('a cheapest one', () => checkPaths('weight'));

  test('no longer than allowed', async () => {
    await forEachGraph(async (graph) => {
      const [from] = visible(graph);
      if (from === undefined) return;
      for (const to of visible(graph)) {
        for (const depth of [1, 2, 3]) {
          const length = costs(
            graph,
            { direction: 'both', depth, order: 'breadth' },
            false,
          )(from, to);
          for (const weight of [undefined, 'weight']) {
            const statement: Path = {
              kind: 'path',
              table: people,
              from: String(from),
              to: String(to),
              direction: 'both',
              depth,
              ...(weight === undefined ? {} : { weight }),
              output,
              show: 'live',
              most: 10_000,
            };
            const [found] = JSON.parse((await run(reader, statement)).rows);
            const reachable = length !== undefined && length <= depth;
            expect(found.path !== null).toBe(reachable);
            if (reachable && weight === undefined) expect(found.length).toBe(length);
            if (reachable) expect(found.length).toBeLessThanOrEqual(depth);
          }
        }
      }
    });
  });
});

/** A path is right when its edges are there, join its rows one by one, and cost what the oracle says. */
function checkPath(
  graph: OracleGraph,
  direction: Direction,
  from: number,
  to: number,
  found: {
    path: { id: number }[] | null;
    edges: { id: string }[];
    length: number | null;
    cost?: number | null;
  },
  expected: number | undefined,
  weighted: boolean,
): void {
  if (expected === undefined) {
    expect(found).toEqual({
      path: null,
      edges: [],
      length: null,
      ...(weighted ? { cost: null } : {}),
    });
    return;
  }
  const keys = (found.path ?? []).map(({ id }) => id);
  expect([keys[0], keys.at(-1)]).toEqual([from, to]);
  expect(new Set(keys).size).toBe(keys.length);
  expect(found.length).toBe(keys.length - 1);
  expect(found.edges.length).toBe(keys.length - 1);
  let cost = 0;
  found.edges.forEach(({ id }, at) => {
    const edge = graph.edges.find((each) => each.id === id);
    const [near, far] = [keys[at], keys[at + 1]];
    const along = edge?.from === near && edge?.to === far && direction !== 'descendants';
    const against = edge?.to === near && edge?.from === far && direction !== 'ancestors';
    expect(along || against).toBe(true);
    cost += weighted ? (edge?.weight ?? 1) : 1;
  });
  expect(cost).toBeCloseTo(expected, 9);
  if (weighted) expect(found.cost).toBeCloseTo(expected, 9);
  else expect(found).not.toHaveProperty('cost');
}

describe('the same in SQL', () => {
  test('graph_reach, tree_descendants, tree_ancestors, graph_path and conditions on rows', async () => {
    await forEachGraph(async (graph) => {
      await asGateway(database, reader, async (client) => {
        const schema = `"t_${tenant}"`;
        for (const root of graph.nodes) {
          for (const direction of ['descendants', 'ancestors', 'both'] as const) {
            const way: OracleWay = { direction, depth: 100, order: 'breadth' };
            const least = [...distances(graph, [root], way)].sort(
              (a, b) => a[1] - b[1] || a[0] - b[0],
            );
            const told = least.map(([key, distance]) => ({ key: String(key), distance }));
            const reach = await client.query(
              `select * from ${schema}.graph_reach('people', $1, $2)`,
              [String(root), direction],
            );
            expect(reach.rows).toEqual(told);
            if (direction === 'both') continue;
            const below = await client.query(
              `select * from ${schema}.tree_${direction}('people', $1)`,
              [String(root)],
            );
            expect(below.rows).toEqual(told.slice(1));
            const { rows } = await run(reader, {
              kind: 'read',
              table: people,
              where: { kind: 'reach', direction, column: 'id', key: root },
              output,
              show: 'live',
              cap: 100,
            });
            expect(JSON.parse(rows).map(({ id }: { id: number }) => id)).toEqual(
              least
                .slice(1)
                .map(([key]) => key)
                .sort((a, b) => a - b),
            );
          }
          const cost = costs(graph, { direction: 'ancestors', depth: 100, order: 'breadth' }, true);
          const target = graph.nodes.at(-1) ?? 0;
          const path = await client.query(
            `select * from ${schema}.graph_path('people', $1, $2, weight => 'weight')`,
            [String(root), String(target)],
          );
          const expected = seesNode(graph, root) ? cost(root, target) : undefined;
          expect(path.rows.length > 0).toBe(expected !== undefined);
          if (expected !== undefined)
            expect(Number(path.rows.at(-1).cost)).toBeCloseTo(expected, 9);
        }
      });
    });
  });
});
