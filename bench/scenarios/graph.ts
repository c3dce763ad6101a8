import pg from 'pg';
import { claimsOf, type Principal } from '../../control-plane/model/principal.ts';
import { type Bench, person } from '../environment.ts';
import { alternate, type Contender, median, type Outcome, timed } from '../measure.ts';
import type { Report, Scenario } from '../scenario.ts';
import { seedTenant } from '../seed.ts';
import { figure, type ResultTable, times } from '../table.ts';

/** Targets of edges: `power` few rows have most of them, `random` all alike. */
const shapes = { power: 'power(random(), 4)', random: 'random()' } as const;

type ShapeName = keyof typeof shapes;

/** Traversals in Postgres against a recursive query and a graph that Node holds in memory, with and without row policies. */
export const graph: Scenario = async (bench) => {
  const nodes = bench.quick ? 2_000 : 200_000;
  const edges = nodes * 5;
  const root = await seedTenant(bench, 'graph');
  const schema = `t_${root.tenant ?? ''}`;
  const clerk = person(root.tenant ?? '', 'clerk');
  const tables: ResultTable[] = [];
  const goals: NonNullable<Report['goals']>[number][] = [];
  await bench.request(root, 'PATCH', '/api/apps/default/settings/', {
    default_policy: 'authenticated',
  });
  for (const shape of Object.keys(shapes) as ShapeName[]) {
    await seedGraph(bench, root, schema, shape, nodes, edges);
    const sides = await openSides(bench, schema, clerk);
    try {
      const reach = await raceReach(bench, sides, schema, shape, nodes);
      tables.push(reach.table);
      goals.push(...reach.goals);
      const path = await racePaths(bench, sides, schema, shape, nodes);
      tables.push(path.table);
      goals.push(...path.goals);
      await storeRule(bench, root, shape);
      const ruled = await raceRule(sides, schema, shape, bench.quick ? 3 : 5);
      tables.push(...ruled.tables);
      goals.push(...ruled.goals);
    } finally {
      await sides.plain.end();
      await sides.policy.end();
    }
  }
  return {
    tables,
    goals,
    notes: [
      `${figure(nodes)} nodes, ${figure(edges)} edges a graph, keys integer; downwards from the node with the most children`,
      'policy: mode policy, the caller may read by the setting of the app: a condition that is one for all rows',
    ],
  };
};

async function seedGraph(
  bench: Bench,
  root: Principal,
  schema: string,
  shape: ShapeName,
  nodes: number,
  edges: number,
): Promise<void> {
  await bench.request(root, 'POST', '/api/apps/default/datatables/', {
    name: shape,
    json_schema: {
      fields: [
        { name: 'id', type: 'integer' },
        { name: 'name', type: 'string' },
      ],
      primaryKey: 'id',
      graph: { types: [{ name: 'follows', inverse: 'followers' }] },
    },
  });
  const client = await bench.admin.connect();
  try {
    // Rows as they are needed: keys are known to be there.
    await client.query('begin; set local session_replication_role = replica; select setseed(.42)');
    await client.query(
      `insert into "${schema}".${shape} (id, name) select n, 'node ' || n from generate_series(1, ${nodes}) as n`,
    );
    await client.query(
      `insert into "${schema}".${shape}_edges (from_id, to_id, type)
       select e.child, e.parent, 'follows' from (
         select 1 + floor(random() * ${nodes})::integer as child, 1 + floor(${nodes} * ${shapes[shape]})::integer as parent
         from generate_series(1, ${edges})) as e
       where e.child <> e.parent
       on conflict do nothing`,
    );
    await client.query('commit');
    await client.query(`vacuum analyze "${schema}".${shape}, "${schema}".${shape}_edges`);
  } finally {
    client.release();
  }
}

/** The same statements past every policy, and as a caller. */
interface Sides {
  readonly plain: pg.Client;
  readonly policy: pg.Client;
}

async function openSides(bench: Bench, schema: string, caller: Principal): Promise<Sides> {
  const tenant = schema.slice('t_'.length);
  const { rows } = await bench.admin.query<{ version: string }>(
    'select version from control.tenants where slug = $1',
    [tenant],
  );
  const plain = new pg.Client({ connectionString: bench.admin.options.connectionString ?? '' });
  const policy = new pg.Client({ connectionString: bench.gatewayUrl });
  await Promise.all([plain.connect(), policy.connect()]);
  await policy.query('begin');
  await policy.query("select rowhouse.enter($1, $2, $3, 'live', 'edit')", [
    tenant,
    rows[0]?.version,
    JSON.stringify(claimsOf(caller, 'bench')),
  ]);
  return { plain, policy };
}

function told(schema: string, shape: ShapeName): string {
  return JSON.stringify({
    nodes: `"${schema}".${shape}`,
    key: 'id',
    edges: `"${schema}".${shape}_edges`,
  });
}

interface Race {
  readonly table: ResultTable;
  readonly goals: NonNullable<Report['goals']>;
}

async function raceReach(
  bench: Bench,
  { plain, policy }: Sides,
  schema: string,
  shape: ShapeName,
  nodes: number,
): Promise<Race> {
  const found = await plain.query<{ to_id: number }>(
    `select to_id from "${schema}".${shape}_edges group by to_id order by count(*) desc limit 1`,
  );
  const hub = found.rows[0]?.to_id ?? 1;
  const memory = await inMemory(plain, schema, shape, nodes);
  const reached = breadthFirst(memory, hub, 6);
  const call = 'select count(*) from rowhouse.reach($1, array[$2::int], $3, 6, null, 10000000)';
  const values = [told(schema, shape), hub, 'descendants'];
  const recursive = `with recursive r (node, depth) as (
      select $1::int, 0 union select e.from_id, r.depth + 1
      from r join "${schema}".${shape}_edges as e on e.to_id = r.node where r.depth < 6)
    select count(distinct node) from r`;
  const check = async (client: pg.Client, text: string, params: readonly unknown[]) => {
    const { rows } = await client.query<{ count: string }>(text, [...params]);
    if (Number(rows[0]?.count) !== reached) throw new Error(`${shape}: not the same nodes`);
  };
  const outcomes = await alternate(
    [
      {
        name: 'with recursive',
        round: () => timed(() => check(plain, recursive, [hub])),
      },
      { name: 'reach', round: () => timed(() => check(plain, call, values)) },
      { name: 'reach under policies', round: () => timed(() => check(policy, call, values)) },
      {
        name: 'in the memory of Node',
        round: () => timed(async () => breadthFirst(memory, hub, 6)),
      },
    ],
    bench.quick ? 3 : 5,
  );
  const [, ours, guarded, held] = outcomes;
  const perHeld = (ours?.median ?? Number.NaN) / (held?.median ?? Number.NaN);
  const cost = ratioOf(guarded, ours);
  const goals = [
    { text: `${shape}: at most 30× a graph in memory (${times(perHeld)})`, met: perHeld <= 30 },
    { text: `${shape}: policies cost at most 1.5× (${times(cost)})`, met: cost <= 1.5 },
    ...(shape === 'power'
      ? [
          {
            text: `power: at most .12× the recursive query (${times(ours?.ratio ?? Number.NaN)})`,
            met: (ours?.ratio ?? Number.NaN) <= 0.12,
          },
        ]
      : []),
  ];
  const title = `Breadth first, depth 6, ${figure(reached)} nodes reached (${shape})`;
  return { table: tableOf(title, outcomes), goals };
}

/** From here on what may be read depends on the row. */
async function storeRule(bench: Bench, root: Principal, shape: ShapeName): Promise<void> {
  await bench.request(root, 'POST', '/api/apps/default/policies/', {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      resource: `datatable:${shape}`,
      version: 'default',
      rules: [
        {
          actions: ['read'],
          effect: 'EFFECT_ALLOW',
          roles: ['*'],
          condition: { match: { expr: 'R.attr.name != "nobody"' } },
        },
      ],
    },
  });
}

/** Traversal and paths where a rule asks for a column of every node; it hides none, so that both sides do the same work. */
async function raceRule(
  { plain, policy }: Sides,
  schema: string,
  shape: ShapeName,
  rounds: number,
): Promise<{ readonly tables: readonly ResultTable[]; readonly goals: Race['goals'] }> {
  const { rows } = await plain.query<{ to_id: number }>(
    `select to_id from "${schema}".${shape}_edges group by to_id order by count(*) desc limit 1`,
  );
  const hub = rows[0]?.to_id ?? 1;
  const reach = (client: pg.Client) => (): Promise<number> =>
    timed(() =>
      client.query(
        'select count(*) from rowhouse.reach($1, array[$2::int], $3, 6, null, 10000000)',
        [told(schema, shape), hub, 'descendants'],
      ),
    );
  const outcomes = await alternate(
    [
      { name: 'reach', round: reach(plain) },
      { name: 'reach under a rule on a column', round: reach(policy) },
    ],
    rounds,
  );
  const cost = ratioOf(outcomes[1], outcomes[0]);
  return {
    tables: [
      tableOf(`Breadth first, depth 6, a rule asks for a column of each node (${shape})`, outcomes),
    ],
    goals: [
      {
        text: `${shape}: a rule on a column costs at most 1.5× (${times(cost)})`,
        met: cost <= 1.5,
      },
    ],
  };
}

function ratioOf(one: Outcome | undefined, other: Outcome | undefined): number {
  const pairs = one?.figures.map((value, at) => value / (other?.figures[at] ?? Number.NaN)) ?? [];
  return median(pairs);
}

async function racePaths(
  bench: Bench,
  { plain, policy }: Sides,
  schema: string,
  shape: ShapeName,
  nodes: number,
): Promise<Race> {
  const pairs = Array.from({ length: bench.quick ? 10 : 40 }, (_, at) => [
    1 + ((at * 7919) % nodes),
    1 + ((at * 104_729 + 13) % nodes),
  ]);
  const shortest =
    'select count(*) from rowhouse.path($1, $2::int[], $3, 100, null, null, 10000000)';
  const walk = (client: pg.Client) => async (): Promise<number> => {
    const taken: number[] = [];
    for (const pair of pairs) {
      const values = [told(schema, shape), pair, 'ancestors'];
      taken.push(await timed(() => client.query(shortest, values)));
    }
    return median(taken);
  };
  const contenders: readonly Contender[] = [
    { name: 'shortest path', round: walk(plain) },
    { name: 'under policies', round: walk(policy) },
  ];
  const outcomes = await alternate(contenders, bench.quick ? 3 : 5);
  const [ours] = outcomes;
  const middle = ours?.median ?? Number.NaN;
  return {
    table: tableOf(
      `Shortest path between ${pairs.length} pairs, median of a pair (${shape})`,
      outcomes,
    ),
    goals: [
      {
        text: `${shape}: a shortest path in at most 10 ms (${figure(middle)} ms)`,
        met: middle <= 10,
      },
    ],
  };
}

function tableOf(title: string, outcomes: readonly Outcome[]): ResultTable {
  return {
    title,
    headers: ['how', 'ms', 'ratio', 'lowest … highest'],
    rows: outcomes.map(({ name, median: middle, ratio, lowest, highest }) => [
      name,
      figure(middle),
      times(ratio),
      `${times(lowest)} … ${times(highest)}`,
    ]),
  };
}

/** Children of every node, one after the other in `children` from `starts[node]`. */
interface Memory {
  readonly starts: Int32Array;
  readonly children: Int32Array;
}

async function inMemory(
  client: pg.Client,
  schema: string,
  shape: ShapeName,
  nodes: number,
): Promise<Memory> {
  const { rows } = await client.query<[number, number]>({
    text: `select to_id, from_id from "${schema}".${shape}_edges order by to_id`,
    rowMode: 'array',
  });
  const starts = new Int32Array(nodes + 2);
  for (const [parent] of rows) starts[parent + 1] = (starts[parent + 1] ?? 0) + 1;
  for (let at = 1; at < starts.length; at++) {
    starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0);
  }
  return { starts, children: Int32Array.from(rows, ([, child]) => child) };
}

/** How many nodes lie within so many levels below one. */
function breadthFirst({ starts, children }: Memory, root: number, depth: number): number {
  const seen = new Uint8Array(starts.length);
  seen[root] = 1;
  let frontier = [root];
  let count = 1;
  for (let level = 0; level < depth; level++) {
    const next: number[] = [];
    for (const node of frontier) {
      for (let at = starts[node] ?? 0; at < (starts[node + 1] ?? 0); at++) {
        const child = children[at] ?? 0;
        if (seen[child] === 1) continue;
        seen[child] = 1;
        next.push(child);
      }
    }
    count += next.length;
    frontier = next;
  }
  return count;
}
