import type { Principal } from '../../control-plane/model/principal.ts';
import { residentMemory } from '../cpu.ts';
import { type Bench, operator, person } from '../environment.ts';
import { median, timed } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { defineItems } from '../seed.ts';
import { figure, times } from '../table.ts';

const tablesEach = ['items', 'orders', 'people'];

/** Many tenants: does the next one cost more than the first, and do they slow each other's requests? */
export const provision: Scenario = async (bench) => {
  const count = bench.quick ? 30 : 1_000;
  const part = count / 10;
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
  const alone = await latency(bench, [first]);
  while (admins.length < count) await add();
  const empty = await databaseSize(bench);
  for (const admin of admins.slice(1)) await define(admin);
  const full = await databaseSize(bench);
  const amongAll = await latency(bench, [first]);
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
        headers: ['tenants', 'ms', 'ratio'],
        rows: [
          ['one tenant, the only one', figure(alone), times(1)],
          [`the same tenant among ${figure(count)}`, figure(amongAll), times(amongAll / alone)],
          ['each tenant in turn, first visit', figure(cold), times(cold / alone)],
          ['each tenant in turn, second visit', figure(warm), times(warm / alone)],
        ],
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

/** Median time of the request of these tenants, in turn, after some that don't count. */
async function latency(bench: Bench, admins: readonly Principal[]): Promise<number> {
  const rounds = bench.quick ? 50 : 1_000;
  const figures: number[] = [];
  for (let n = 0; n < rounds; n++) {
    for (const admin of admins) figures.push(await ask(bench, admin));
  }
  return median(figures.slice(Math.floor(figures.length / 10)));
}

async function visits(bench: Bench, admins: readonly Principal[]): Promise<number> {
  const figures: number[] = [];
  for (const admin of admins) figures.push(await ask(bench, admin));
  return median(figures);
}

async function ask(bench: Bench, admin: Principal): Promise<number> {
  // Signed beforehand: the client's own work is not what is measured.
  await bench.token(admin);
  return timed(() => bench.request(admin, 'GET', '/api/data/items?limit=20'));
}

async function databaseSize(bench: Bench): Promise<number> {
  const found = await bench.admin.query<{ size: string }>(
    'select pg_database_size(current_database()) as size',
  );
  return Number(found.rows[0]?.size);
}
