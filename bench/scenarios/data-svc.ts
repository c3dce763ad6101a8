import type pg from 'pg';
import type { Principal } from '../../control-plane/model/principal.ts';
import { type Bench, person } from '../environment.ts';
import { rate, timed } from '../measure.ts';
import { catalogOf, planRequest } from '../same-sql.ts';
import type { Report, Scenario } from '../scenario.ts';
import { acls, seedTenant, shares, storeVerdicts } from '../seed.ts';
import { connect, enter, race } from '../side.ts';
import { figure, type ResultTable, times } from '../table.ts';

/** How near to SQL written by hand a query must come. */
const goal = 0.8;

const where = (field: string, value: number) => ({
  filters: [{ fields: [field], op: 'equals', valuesJson: `[${value}]` }],
});

/** What a caller asks, and the same by hand: `$1` are the caller's names among the readers. */
const questions = [
  { what: 'first 20 by id', query: { limit: 20 }, condition: '', order: ' order by id limit 20' },
  {
    what: 'a data key, 100 objects have it',
    query: { ...where('some', 7), limit: 100 },
    condition: ` and data @> '{"some": 7}'`,
    order: ' order by id limit 100',
  },
] as const;

/** Objects with access lists: queries of callers who see little or half, bulk upserts, and writers of one object. */
export const dataSvc: Scenario = async (bench) => {
  const size = bench.quick ? 10_000 : 1_000_000;
  const admin = await seedTenant(bench, 'objects');
  const tenant = admin.tenant ?? '';
  await seed(bench, tenant, size);
  const queries = await compareQueries(bench, tenant, size);
  const bulk = await compareBulk(bench, tenant);
  const writers = await compareWriters(bench, tenant);
  return {
    tables: [queries.shown, bulk, writers.shown],
    goals: [...queries.goals, ...writers.goals],
    notes: [
      'by hand: the same JSON from a table without policies, the readers of each row in an array of its own; GIN on readers, GIN on data, B-tree on id. Gathered: the same, readable rows found first and sorted then; speed is that of the better of the two. Sequential: that SQL with indexes forbidden',
    ],
  };
};

/** Objects as they would stand after years of use, lists spread evenly; and beside them the table of whom writes SQL by hand. */
async function seed(bench: Bench, tenant: string, size: number): Promise<void> {
  const first = { id: 'things_', table: 'things' };
  const admin = person(tenant, 'admin');
  await bench.request(admin, 'POST', '/data-svc/object', { object: { ...first, id: 'things_x' } });
  const members = shares
    .map(({ share, sub }) => `case when i % ${Math.round(1 / share)} = 0 then '${sub}' end`)
    .join(', ');
  const schema = `"t_${tenant}"`;
  const client = await bench.admin.connect();
  try {
    await client.query(`
      begin;
      set local role rowhouse_owner;
      create table ${schema}._seed as select i, ${schema}._rowhouse_lists_acl(
        array_remove(array[${members}, 'reader_' || i], null), array['editor_' || i % 613], '{}', '{}', '{}', array['maker']) as acl
      from generate_series(1, ${acls}) as i;
      commit;
      set session_replication_role = replica;
      insert into ${schema}.things (id, data, created_at, updated_at, _acl, _xact)
      select 'things_' || lpad(n::text, 9, '0'),
        jsonb_build_object('n', n, 'some', n % ${size / 100}, 'name', 'thing ' || n, 'tags', jsonb_build_array('a', n % 7)),
        t, t, a.acl, '1'::xid8
      from (select n, now() - make_interval(secs => n) as t from generate_series(1, ${size}) as n) as numbers
      join ${schema}._seed as a on a.i = 1 + (n::bigint * 7919 + n / ${acls}) % ${acls};
      reset session_replication_role;
      create table ${schema}.by_hand as
        select t.id, t.data, l."read" as readers, l.edit as writers, l."delete" as deleters, l.authors, t.created_at, t.updated_at
        from ${schema}.things as t join ${schema}._rowhouse_acls as l on l.id = t._acl;
      alter table ${schema}.by_hand add primary key (id);
      create index on ${schema}.by_hand using gin (readers);
      create index on ${schema}.by_hand using gin (data jsonb_path_ops);
      drop table ${schema}._seed`);
    for (const table of ['things', 'by_hand', '_rowhouse_acls']) {
      await client.query(`vacuum analyze ${schema}.${table}`);
    }
  } finally {
    client.release();
  }
}

/** Readable rows in order as somebody would ask for them, and as somebody would who knows that they are few: gathered first, sorted then. */
type Form = 'ordered' | 'gathered';

/** The reply of a query as somebody would write it for this table alone. */
function handWritten(tenant: string, condition: string, order: string, form: Form): string {
  const readable = `select * from "t_${tenant}".by_hand where readers && $1::text[]${condition}`;
  const page =
    form === 'ordered'
      ? `${readable}${order}`
      : `select * from (${readable} offset 0) as g${order}`;
  return `select coalesce(json_agg(json_build_object('id', r.id, 'table', 'things', 'authors', r.authors, 'readers', r.readers,
      'writers', r.writers, 'deleters', r.deleters, 'data', r.data, 'createdAt', r.created_at, 'updatedAt', r.updated_at)), '[]')::text
    from (${page}) as r`;
}

async function compareQueries(
  bench: Bench,
  tenant: string,
  size: number,
): Promise<{ shown: ResultTable; goals: NonNullable<Report['goals']> }> {
  const catalog = await catalogOf(bench, tenant);
  const free = await connect(bench.admin.options.connectionString ?? '');
  const scanning = await connect(bench.admin.options.connectionString ?? '');
  await scanning.query(
    'set enable_indexscan = off; set enable_bitmapscan = off; set enable_indexonlyscan = off',
  );
  const guarded = await connect(bench.gatewayUrl);
  const rows: string[][] = [];
  const goals: { text: string; met: boolean }[] = [];
  try {
    for (const { share, sub } of shares.filter((each) => each.share < 1)) {
      const caller = person(tenant, sub);
      await storeVerdicts(bench, caller);
      for (const { what, query, condition, order } of questions) {
        const asked = {
          method: 'POST',
          path: '/data-svc/objects',
          body: { table: 'things', query },
        };
        const first = planRequest(catalog, caller, asked);
        const text = handWritten(tenant, condition, order, 'ordered');
        const values = [[sub, 'any']];
        await enter(guarded, first);
        // As the server sends it from the second request on: it remembers what the first has told.
        const little = await seesLittle(guarded, tenant, query.limit);
        const sight = { seesLittle: () => little, learn: () => undefined };
        const planned = planRequest(catalog, caller, asked, sight);
        const [hand, gathered, scan, ours] = await race(bench, {
          hand: { client: free, text, values },
          gathered: {
            client: free,
            text: handWritten(tenant, condition, order, 'gathered'),
            values,
          },
          scan: { client: scanning, text: `/* scan */ ${text}`, values },
          ours: { client: guarded, ...planned.query },
        });
        await guarded.query('rollback');
        if (!hand || !gathered || !scan || !ours) continue;
        const label = `${share * 100} %, ${what}`;
        const speed = Math.min(hand.median, gathered.median) / ours.median;
        rows.push([
          label,
          figure(hand.median),
          figure(gathered.median),
          figure(ours.median),
          times(speed),
          figure(scan.median),
          times(scan.median / ours.median),
        ]);
        const shown = `${label}: at least ${goal}× as fast as by hand (${times(speed)})`;
        if (share <= 0.01) goals.push({ text: shown, met: speed >= goal });
      }
    }
  } finally {
    await Promise.all([free.end(), scanning.end(), guarded.end()]);
  }
  const title = `Queries by share of objects readable, ${figure(size)} objects`;
  const headers = [
    'sees, asks',
    'by hand ms',
    'gathered ms',
    'ours ms',
    'speed',
    'sequential ms',
    'speed',
  ];
  return { shown: { title, headers, rows }, goals };
}

async function seesLittle(client: pg.Client, tenant: string, page: number): Promise<boolean> {
  const { rows } = await client.query<{ little: boolean }>(
    `select "t_${tenant}"._rowhouse_sparse('"t_${tenant}".things', $1) as little`,
    [page],
  );
  return rows[0]?.little ?? false;
}

/** Bulk upserts over HTTP: objects that are new, that are there, and that are there and get other lists. */
async function compareBulk(bench: Bench, tenant: string): Promise<ResultTable> {
  const size = bench.quick ? 500 : 10_000;
  const maker = person(tenant, 'maker');
  const put = (turn: number, at: number): Promise<number> => {
    const objects = Array.from({ length: size }, (_, n) => ({
      id: `bulk${at}_${n}`,
      table: `bulk${at}`,
      data: { n, turn },
      readers: ['any', ...(turn === 2 ? [`r${n % 50}`] : [])],
      writers: ['_self'],
    }));
    return timed(() => bench.request(maker, 'PUT', '/data-svc/objects/upsert', { objects }));
  };
  const kinds = ['new', 'there', 'there, other lists'];
  const figures: number[][] = kinds.map(() => []);
  for (let at = 0; at < (bench.quick ? 2 : 4); at++) {
    for (const turn of kinds.keys()) figures[turn]?.push(await put(turn, at));
  }
  const middle = (all: readonly number[]): number =>
    all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
  const base = middle(figures[0] ?? []);
  return {
    title: `One request that upserts ${figure(size)} objects`,
    headers: ['objects', 'ms', 'ratio'],
    rows: kinds.map((kind, at) => {
      const median = middle(figures[at] ?? []);
      return [kind, figure(median), times(median / base)];
    }),
  };
}

/** Writers of one object beside writers of one object each. */
async function compareWriters(
  bench: Bench,
  tenant: string,
): Promise<{ shown: ResultTable; goals: NonNullable<Report['goals']> }> {
  const writers = 16;
  const people: readonly Principal[] = Array.from({ length: writers }, (_, n) =>
    person(tenant, `w${n}`),
  );
  const object = { table: 'hot', readers: ['any'], writers: people.map(({ sub }) => sub) };
  let failed = 0;
  const last: { time: string; body: string }[] = [];
  const round = (name: string, idOf: (worker: number) => string): Promise<number> => {
    let turn = 0;
    return rate(writers, bench.quick ? 500 : 3000, async (worker) => {
      const who = people[worker] ?? person(tenant, 'w0');
      const data = { name, worker, turn: turn++ };
      try {
        const made = (await bench.request(who, 'PUT', `/data-svc/object/${idOf(worker)}`, {
          object: { ...object, data },
        })) as { object: { updatedAt: string; data: object } };
        last.push({ time: made.object.updatedAt, body: JSON.stringify(made.object.data) });
      } catch {
        failed++;
      }
    });
  };
  // A caller's first requests work out the verdicts on all lists: not counted.
  await round('first', (worker) => `hot_${worker}`);
  const apart = await round('apart', (worker) => `hot_${worker}`);
  const before = last.length;
  const together = await round('together', () => 'hot_one');
  const { objects } = (await bench.request(person(tenant, 'w0'), 'POST', '/data-svc/objects', {
    table: 'hot',
    query: { filters: [{ fields: ['id'], op: 'equals', valuesJson: '["hot_one"]' }] },
  })) as { objects: { data: object }[] };
  // What stands there in the end is what one of the latest writers was told.
  const stands = JSON.stringify(objects[0]?.data);
  const told = last.slice(before).some(({ body }) => body === stands);
  return {
    shown: {
      title: `Upserts over HTTP, ${writers} writers`,
      headers: ['objects', 'upserts/s', 'ratio', 'failed'],
      rows: [
        ['one each', figure(apart), times(1), ''],
        ['one for all', figure(together), times(together / apart), String(failed)],
      ],
    },
    goals: [{ text: `no upsert of one id fails or is lost`, met: failed === 0 && told }],
  };
}
