import { type BarGroup, barChart } from '../chart.ts';
import { familyTime, processorTime, residentMemory } from '../cpu.ts';
import { type Bench, poolSize } from '../environment.ts';
import type { Driven } from '../load.ts';
import { alternate, median, type Outcome } from '../measure.ts';
import { type Ask, asks } from '../peers/asks.ts';
import { type Contestant, callerOf, connections, startLineup } from '../peers/lineup.ts';
import type { Report, Scenario } from '../scenario.ts';
import { defineItems, seedLists, seedRows, seedTenant, storeVerdicts } from '../seed.ts';
import { figure, type ResultTable, times } from '../table.ts';

/** What a contestant did in the rounds of one ask. */
interface Costs {
  readonly driven: Driven[];
  readonly server: number[];
  readonly postgres: number[];
  readonly memory: number[];
}

interface Measured {
  readonly ask: Ask;
  readonly entries: readonly {
    readonly who: Contestant;
    readonly outcome: Outcome;
    readonly costs: Costs;
  }[];
}

const goals = { postgrest: 1.3, floor: 0.9, memory: 150 };

/**
 * Rowhouse through each dialect, bare servers, other data services and plain SQL, on one Postgres and the same rows, in turn. Each has a
 * policy by which a row's readers see it; what the others leave out is said in bench/README.md.
 */
export const peers: Scenario = async (bench) => {
  const rows = bench.quick ? 5_000 : 100_000;
  const admin = await seedTenant(bench, 'peers');
  const tenant = admin.tenant ?? '';
  await defineItems(bench, admin, 'items');
  await defineItems(bench, admin, 'orders');
  await seedLists(bench, tenant);
  await seedRows(bench, tenant, 'items', rows, true);
  await storeVerdicts(bench, callerOf(tenant));
  const lineup = await startLineup(bench, tenant, rows);
  try {
    const measured: Measured[] = [];
    for (const ask of asks) measured.push(await measure(bench, ask, lineup.contestants));
    return report(measured, rows, lineup.missing);
  } finally {
    await lineup.stop();
  }
};

async function measure(
  bench: Bench,
  ask: Ask,
  contestants: readonly Contestant[],
): Promise<Measured> {
  const entries: { who: Contestant; costs: Costs }[] = [];
  const contenders = contestants.flatMap((who) => {
    const costs: Costs = { driven: [], server: [], postgres: [], memory: [] };
    const round = costed(bench, who, ask, costs);
    if (round === undefined) return [];
    entries.push({ who, costs });
    return [{ name: who.name, round }];
  });
  const outcomes = await alternate(contenders, bench.quick ? 2 : 3);
  return {
    ask,
    entries: entries.flatMap((entry, index) => {
      const outcome = outcomes[index];
      return outcome === undefined ? [] : [{ ...entry, outcome }];
    }),
  };
}

/** A round of load, with its cost in processor time and memory noted. */
function costed(
  bench: Bench,
  { pid, asked, round }: Contestant,
  ask: Ask,
  costs: Costs,
): (() => Promise<number>) | undefined {
  if (!asked(ask)) return undefined;
  const server = () => (pid === undefined ? undefined : processorTime(pid)) ?? Number.NaN;
  const postgres = () =>
    (bench.postmaster === undefined ? undefined : familyTime(bench.postmaster)) ?? Number.NaN;
  return async () => {
    const before = { server: server(), postgres: postgres() };
    const driven = await round(ask, bench.quick ? 1 : 2);
    costs.driven.push(driven);
    costs.server.push((1000 * (server() - before.server)) / driven.requests);
    costs.postgres.push((1000 * (postgres() - before.postgres)) / driven.requests);
    costs.memory.push((pid === undefined ? undefined : residentMemory(pid)) ?? Number.NaN);
    return driven.rate;
  };
}

function report(measured: readonly Measured[], rows: number, missing: readonly string[]): Report {
  return {
    tables: measured.map((each) => tableOf(each, rows)),
    goals: [
      ...measured.filter(({ ask }) => ask !== 'filter').flatMap(goalsOf),
      memoryGoal(measured),
    ],
    notes: [
      `µs: processor time a request, of the server process and of all of Postgres; MB: resident memory of the server process under load`,
      'lists of Taruvi tell the number of all rows: beside it PostgREST, exact total',
      ...missing.map((text) => `left out, ${text}`),
    ],
    charts: {
      'peers.svg': barChart(
        `Requests a second, ${figure(rows)} rows, ${connections} connections, ${poolSize} to Postgres`,
        measured.map(groupOf),
      ),
    },
  };
}

function tableOf({ ask, entries }: Measured, rows: number): ResultTable {
  return {
    title: `Peers, ${ask} (${figure(rows)} rows, ${connections} connections, ${poolSize} to Postgres)`,
    headers: [
      'who',
      'requests/s',
      'bare server',
      'PostgREST',
      'server µs',
      'Postgres µs',
      'MB',
      'p50 ms',
      'p99 ms',
    ],
    rows: entries.map(({ who, outcome, costs }) => [
      who.name,
      figure(outcome.median),
      times(outcome.ratio),
      times(against(entries, who.name, 'PostgREST')),
      figure(median(costs.server)),
      figure(median(costs.postgres)),
      figure(Math.round(Math.max(...costs.memory))),
      figure(median(costs.driven.map(({ p50 }) => p50))),
      figure(median(costs.driven.map(({ p99 }) => p99))),
    ]),
  };
}

/** Median of the ratios round by round. */
function against(entries: Measured['entries'], name: string, base: string): number {
  const figuresOf = (wanted: string) =>
    entries.find(({ who }) => who.name === wanted)?.outcome.figures ?? [];
  const bases = figuresOf(base);
  return median(figuresOf(name).map((value, index) => value / (bases[index] ?? Number.NaN)));
}

function goalsOf({ ask, entries }: Measured): NonNullable<Report['goals']> {
  return entries
    .filter(({ who }) => who.name.startsWith('Rowhouse'))
    .flatMap(({ who, outcome }) => {
      const totals = ask === 'list 20' && who.name.endsWith('taruvi');
      const base = totals ? 'PostgREST, exact total' : 'PostgREST';
      const ratio = against(entries, who.name, base);
      const floor = {
        text: `${ask}, ${who.name}: ${times(outcome.ratio)} of the bare server (goal ${goals.floor}×)`,
        met: outcome.ratio >= goals.floor,
      };
      const peer = {
        text: `${ask}, ${who.name}: ${times(ratio)} of ${base} (goal ${goals.postgrest}×)`,
        met: ratio >= goals.postgrest,
      };
      // A list with its total has no counterpart among the bare servers.
      return [...(totals ? [] : [floor]), ...(Number.isNaN(ratio) ? [] : [peer])];
    });
}

function memoryGoal(measured: readonly Measured[]): {
  readonly text: string;
  readonly met: boolean;
} {
  const most = Math.max(
    ...measured.flatMap(({ entries }) =>
      entries
        .filter(({ who }) => who.name.startsWith('Rowhouse'))
        .flatMap(({ costs }) => costs.memory),
    ),
  );
  return {
    text: `${figure(Math.round(most))} MB resident at most (goal ${goals.memory})`,
    met: most <= goals.memory,
  };
}

function groupOf({ ask, entries }: Measured): BarGroup {
  return {
    title: ask,
    bars: entries.map(({ who, outcome }) => ({
      name: who.name,
      value: outcome.median,
      label: `${figure(outcome.median)} (${times(outcome.ratio)})`,
      ours: who.ours,
    })),
  };
}
