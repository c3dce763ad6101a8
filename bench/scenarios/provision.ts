import type { Principal } from '../../control-plane/model/principal.ts';
import { familyTime, processorTime, residentMemory } from '../cpu.ts';
import { type Bench, operator, person } from '../environment.ts';
import { median, timed } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { defineItems } from '../seed.ts';
import { figure, times } from '../table.ts';

const tablesEach = ['items', 'orders', 'people'];

/** Many tenants: does the next one cost more than the first, and do they slow each other's requests? */
export const provision: Scenario = async (bench) => {
  const count = bench.tenants ?? (bench.quick ? 30 : 1_000);
  const part = Math.floor(count / 10);
  const admins: Principal[] = [];
  const made: number[] = [];
  const defined: number[] = [];
  const size = await databaseSize(bench);

  const add = async (): Promise<Principal> => {
    const tenant = bench.slug('provision');
    made.push(await timed(() => bench.request(operator, 'POST', '/admin/tenants', { tenant })));
    const admin = person(tenant, 'admin', { access: 'root' });
    admins.push(admin);
    return admin;
  };
  const define = async (admin: Principal): Promise<void> => {
    defined.push(
      await timed(async () => {
        for (const table of tablesEach) await defineItems(bench, admin, table);
      }),
    );
  };

  const first = await add();
  await define(first);
  await insertOne(bench, first);
  const alone = await latency(bench, first);
  while (admins.length < count) await add();
  const empty = await databaseSize(bench);
  for (const admin of admins.slice(1)) await define(admin);
  const full = await databaseSize(bench);
  const amongAll = await latency(bench, first);
  const memory = residentMemory(bench.server.pid);
  const cold = await visits(bench, admins.slice(1));
  const warm = await visits(bench, admins.slice(1));

  const ends = (figures: readonly number[]): string[] => {
    const [early, late] = [median(figures.slice(1, 1 + part)), median(figures.slice(-part))];
    return [figure(early), figure(late), times(late / early)];
  };
  const perTenant = (bytes: number, tenants: number): string =>
    `${Math.round(bytes / 1024 / tenants)} KB`;
  return {
    tables: [
      {
        title: `Provisioning ${figure(count)} tenants through the API, one after the other`,
        headers: ['step', `first ${part}, ms`, `last ${part}, ms`, 'ratio', 'on disk'],
        rows: [
          ['an empty tenant', ...ends(made), perTenant(empty - size, count - 1)],
          [`its ${tablesEach.length} tables`, ...ends(defined), perTenant(full - empty, count - 1)],
        ],
      },
      {
        title: `A list request among ${figure(count)} tenants, one at a time`,
        headers: ['tenants', 'ms', 'ratio', 'server µs', 'Postgres µs'],
        rows: [
          ['one tenant, the only one', alone] as const,
          [`the same tenant among ${figure(count)}`, amongAll] as const,
          ['each tenant in turn, first visit', cold] as const,
          ['each tenant in turn, second visit', warm] as const,
        ].map(([what, { ms, server, postgres }]) => [
          what,
          figure(ms),
          times(ms / alone.ms),
          figure(server),
          figure(postgres),
        ]),
      },
    ],
    notes: [
      `memory of the server process before and after visiting all: ${figure(memory ?? NaN)} and ${figure(residentMemory(bench.server.pid) ?? NaN)} MB`,
    ],
  };
};

async function insertOne(bench: Bench, admin: Principal): Promise<void> {
  await bench.request(admin, 'POST', '/api/data/items', { name: 'one' });
}

/** What a request takes: milliseconds, and microseconds of processor time of the server and of Postgres. */
interface Cost {
  readonly ms: number;
  readonly server: number;
  readonly postgres: number;
}

/** The cost of the request of a tenant, over and over, after some that don't count. */
async function latency(bench: Bench, admin: Principal): Promise<Cost> {
  const rounds = bench.quick ? 300 : 1_000;
  const admins = Array.from({ length: rounds }, () => admin);
  await visits(bench, admins.slice(0, rounds / 10));
  return visits(bench, admins);
}

async function visits(bench: Bench, admins: readonly Principal[]): Promise<Cost> {
  const figures: number[] = [];
  // Signed beforehand: the client's own work is not what is measured.
  for (const admin of admins) await bench.token(admin);
  const times = () => ({
    server: processorTime(bench.server.pid) ?? Number.NaN,
    postgres: (bench.postmaster && familyTime(bench.postmaster)) ?? Number.NaN,
  });
  const before = times();
  for (const admin of admins) figures.push(await ask(bench, admin));
  const after = times();
  const each = (part: 'server' | 'postgres') =>
    (1000 * (after[part] - before[part])) / admins.length;
  return { ms: median(figures), server: each('server'), postgres: each('postgres') };
}

async function ask(bench: Bench, admin: Principal): Promise<number> {
  return timed(() => bench.request(admin, 'GET', '/api/data/items?limit=20'));
}

async function databaseSize(bench: Bench): Promise<number> {
  const found = await bench.admin.query<{ size: string }>(
    'select pg_database_size(current_database()) as size',
  );
  return Number(found.rows[0]?.size);
}
