import { costed, type Target } from '../costed.ts';
import { type Bench, person, poolSize } from '../environment.ts';
import { type Floor, list, sample, startFloors } from '../floors.ts';
import type { Load } from '../load.ts';
import { alternate, median, type Outcome } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { defineItems, keyOf, seedLists, seedRows, seedTenant, storeVerdicts } from '../seed.ts';
import { figure, times } from '../table.ts';

const connections = 16;

/** GET by id, list 20 and insert: Rowhouse against bare servers that send Postgres the same SQL under the same policy. */
export const http: Scenario = async (bench) => {
  const rows = bench.quick ? 5_000 : 100_000;
  const admin = await seedTenant(bench, 'http');
  const tenant = admin.tenant ?? '';
  await defineItems(bench, admin, 'items');
  await defineItems(bench, admin, 'orders');
  await seedLists(bench, tenant);
  await seedRows(bench, tenant, 'items', rows, true);
  const caller = person(tenant, 'sees_all');
  await storeVerdicts(bench, caller);
  const floors = await startFloors(bench, caller);
  try {
    const token = await bench.token(caller);
    const common = { token, connections, seconds: bench.quick ? 1 : 4 };
    const ids = Array.from(
      { length: 1000 },
      () => `/api/data/items/${keyOf(1 + Math.floor(Math.random() * rows))}`,
    );
    const kinds: readonly [string, Omit<Load, 'url'>][] = [
      ['GET by id', { ...common, paths: ids }],
      ['list 20', { ...common, paths: [list] }],
      [
        'insert',
        { ...common, method: 'POST', paths: ['/api/data/orders'], body: JSON.stringify(sample) },
      ],
    ];
    const measured: { kind: string; outcomes: readonly Outcome[]; targets: readonly Target[] }[] =
      [];
    for (const [kind, options] of kinds) {
      const targets = targetsOf(bench, floors);
      const contenders = targets.map((target) => ({
        name: target.name,
        round: () => costed(target, options),
      }));
      const outcomes = await alternate(contenders, bench.quick ? 2 : 5);
      measured.push({ kind, outcomes, targets });
    }
    return report(measured, rows);
  } finally {
    await Promise.all(floors.map(({ companion }) => companion.stop()));
  }
};

function targetsOf(bench: Bench, floors: readonly Floor[]): readonly Target[] {
  return [
    ...floors.map(({ name, companion }) => ({
      name,
      url: companion.said[0],
      pid: companion.pid,
      postmaster: bench.postmaster,
      server: [],
      postgres: [],
    })),
    { name: 'Rowhouse', ...bench.server, postmaster: bench.postmaster, server: [], postgres: [] },
  ];
}

function report(
  measured: readonly { kind: string; outcomes: readonly Outcome[]; targets: readonly Target[] }[],
  rows: number,
): Awaited<ReturnType<Scenario>> {
  const goal = 0.9;
  return {
    tables: measured.map(({ kind, outcomes, targets }) => ({
      title: `HTTP, ${kind} (${figure(rows)} rows, ${connections} connections, ${poolSize} to Postgres)`,
      headers: ['server', 'requests/s', 'ratio', 'lowest … highest', 'server µs', 'Postgres µs'],
      rows: outcomes.map((outcome, index) => [
        outcome.name,
        figure(outcome.median),
        times(outcome.ratio),
        `${times(outcome.lowest)} … ${times(outcome.highest)}`,
        figure(median(targets[index]?.server ?? [])),
        figure(median(targets[index]?.postgres ?? [])),
      ]),
    })),
    goals: measured.map(({ kind, outcomes }) => {
      const ratio = outcomes.at(-1)?.ratio ?? Number.NaN;
      return {
        text: `${kind} at ${times(ratio)} of the bare server's rate (goal ${goal}×)`,
        met: ratio >= goal,
      };
    }),
    notes: ['µs: processor time a request, of the server process and of all of Postgres'],
  };
}
