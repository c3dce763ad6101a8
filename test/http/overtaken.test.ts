/** A definition commits between a request's look at the catalog's version and its statement: it is planned anew, and answers by the new one. */
import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { TableDraft } from '../../control-plane/model/table.ts';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { type Evolver, evolver, makeTenant, withColumn } from '../support/evolution.ts';
import { type Gate, gate, lockAwaited } from '../support/overtake.ts';
import { principal } from '../support/principal.ts';
import { column } from '../unit/compile/samples.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let here: Evolver;
let door: Gate;
let name: string;
let tables = 0;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = database.slug('late');
  await makeTenant(database, tenant);
  door = gate();
  here = evolver(database, tenant, { through: door.before });
});

beforeEach(async () => {
  name = `things${++tables}`;
  await here.create(name, [
    column('word', { base: 'text' }, { unique: true }),
    column('n', { base: 'integer' }),
  ]);
  await database.admin.query(
    `insert into "t_${tenant}"."${name}" (word, n) select g::text, g from generate_series(1, 30) as g`,
  );
});

const send = (method: string, path: string, body?: unknown): Promise<Reply> =>
  app.request(method, path, {
    as: principal(tenant, 'ann', { access: 'root', sudo: true }),
    ...(typeof body === 'string' ? { raw: body, headers: { 'content-type': 'text/csv' } } : {}),
    ...(typeof body === 'object' ? { body } : {}),
  });

/** The answer to a request that waits for the table while the definition commits. */
async function overtaken(define: () => Promise<unknown>, request: () => Promise<Reply>) {
  // So that the server has the definitions of before at hand, and its statements prepared.
  await request();
  door.shut();
  const defined = define();
  await Promise.race([door.reached(), defined]);
  const asked = request();
  await lockAwaited(database);
  door.open();
  await defined;
  return asked;
}

const retyped = (from: string) => () =>
  here.change(name, withColumn(from, { type: { base: 'bigint' } }), { allowDataLoss: true });
const turned = (from: string) => () =>
  here.change(name, withColumn(from, { type: { base: 'text' } }), { allowDataLoss: true });
const renamed = () => here.change(name, withColumn('n', { name: 'm' }));
const dropped = () =>
  here.change(
    name,
    (draft: TableDraft) => ({ columns: draft.columns.filter((each) => each.name !== 'n') }),
    { allowDataLoss: true },
  );

const data = ({ body }: Reply) => (body as { data: readonly Record<string, unknown>[] }).data;
const stored = async (): Promise<number> => {
  const { rows } = await database.admin.query(`select from "t_${tenant}"."${name}"`);
  return rows.length;
};

it('a condition meets a column of another type', async () => {
  const reply = await overtaken(turned('n'), () =>
    send('POST', `/api/find/${name}`, { where: { n: '7' } }),
  );
  expect([reply.status, reply.text]).toEqual([200, expect.stringContaining('"n":"7"')]);
});

it('rows are written into a column of another type', async () => {
  let at = 0;
  const reply = await overtaken(retyped('word'), () =>
    send('POST', `/api/data/${name}`, { word: String(1_000 + ++at), n: 5 }),
  );
  expect([reply.status, reply.text]).toEqual([200, expect.stringContaining('"word":1002')]);
  expect(await stored()).toBe(32);
});

it('a column that is read gets another type', async () => {
  const reply = await overtaken(retyped('word'), () => send('GET', `/api/data/${name}?limit=100`));
  expect([reply.status, data(reply).length]).toEqual([200, 30]);
  expect(data(reply).every(({ word }) => typeof word === 'number')).toBe(true);
});

it('a column is renamed, or goes: a reader gets the others', async () => {
  const path = `/api/data/${name}?limit=100`;
  const first = await overtaken(renamed, () => send('GET', path));
  expect([first.status, data(first).length]).toEqual([200, 30]);
  expect(Object.keys(data(first)[0] ?? {})).toContain('m');
});

it('who names a column that goes is told so', async () => {
  const reply = await overtaken(dropped, () =>
    send('POST', `/api/find/${name}`, { where: { n: 7 } }),
  );
  expect([reply.status, reply.text]).toEqual([400, expect.stringContaining('n')]);
});

it('who names a table that goes is told so', async () => {
  const reply = await overtaken(
    () =>
      here.define({
        kind: 'drop_table',
        table: { app: 'default', name },
        retain: false,
        dependents: 'refuse',
      }),
    () => send('GET', `/api/data/${name}`),
  );
  expect(reply.status, reply.text).toBe(404);
});

it('what an upsert tells rows apart by is unique no more', async () => {
  const reply = await overtaken(
    () => here.change(name, withColumn('word', { unique: false })),
    () =>
      send('POST', `/api/apps/default/datatables/${name}/data/upsert/?unique_fields=word`, [
        { word: '7', n: 70 },
      ]),
  );
  expect(reply.status, reply.text).toBe(400);
  expect(await stored()).toBe(30);
});

it('the rows of a file are loaded into the new type', async () => {
  let at = 0;
  const reply = await overtaken(retyped('word'), () =>
    send(
      'POST',
      `/api/apps/default/datatables/${name}/data/import/?format=csv`,
      `word,n\n${1_000 + ++at},1\n`,
    ),
  );
  expect([reply.status, reply.text]).toEqual([200, expect.stringContaining('"inserted":1')]);
  expect(await stored()).toBe(32);
});

it('a file of all rows holds all rows, though the table was written anew', async () => {
  const reply = await overtaken(retyped('word'), () =>
    send('GET', `/api/apps/default/datatables/${name}/export/?format=json`),
  );
  expect(reply.status).toBe(200);
  const rows = JSON.parse(reply.text) as readonly { word: unknown }[];
  expect(rows.map(({ word }) => word).toSorted()).toEqual(
    Array.from({ length: 30 }, (_, at) => at + 1).toSorted(),
  );
});
