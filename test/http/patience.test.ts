/** Requests that wait, and those that nobody waits for any more: none holds what others need, and what a caller gave up is not done. */
import { request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { monk } from '../support/monk.ts';
import { principal, tokenFor } from '../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database, { ROWHOUSE_POOL: '2', ROWHOUSE_STATEMENT_TIMEOUT: '60s' });
  tenant = await app.createTenant('waits');
  const boss = monk(app, principal(tenant, 'boss', { access: 'root', sudo: true }));
  await boss.define('note', { columns: [{ column_name: 'n', type: 'integer' }] });
  // Writes of odd numbers go on once the door is open: a lock would be given up sooner.
  await database.admin.query(
    `create table door (open boolean); insert into door values (false); grant select on door to public;
     create function wait_for_door() returns trigger language plpgsql as
       $$ begin
            while not (select open from public.door) loop perform pg_sleep(0.01); end loop;
            return null;
          end $$;
     create trigger wait_for_door after insert on "t_${tenant}".note for each row
       when (new.n % 2 = 1) execute function wait_for_door()`,
  );
});

afterEach(() => setDoor(false));

const setDoor = (open: boolean) => database.admin.query('update door set open = $1', [open]);

const write = (n: number): Promise<Reply> =>
  app.request('POST', '/api/data/note', { as: principal(tenant, 'ann'), body: { n } });

async function stored(): Promise<number[]> {
  const { rows } = await database.admin.query<{ n: number }>(
    `select n::int as n from "t_${tenant}".note order by n`,
  );
  return rows.map(({ n }) => n);
}

/** Waits until so many statements of the server are under way. */
async function underWay(count: number): Promise<void> {
  for (let turn = 0; turn < 1_000; turn++) {
    const { rows } = await database.admin.query(
      `select from pg_stat_activity where usename = 'rowhouse_gateway' and datname = current_database() and state <> 'idle'`,
    );
    if (rows.length === count) return;
    await sleep(10);
  }
  throw new Error(`it does not come to ${count} statements under way`);
}

/** The server has seen what was sent before. */
async function roundTrips(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await app.request('GET', '/health');
}

/** Sends a request and says how to hang up on it. */
async function start(path: string, body: object): Promise<() => void> {
  const token = await tokenFor(principal(tenant, 'ann'), app.secret);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const message = send(app.url + path, { method: 'POST', headers, agent: false });
  message.on('error', () => undefined);
  message.end(JSON.stringify(body));
  return () => message.destroy();
}

it('all connections busy for longer than 5 s: 503 and when to come again; the others end well', async () => {
  const busy = [write(1), write(3)];
  await underWay(2);
  const began = performance.now();
  const as = principal(tenant, 'ann', { roles: ['PGREST_READ'] });
  const refused = await Promise.all([
    write(2),
    app.request('GET', '/api/apps/default/datatables/note/data/', { as }),
    app.request('GET', '/v3/pgrest/data/note', { as }),
    app.request('POST', '/data-svc/objects', { as, body: { table: 'note' } }),
  ]);
  const waited = performance.now() - began;
  for (const { status, headers, text } of refused) {
    expect([status, headers.get('retry-after')], text).toEqual([503, '1']);
  }
  // Not at once: a connection might have come free.
  expect(waited).toBeGreaterThan(4_000);
  await setDoor(true);
  expect((await Promise.all(busy)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await write(8)).status).toBe(200);
  expect(await stored()).toEqual([1, 3, 8]);
});

it('who hangs up ends the statement in Postgres too, of one and of several, and nothing of it stays', async () => {
  const before = await stored();
  const operation = (n: number) => ({ operation: 'create-one', schema: 'note', data: { n } });
  const hangUp = [
    await start('/api/data/note', { n: 11 }),
    await start('/api/bulk', { operations: [operation(12), operation(13)] }),
  ];
  await underWay(2);
  for (const each of hangUp) each();
  await underWay(0);
  await setDoor(true);
  // On the very connections, which are clean.
  const replies = await Promise.all([14, 15, 16, 17].map(write));
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(await stored()).toEqual([...before, 14, 15, 16, 17]);
});

it('who hangs up while waiting for a connection is not served later', async () => {
  const before = await stored();
  const busy = [write(21), write(23)];
  await underWay(2);
  const hangUp = await start('/api/data/note', { n: 22 });
  await roundTrips();
  hangUp();
  await roundTrips();
  await setDoor(true);
  expect((await Promise.all(busy)).map(({ status }) => status)).toEqual([200, 200]);
  await underWay(0);
  expect((await write(24)).status).toBe(200);
  expect(await stored()).toEqual([...before, 21, 23, 24]);
});
