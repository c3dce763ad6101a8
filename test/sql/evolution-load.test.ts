/** Changes of a table while it is read and written: no request fails, none waits long; and what stands in the way is told, nothing left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import type { TableDraft } from '../../control-plane/model/table.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import {
  type Evolver,
  evolver,
  makeTenant,
  plusColumn,
  shapeOf,
  withColumn,
} from '../support/evolution.ts';
import { principal } from '../support/principal.ts';
import { withClient } from '../support/sql.ts';
import { column } from '../unit/compile/samples.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let here: Evolver;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = database.slug('load');
  await makeTenant(database, tenant);
  here = evolver(database, tenant);
  await here.create('items', [
    column('n', { base: 'integer' }, { tracked: true, immutable: false }),
    column('word', { base: 'text' }),
    column('price', { base: 'numeric' }),
  ]);
  await database.admin.query(
    `insert into ${on()} (n, word, price) select g, 'word ' || g, g from generate_series(1, 15000) as g`,
  );
});

const on = (): string => `"t_${tenant}".items`;

const changes: readonly (readonly [string, (draft: TableDraft) => Partial<TableDraft>])[] = [
  [
    'a column for every row',
    plusColumn(column('mark', { base: 'uuid' }, { required: true, default: { kind: 'uuid' } })),
  ],
  ['required', withColumn('word', { required: true })],
  ['an index', withColumn('price', { indexed: true })],
  ['a wider type', withColumn('n', { type: { base: 'bigint' } })],
  ['a bound', withColumn('price', { minimum: 0 })],
];

it('nobody notices', async () => {
  const person = principal(tenant, 'ann', { access: 'root', sudo: true });
  const failures: string[] = [];
  let slowest = 0;
  let requests = 0;
  let going = true;
  const ask = async (method: string, path: string, body?: unknown) => {
    const began = performance.now();
    const reply = await app.request(method, `/api/data/items${path}`, {
      as: person,
      ...(body === undefined ? {} : { body }),
    });
    slowest = Math.max(slowest, performance.now() - began);
    requests++;
    if (reply.status !== 200) failures.push(`${method} ${path}: ${reply.text.slice(0, 300)}`);
    return reply.body as { readonly data: { readonly id: string } };
  };
  const writer = async (number: number): Promise<void> => {
    for (let at = 0; going; at++) {
      const { data } = await ask('POST', '', { n: at, word: `new ${number}`, price: at });
      if (data) await ask('PUT', `/${data.id}`, { n: at + 1 });
    }
  };
  const reader = async (): Promise<void> => {
    while (going) await ask('GET', '?limit=20');
  };
  const load = Promise.all([writer(1), writer(2), reader(), reader()]);
  const before = await marks();
  for (const [name, to] of changes) {
    const outcome = await here.change('items', to);
    expect(outcome.operation?.status, name).toBe('done');
    const { rows } = await database.admin.query<{ phases: number }>(
      `select jsonb_array_length(phases) as phases from control.operations where uuid = $1`,
      [outcome.operation?.id],
    );
    expect(rows[0]?.phases, name).toBeGreaterThan(0);
  }
  going = false;
  await load;
  expect(failures).toEqual([]);
  expect(requests).toBeGreaterThan(50);
  expect(slowest).toBeLessThan(2_500);
  expect(await marks()).toEqual(before);
  const { rows } = await database.admin.query<{ bad: string }>(
    `select count(*) as bad from ${on()} where mark is null or word is null or n is null`,
  );
  expect(rows).toEqual([{ bad: '0' }]);
}, 120_000);

/** Of the rows that nobody writes. */
async function marks(): Promise<unknown> {
  const { rows } = await database.admin.query(
    `select count(*), max(updated_at)::text as updated, max(_xact::text) as stamp,
       (select count(*) from "t_${tenant}"._rowhouse_history as h where h.row_key = any (array_agg(id::text) filter (where n <= 3))) as entries
     from ${on()} where word like 'word %'`,
  );
  return rows;
}

it.each([
  ['a bound', withColumn('n', { minimum: 10 }), 'n'],
  ['uniqueness', withColumn('same', { unique: true }), 'same'],
  ['a type', withColumn('same', { type: { base: 'bigint' as const } }), 'same'],
  ['a column required', withColumn('gap', { required: true }), 'gap'],
])('%s that rows break is undone, and told with their number', async (name, to, field) => {
  const phased = evolver(database, tenant, { large: 10 });
  const table = `broken_${name.replaceAll(' ', '_')}`;
  await here.create(table, [
    column('n', { base: 'integer' }),
    column('same', { base: 'text' }),
    column('gap', { base: 'text' }),
  ]);
  await database.admin.query(
    `insert into "t_${tenant}"."${table}" (n, same, gap)
     select g, case when g < 10 then 'same' else g::text end, case when g > 9 then 'x' end from generate_series(1, 40) as g`,
  );
  const before = await shapeOf(database, `t_${tenant}`, table);
  await expect(phased.change(table, to)).rejects.toMatchObject({
    kind: 'data_conflict',
    detail: { field, data: { rows: 9 } },
  });
  expect(await shapeOf(database, `t_${tenant}`, table)).toEqual(before);
  const { rows } = await database.admin.query(
    'select status, error from control.operations order by id desc limit 1',
  );
  expect(rows).toEqual([{ status: 'failed', error: 'data_conflict: 9 rows do not fit' }]);
  await phased.change(table, () => ({ description: 'free again' }));
});

it('a table that somebody holds is busy, and free afterwards', async () => {
  const phased = evolver(database, tenant, { large: 10 });
  await here.create('held', [column('a')]);
  await database.admin.query(
    `insert into "t_${tenant}".held (a) select g::text from generate_series(1, 20) as g`,
  );
  const before = await shapeOf(database, `t_${tenant}`, 'held');
  await withClient(database.url, async (client) => {
    await client.query(`begin; select from "t_${tenant}".held limit 1`);
    for (const each of [here, phased]) {
      await expect(each.change('held', withColumn('a', { required: true }))).rejects.toMatchObject({
        kind: 'database_busy',
        detail: { retryAfter: 1 },
      });
    }
    // Others read on meanwhile.
    await database.admin.query(`select from "t_${tenant}".held limit 1`);
  });
  await sleep(50);
  expect(await shapeOf(database, `t_${tenant}`, 'held')).toEqual(before);
  await phased.change('held', withColumn('a', { required: true }));
}, 60_000);

it('a table under change takes no other definition, and others do', async () => {
  await here.create('one', [column('a')]);
  await here.create('two', [column('a')]);
  const slow = evolver(database, tenant, { large: 10, patience: 1 });
  await database.admin.query(
    `insert into "t_${tenant}".one (a) select g::text from generate_series(1, 20) as g`,
  );
  await withClient(database.url, async (client) => {
    await client.query(`begin; select from "t_${tenant}".one limit 1`);
    const { operation } = await slow.change('one', withColumn('a', { required: true }));
    expect(operation?.status).toBe('running');
    for (const refused of [
      () => here.change('one', () => ({ description: 'x' })),
      () =>
        here.define({ kind: 'drop_table', table: { app: 'default', name: 'one' }, retain: false }),
    ]) {
      await expect(refused()).rejects.toMatchObject({ kind: 'database_busy' });
    }
    await here.change('two', () => ({ description: 'x' }));
    await client.query('rollback');
  });
}, 60_000);
