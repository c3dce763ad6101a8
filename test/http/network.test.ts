/** The network between server and database fails: what was acknowledged is there, what failed says so, and nobody has to mend it by hand. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Reply, startAppOn, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { monk } from '../support/monk.ts';
import { type Network, openNetwork } from '../support/network.ts';
import { principal } from '../support/principal.ts';
import { startWriters } from '../support/writers.ts';

let database: TestDatabase;
let network: Network;
let app: TestApp;
let tenant: string;

beforeAll(async () => {
  database = await createDatabase();
  network = await openNetwork(database.url);
  database.onClose(() => network.close());
  const settings = { ROWHOUSE_STATEMENT_TIMEOUT: '1s', ROWHOUSE_POOL: '4' };
  app = await startAppOn(network.url, database.secret, settings, database.slug);
  database.onClose(() => app.close());
  tenant = await app.createTenant('net');
  const boss = monk(app, principal(tenant, 'boss', { access: 'root', sudo: true }));
  await boss.define('note', { columns: [{ column_name: 'n', type: 'integer' }] });
});

const write = (n: number): Promise<Reply> =>
  app.request('POST', '/api/data/note', { as: principal(tenant, 'ann'), body: { n } });

const read = (table: string): Promise<Reply> =>
  app.request('GET', `/api/data/${table}`, { as: principal(tenant, 'ann') });

async function stored(): Promise<number[]> {
  const { rows } = await database.admin.query<{ n: number }>(
    `select n::int as n from "t_${tenant}".note order by n`,
  );
  return rows.map(({ n }) => n);
}

/** 503, and when to come again. */
function isLater({ status, headers }: Reply): boolean {
  return status === 503 && /^\d+$/.test(headers.get('retry-after') ?? '');
}

async function recovered(): Promise<void> {
  for (let turn = 0; turn < 400; turn++) {
    if ((await read('note')).status === 200) return;
    await sleep(50);
  }
  throw new Error('the server does not find back');
}

describe('connections that are reset', () => {
  it('fail the requests on them and nothing else', async () => {
    const writers = startWriters(3, async (n) => {
      const reply = await write(n);
      if (reply.status !== 200) expect(isLater(reply), reply.text).toBe(true);
      return reply;
    });
    for (let round = 0; round < 5; round++) {
      await writers.more(20);
      network.cut();
    }
    await writers.more(20);
    await writers.stop();
    writers.settle(await stored());
  });
});

describe('a database that has gone without a word', () => {
  it('is given up after the time that a statement may take, whatever was asked of it', async () => {
    await recovered();
    const before = await stored();
    network.hush();
    const replies = await Promise.all([
      write(1_000_001),
      read('note'),
      // Asks whether the definitions are current before it says no.
      read('nowhere'),
      app.request('GET', '/ready'),
    ]);
    for (const reply of replies) expect(isLater(reply), reply.text).toBe(true);
    expect((await app.request('GET', '/health')).status).toBe(200);
    network.mend();
    await recovered();
    expect((await app.request('GET', '/ready')).status).toBe(200);
    expect((await write(1_000_002)).status).toBe(200);
    expect(await stored()).toEqual([...before, 1_000_002]);
  });

  it('is given up when it goes just after a connection was made', async () => {
    await recovered();
    network.hushAfterLogin();
    network.cut();
    // As many as the pool has connections: none may stay lost.
    const replies = await Promise.all(Array.from({ length: 4 }, () => read('note')));
    expect(replies.every(isLater)).toBe(true);
    network.mend();
    await recovered();
    const again = await Promise.all(Array.from({ length: 4 }, () => read('note')));
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });
});
