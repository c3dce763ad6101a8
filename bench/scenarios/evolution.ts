import type { Principal } from '../../control-plane/model/principal.ts';
import { type Bench, person } from '../environment.ts';
import type { Scenario } from '../scenario.ts';
import { defineItems, seedTenant } from '../seed.ts';
import { figure } from '../table.ts';

/** A kind of change, and what is sent for it: columns of the table `items`. */
const changes: readonly (readonly [string, string, string, object])[] = [
  ['a column with a constant', 'POST', '/added', { type: 'integer', default_value: 7 }],
  ['an index', 'PUT', '/price', { index: true }],
  ['required', 'PUT', '/note', { required: true }],
  ['a bound', 'PUT', '/stock', { minimum: 0 }],
  ['another type (integer to decimal)', 'PUT', '/stock', { type: 'decimal' }],
  ['unique', 'PUT', '/name', { unique: true }],
];

interface Watch {
  readonly stop: () => Promise<{
    readonly requests: number;
    readonly failed: number;
    readonly slowest: number;
    readonly exclusive: number;
  }>;
}

/** Changes of a table of a million rows while it is read and written: how long each takes, and what those who use it notice. */
export const evolution: Scenario = async (bench) => {
  const rows = bench.quick ? 20_000 : 1_000_000;
  const admin = await seedTenant(bench, 'evolution');
  await defineItems(bench, admin, 'items');
  const on = `"t_${admin.tenant}".items`;
  await bench.admin.query(
    `insert into ${on} (name, category, price, stock, note)
     select 'item ' || g, 'category ' || g % 100, g % 1000, g % 10, 'note' from generate_series(1, $1::integer) as g`,
    [rows],
  );
  await bench.admin.query(`analyze ${on}`);
  const root = person(admin.tenant ?? '', 'root', { access: 'root', sudo: true });
  const table: (readonly string[])[] = [];
  const quiet = watch(bench, root, on);
  await new Promise((resolve) => setTimeout(resolve, bench.quick ? 1_000 : 5_000));
  table.push(['nothing', '', ...told(await quiet.stop())]);
  let failed = 0;
  for (const [name, method, path, body] of changes) {
    const watching = watch(bench, root, on);
    const began = performance.now();
    await settled(bench, root, method, `/api/describe/items${path}`, body);
    const took = performance.now() - began;
    const seen = await watching.stop();
    failed += seen.failed;
    table.push([name, figure(took / 1000), ...told(seen)]);
  }
  return {
    tables: [
      {
        title: `Changes of a table of ${figure(rows)} rows under 2 writers and 2 readers`,
        headers: [
          'change',
          'takes, s',
          'requests',
          'failed',
          'longest request, ms',
          'longest exclusive lock seen, ms',
        ],
        rows: table,
      },
    ],
    goals: [{ text: `${failed} requests failed (goal 0)`, met: failed === 0 }],
    notes: ['locks are looked for every 2 ms: a shorter one may not be seen at all'],
  };
};

/** A change that outlasts the time a caller waits is asked for again until it is there. */
async function settled(
  bench: Bench,
  root: Principal,
  method: string,
  path: string,
  body: object,
): Promise<void> {
  for (;;) {
    try {
      await bench.request(root, method, path, body);
      return;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('503')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function told(seen: Awaited<ReturnType<Watch['stop']>>): readonly string[] {
  const { requests, failed, slowest, exclusive } = seen;
  return [figure(requests), String(failed), figure(slowest), figure(exclusive)];
}

/** Readers and writers, and an eye on the exclusive locks that are held. */
function watch(bench: Bench, root: Principal, on: string): Watch {
  let going = true;
  let [requests, failed, slowest, exclusive] = [0, 0, 0, 0];
  const ask = async (method: string, path: string, body?: object): Promise<void> => {
    const began = performance.now();
    await bench.request(root, method, `/api/data/items${path}`, body).catch(() => {
      failed++;
    });
    slowest = Math.max(slowest, performance.now() - began);
    requests++;
  };
  const writer = async (number: number): Promise<void> => {
    for (let at = 0; going; at++) {
      const name = `by ${number} at ${at} ${performance.now()}`;
      await ask('POST', '', { name, category: 'new', price: 1, stock: 1, note: 'new' });
    }
  };
  const reader = async (): Promise<void> => {
    while (going) await ask('GET', '?limit=20');
  };
  const eye = async (): Promise<void> => {
    const since = new Map<string, number>();
    while (going) {
      const found = await bench.admin.query<{ who: string }>(
        `select pid || ' ' || virtualtransaction as who from pg_locks
         where relation = $1::regclass and mode = 'AccessExclusiveLock' and granted`,
        [on],
      );
      const now = performance.now();
      const held = new Set(found.rows.map(({ who }) => who));
      for (const who of since.keys()) if (!held.has(who)) since.delete(who);
      for (const who of held) {
        const from = since.get(who) ?? now;
        since.set(who, from);
        exclusive = Math.max(exclusive, now - from);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const all = Promise.all([writer(1), writer(2), reader(), reader(), eye()]);
  return {
    stop: async () => {
      going = false;
      await all;
      return { requests, failed, slowest, exclusive };
    },
  };
}
