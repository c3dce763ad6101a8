/** Postgres refuses for want of connections, of room, or because it may only be read: each request says so, none is half done, and it passes by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';
import { withClient } from '../support/sql.ts';
import { startWriters } from '../support/writers.ts';

const database: TestDatabase = await createDatabase();
let app: TestApp;
let tenant: string;
let servers = 0;

beforeEach(async () => {
  app = await startApp(database);
  tenant = await app.createTenant(`short${++servers}`);
  const boss = monk(app, principal(tenant, 'boss', { access: 'root', sudo: true }));
  const columns = [
    { column_name: 'n', type: 'integer' },
    { column_name: 'word', type: 'text' },
  ];
  await boss.define('note', { columns });
});

const write = (n: number): Promise<Reply> =>
  app.request('POST', '/api/data/note', { as: principal(tenant, 'ann'), body: { n } });

const read = (query = ''): Promise<Reply> =>
  app.request('GET', `/api/data/note${query}`, { as: principal(tenant, 'ann') });

async function stored(): Promise<number[]> {
  const { rows } = await database.admin.query<{ n: number }>(
    `select n::int as n from "t_${tenant}".note order by n`,
  );
  return rows.map(({ n }) => n);
}

/** What a reply must be that says «later». */
function expectLater({ status, headers, text, body }: Reply): void {
  expect([status, headers.get('retry-after')], text).toEqual([503, '1']);
  expect((body as { error_code?: string }).error_code).toMatch(/^DATABASE_(UNAVAILABLE|BUSY)$/);
  // Nothing of Postgres' own words.
  expect(text).not.toMatch(/limit|space|read-only|connections for/i);
}

const sessions = `pid from pg_stat_activity where usename = 'rowhouse_gateway' and datname = current_database()`;

/** Ends the server's connections, and waits until they are gone. */
async function endSessions(): Promise<void> {
  await database.admin.query(`select pg_terminate_backend(pid), ${sessions}`);
  for (let turn = 0; ; turn++) {
    if ((await database.admin.query(`select ${sessions}`)).rows.length === 0) return;
    if (turn === 500) throw new Error('sessions stay');
    await sleep(10);
  }
}

/** Waits until a write goes through, with nobody's help. */
async function recovered(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    const reply = await write(1_000_000 + turn);
    if (reply.status === 200) return;
    expectLater(reply);
    await sleep(20);
  }
  throw new Error('the server does not find back');
}

describe('too many connections', () => {
  it('for the database: 503, and those that there are go on', async () => {
    await endSessions();
    // The administrator's are counted too, but not refused.
    const { rows } = await database.admin.query<{ n: number }>(
      'select count(*)::int as n from pg_stat_activity where datname = current_database()',
    );
    const limit = (rows[0]?.n ?? 0) + 2;
    await database.admin.query(`alter database ${database.name} connection limit ${limit}`);
    const writers = startWriters(8, async (n) => {
      const reply = await write(n);
      if (reply.status !== 200) expectLater(reply);
      return reply;
    });
    await writers.moreRefused(10);
    await writers.more(10);
    await database.admin.query(`alter database ${database.name} connection limit -1`);
    await writers.more(30);
    await writers.stop();
    writers.settle(await stored());
    await recovered();
  });
});

describe('a server that may only be read', () => {
  it('refuses writes, answers reads, and writes again once it may, on new connections', async () => {
    expect((await write(1)).status).toBe(200);
    await withClient(database.url, async (admin) => {
      await admin.query(`alter database ${database.name} set default_transaction_read_only = on`);
      await endSessions();
      expectLater(await write(2));
      expect((await read()).status).toBe(200);
      expectLater(await write(3));
      await admin.query(
        `set default_transaction_read_only = off; alter database ${database.name} reset default_transaction_read_only`,
      );
    });
    // Connections of before are still to a server that may only be read.
    await recovered();
    expect((await stored()).filter((n) => n < 1_000_000)).toEqual([1]);
  });
});

describe('no room', () => {
  it('for what a statement has to put aside (53400): only that statement fails', async () => {
    await database.admin.query(
      `insert into "t_${tenant}".note (n, word) select g, repeat(md5(g::text), 30) from generate_series(1, 3000) as g;
       alter database ${database.name} set temp_file_limit = '64kB';
       alter database ${database.name} set work_mem = '64kB'`,
    );
    await endSessions();
    expectLater(await read('?order=word&limit=10000'));
    expect((await read('?limit=5')).status).toBe(200);
    await database.admin.query(
      `alter database ${database.name} reset temp_file_limit; alter database ${database.name} reset work_mem`,
    );
    await endSessions();
    expect((await read('?order=word&limit=10000')).status).toBe(200);
  });

  it('for what is written (53100): nothing of the request stays, in one statement or several', async () => {
    await database.admin.query(
      `create function full_disk() returns trigger language plpgsql as
         $$ begin raise 'could not extend file "base/1/2": No space left on device' using errcode = '53100'; end $$;
       create trigger full_disk after insert on "t_${tenant}".note for each row
         when (new.n >= 100) execute function full_disk()`,
    );
    const boss = monk(app, principal(tenant, 'boss', { access: 'root' }));
    expectLater(await write(100));
    expectLater(await boss.send('POST', '/api/data/note', [{ n: 1 }, { n: 2 }, { n: 100 }]));
    const operation = (n: number) => ({ operation: 'create-one', schema: 'note', data: { n } });
    const operations = [operation(3), operation(101)];
    expectLater(await boss.send('POST', '/api/bulk', { operations }));
    expect(await stored()).toEqual([]);
    expect((await write(4)).status).toBe(200);
    await database.admin.query(`drop trigger full_disk on "t_${tenant}".note`);
    expect((await boss.send('POST', '/api/bulk', { operations })).status).toBe(200);
    expect(await stored()).toEqual([3, 4, 101]);
    await database.admin.query('drop function full_disk()');
  });
});
