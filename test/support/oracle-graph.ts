/** What traversals must answer, by enumeration: written without looking at how they are done. */

export interface OracleEdge {
  readonly id: string;
  /** The child. */
  readonly from: number;
  /** The parent. */
  readonly to: number;
  readonly type: string;
  readonly weight?: number;
}

export interface OracleGraph {
  readonly nodes: readonly number[];
  readonly hidden: ReadonlySet<number>;
  readonly edges: readonly OracleEdge[];
}

export type OracleDirection = 'descendants' | 'ancestors' | 'both';

export interface OracleStep {
  readonly far: number;
  readonly type: string;
  readonly outgoing: boolean;
  readonly edge: OracleEdge;
}

/** How a traversal goes. */
export interface OracleWay {
  readonly direction: OracleDirection;
  readonly depth: number;
  readonly types?: readonly string[];
  readonly order: 'breadth' | 'depth';
}

export interface OracleRow {
  readonly key: number;
  readonly depth: number;
  readonly type: string;
  readonly outgoing: boolean;
}

export interface OracleTree {
  readonly key: number;
  readonly depth: number;
  readonly type?: string;
  readonly children: readonly OracleTree[];
}

export const seesNode = (graph: OracleGraph, key: number): boolean =>
  graph.nodes.includes(key) && !graph.hidden.has(key);

/** Steps from a node, by far key, type and way. */
export function stepsFrom(graph: OracleGraph, node: number, way: OracleWay): OracleStep[] {
  const steps: OracleStep[] = [];
  for (const edge of graph.edges) {
    if (!seesNode(graph, edge.from) || !seesNode(graph, edge.to)) continue;
    if (way.types && !way.types.includes(edge.type)) continue;
    if (way.direction !== 'descendants' && edge.from === node) {
      steps.push({ far: edge.to, type: edge.type, outgoing: true, edge });
    }
    if (way.direction !== 'ancestors' && edge.to === node) {
      steps.push({ far: edge.from, type: edge.type, outgoing: false, edge });
    }
  }
  return steps.sort(
    (a, b) => a.far - b.far || compare(a.type, b.type) || Number(a.outgoing) - Number(b.outgoing),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Every walk that meets no node twice, as the keys it passes and the last step. */
function* simplePaths(
  graph: OracleGraph,
  way: OracleWay,
  path: readonly number[],
): Generator<{ readonly path: readonly number[]; readonly step: OracleStep }> {
  if (path.length > way.depth) return;
  for (const step of stepsFrom(graph, path.at(-1) ?? 0, way)) {
    if (path.includes(step.far)) continue;
    const next = [...path, step.far];
    yield { path: next, step };
    yield* simplePaths(graph, way, next);
  }
}

/** Least distances from the nearest of the roots. */
export function distances(
  graph: OracleGraph,
  roots: readonly number[],
  way: OracleWay,
): ReadonlyMap<number, number> {
  const sources = roots.filter((root) => seesNode(graph, root));
  const found = new Map(sources.map((root) => [root, 0]));
  for (const root of sources) {
    for (const { path, step } of simplePaths(graph, way, [root])) {
      const known = found.get(step.far) ?? Number.POSITIVE_INFINITY;
      found.set(step.far, Math.min(known, path.length - 1));
    }
  }
  return found;
}

/** Rows reached from one root, in order: each at its least distance, by every type and way that leads there. */
export function flat(graph: OracleGraph, root: number, way: OracleWay): OracleRow[] {
  const least = distances(graph, [root], way);
  const best = new Map<number, readonly number[]>();
  const rows = new Map<string, OracleRow>();
  for (const { path, step } of simplePaths(graph, way, [root])) {
    const depth = path.length - 1;
    if (least.get(step.far) !== depth || step.far === root) continue;
    const known = best.get(step.far);
    if (!known || comparePaths(path, known) < 0) best.set(step.far, path);
    const { far: key, type, outgoing } = step;
    rows.set(`${key} ${type} ${outgoing}`, { key, depth, type, outgoing });
  }
  return [...rows.values()].sort((a, b) => {
    const by =
      way.order === 'breadth'
        ? a.depth - b.depth || a.key - b.key
        : comparePaths(best.get(a.key) ?? [], best.get(b.key) ?? []);
    return by || compare(a.type, b.type) || Number(a.outgoing) - Number(b.outgoing);
  });
}

function comparePaths(a: readonly number[], b: readonly number[]): number {
  for (const [at, key] of a.entries()) {
    const other = b[at];
    if (other === undefined) return 1;
    if (key !== other) return key - other;
  }
  return a.length - b.length;
}

export function tree(
  graph: OracleGraph,
  way: OracleWay,
  path: readonly number[],
  type?: string,
): OracleTree {
  const key = path.at(-1) ?? 0;
  const children =
    path.length > way.depth
      ? []
      : stepsFrom(graph, key, way)
          .filter(({ far }) => !path.includes(far))
          .map((step) => tree(graph, way, [...path, step.far], step.type));
  return { key, depth: path.length - 1, ...(type === undefined ? {} : { type }), children };
}

/** Nodes of trees. */
export function size({ children }: OracleTree): number {
  return children.reduce((sum, child) => sum + size(child), 1);
}

/** Ids of the edges followed: those of nodes that are not as deep as the traversal goes. */
export function followed(graph: OracleGraph, roots: readonly number[], way: OracleWay): string[] {
  const ids = new Set<string>();
  for (const [node, distance] of distances(graph, roots, way)) {
    if (distance >= way.depth) continue;
    for (const { edge } of stepsFrom(graph, node, way)) ids.add(edge.id);
  }
  return [...ids].sort();
}

/** Costs of the cheapest ways between all pairs (Floyd and Warshall); `weight` false: every edge costs 1. */
export function costs(
  graph: OracleGraph,
  way: OracleWay,
  weight: boolean,
): (from: number, to: number) => number | undefined {
  const cost = new Map<string, number>();
  const visible = graph.nodes.filter((key) => seesNode(graph, key));
  const at = (from: number, to: number): number =>
    cost.get(`${from} ${to}`) ?? Number.POSITIVE_INFINITY;
  for (const node of visible) {
    cost.set(`${node} ${node}`, 0);
    for (const { far, edge } of stepsFrom(graph, node, way)) {
      const each = weight ? (edge.weight ?? 1) : 1;
      cost.set(`${node} ${far}`, Math.min(at(node, far), each));
    }
  }
  for (const by of visible)
    for (const from of visible)
      for (const to of visible) {
        const sum = at(from, by) + at(by, to);
        if (sum < at(from, to)) cost.set(`${from} ${to}`, sum);
      }
  return (from, to) => cost.get(`${from} ${to}`);
}
