/** A change in phases whose process or connection ends half-way: it is taken up where it stood, or undone to the end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { ServiceError } from '../../control-plane/base/errors.ts';
import type { Pool } from '../../control-plane/pg/pool.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { type Evolver, evolver, makeTenant, shapeOf, withColumn } from '../support/evolution.ts';
import { everything, itemColumns, itemRows } from '../support/evolution-cases.ts';
import { column } from '../unit/compile/samples.ts';

let database: TestDatabase;
let tenant: string;
let here: Evolver;
let expected: readonly string[];
let phases: number;
let count = 0;

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('crash');
  await makeTenant(database, tenant);
  here = evolver(database, tenant, { large: 10 });
  await here.create('targets', [column('label')]);
  await query(`insert into "t_${tenant}".targets (label) values ('one')`);
  const plain = evolver(database, tenant, { large: 1_000_000 });
  const model = await made();
  await plain.change(model, everything, { allowDataLoss: true });
  expected = await described(model);
  const tried = await made();
  const { foreseen } = await here.change(tried, everything, { dryRun: true });
  phases = (foreseen?.phases.length ?? 0) - 1;
});

afterEach(() => query('drop trigger if exists halt on control.operations'));

it('needs phases of every kind', () => {
  expect(phases).toBeGreaterThan(12);
});

it('goes on after its connection is cut, whatever phase it was in', async () => {
  for (let position = 1; position <= phases; position++) {
    const name = await made();
    const halt = await haltAt(`new.position = ${position}`);
    const work = here.change(name, everything, { allowDataLoss: true });
    const stopped = await halt.reached();
    await query('select pg_terminate_backend($1)', [stopped]);
    await halt.let();
    const outcome = await work;
    expect(outcome.operation?.status, `phase ${position}`).toBe('done');
    expect(await described(name), `phase ${position}`).toEqual(expected);
  }
}, 120_000);

it('goes on after the database was away for long', async () => {
  const name = await made();
  const halt = await haltAt('new.position = 3');
  const door = refusing();
  const away = evolver(database, tenant, { large: 10, pause: 1, through: door.through });
  const work = away.change(name, everything, { allowDataLoss: true });
  const stopped = await halt.reached();
  door.refuse(40);
  await query('select pg_terminate_backend($1)', [stopped]);
  await halt.let();
  const outcome = await work;
  expect(outcome.operation?.status).toBe('done');
  expect(door.left()).toBe(0);
  expect(await described(name)).toEqual(expected);
});

it('is taken up by another process when its own is killed', async () => {
  for (const position of [1, 4, Math.floor(phases / 2), phases - 1]) {
    const name = await made();
    const halt = await haltAt(`new.position = ${position}`);
    const script = join(import.meta.dirname, '../support/evolution-child.ts');
    const child = spawn(process.execPath, [script, database.url, database.secret, tenant, name], {
      stdio: 'inherit',
    });
    await halt.reached();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    // Whoever comes while nobody drives it is told to wait.
    await expect(here.change(name, () => ({ description: 'x' }))).rejects.toMatchObject({
      kind: 'database_busy',
    });
    await halt.let();
    await query('drop trigger halt on control.operations');
    await gone('to be killed');
    const next = evolver(database, tenant, { large: 10 });
    await next.operations.resume();
    await until(async () => (await running(name)) === 0);
    expect(await described(name), `phase ${position}`).toEqual(expected);
    await next.close();
  }
}, 120_000);

it('is taken up by a process that starts while the session of the killed one still works', async () => {
  const name = await made();
  const halt = await haltAt('new.position = 3');
  const script = join(import.meta.dirname, '../support/evolution-child.ts');
  const child = spawn(process.execPath, [script, database.url, database.secret, tenant, name], {
    stdio: 'inherit',
  });
  await halt.reached();
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  // It starts before the database is there.
  const door = refusing();
  door.refuse(20);
  const next = evolver(database, tenant, { large: 10, pause: 1, through: door.through });
  await next.operations.resume();
  expect(door.left()).toBe(0);
  await halt.let();
  await until(async () => (await running(name)) === 0);
  expect(await described(name)).toEqual(expected);
  await next.close();
});

it('is taken up by the next definition of the tenant', async () => {
  const name = await made();
  const halt = await haltAt('new.position = 3');
  const first = evolver(database, tenant, { large: 10, patience: 10 });
  const { operation } = await first.change(name, everything, { allowDataLoss: true });
  expect(operation?.status).toBe('running');
  const stopped = await halt.reached();
  const closed = first.close();
  await query('select pg_terminate_backend($1)', [stopped]);
  await halt.let();
  await closed;
  await here.change('targets', () => ({ description: 'D' })).catch(() => undefined);
  await until(async () => (await running(name)) === 0);
  expect(await described(name)).toEqual(expected);
});

it('is undone to the end when its process ends while undoing', async () => {
  const name = await made();
  await query(`update "t_${tenant}"."${name}" set a = 'same' where n < 3`);
  const before = await described(name);
  const halt = await haltAt(`new.status = 'failed'`);
  const work = here.change(name, everything, { allowDataLoss: true });
  work.catch(() => undefined);
  const stopped = await halt.reached();
  await query('select pg_terminate_backend($1)', [stopped]);
  await halt.let();
  await expect(work).rejects.toMatchObject({ kind: 'data_conflict' });
  expect(await described(name)).toEqual(before);
  await here.change(name, withColumn('gap', { description: 'free again' }));
});

/** A database that is away for the next so many who want a connection. */
function refusing() {
  let refusals = 0;
  return {
    refuse: (count: number): void => {
      refusals = count;
    },
    left: () => refusals,
    through: (pool: Pool): Pool => ({
      ...pool,
      borrow: (work, patience) => {
        if (refusals === 0) return pool.borrow(work, patience);
        refusals--;
        return Promise.reject(new ServiceError('database_unavailable'));
      },
    }),
  };
}

async function made(): Promise<string> {
  const name = `items_${++count}`;
  await here.create(name, itemColumns);
  const on = `"t_${tenant}"."${name}"`;
  await query(itemRows(40).replaceAll('%t', on).replaceAll('%s', `"t_${tenant}"`));
  return name;
}

async function query(text: string, values: unknown[] = []): Promise<readonly unknown[]> {
  return (await database.admin.query(text, values)).rows;
}

/** Makes who writes such a row of the operations wait until let. */
async function haltAt(condition: string) {
  const holder = new pg.Client(database.url);
  await holder.connect();
  await holder.query('select pg_advisory_lock(4242)');
  await query('drop trigger if exists halt on control.operations');
  await query(`create or replace function public.halt() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock_shared(4242); return new; end $$`);
  await query(`create trigger halt before update on control.operations for each row
    when (${condition}) execute function public.halt()`);
  return {
    reached: async (): Promise<number> => {
      let pid: number | undefined;
      await until(async () => {
        const [row] = (await query(
          `select pid from pg_locks where locktype = 'advisory' and objid = 4242 and not granted`,
        )) as { pid: number }[];
        pid = row?.pid;
        return pid !== undefined;
      });
      return pid ?? 0;
    },
    let: () => holder.end(),
  };
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await done()); await sleep(30)) {
    if (Date.now() > deadline) throw new Error('not within 20 s');
  }
}

async function gone(application: string): Promise<void> {
  await until(async () => {
    const found = await query('select 1 from pg_stat_activity where application_name = $1', [
      application,
    ]);
    return found.length === 0;
  });
}

async function running(name: string): Promise<number> {
  const { id } = await here.table(name);
  const found = await query(
    `select 1 from control.operations where status = 'running' and relation_id = $1`,
    [id],
  );
  return found.length;
}

/** A table's shape without what names it. */
async function described(name: string): Promise<readonly string[]> {
  const { id } = await here.table(name);
  const lines = await shapeOf(database, `t_${tenant}`, name);
  const own = new RegExp(`(?<=_|history\\(')${id}(?=\\D|$)`, 'g');
  return lines.map((line) => line.replaceAll(name, 'T').replaceAll(own, 'N')).toSorted();
}
