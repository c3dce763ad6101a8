/** kill -9 of the server under writes, of one process and of several: what was acknowledged is there, nothing half, and the next start serves at once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { environment } from '../support/cli.ts';
import { freePort } from '../support/cluster.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { monk } from '../support/monk.ts';
import { principal, tokenFor } from '../support/principal.ts';
import { type Answer, startWriters } from '../support/writers.ts';

const main = join(import.meta.dirname, '..', '..', 'control-plane', 'main.ts');

let database: TestDatabase;
let tenant: string;
let url: string;
let port: number;
let token: string;
let child: ChildProcess | undefined;
let said = '';

beforeAll(async () => {
  database = await createDatabase();
  const app = await startApp(database);
  tenant = await app.createTenant('killed');
  const boss = monk(app, principal(tenant, 'boss', { access: 'root', sudo: true }));
  await boss.define('note', {
    columns: [
      { column_name: 'n', type: 'integer' },
      { column_name: 'part', type: 'integer' },
    ],
  });
  token = await tokenFor(principal(tenant, 'ann'), app.secret);
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
});

afterEach(killAll);

async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 3_000; turn++) {
    if (await done()) return;
    await sleep(10);
  }
  throw new Error(`it does not come to that: ${what}\n${said.slice(-2_000)}`);
}

/** Workers that have served, as they tell of themselves. */
const workers = (): number[] => [
  ...new Set([...said.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid))),
];

/** All at one time, as a power cut does it. */
function killAll(): void {
  child?.kill('SIGKILL');
  for (const pid of workers()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended with its primary.
    }
  }
  said = '';
}

async function serve(...more: readonly string[]): Promise<void> {
  // Without the launcher, whose process it is not that serves.
  const started = spawn(process.execPath, [main, 'serve', '--port', String(port), ...more], {
    env: environment({
      DATABASE_URL: database.url,
      ROWHOUSE_JWT_SECRET: database.secret,
      ROWHOUSE_POOL: '8',
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [started.stdout, started.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  child = started;
  await until('it serves', () => /serves at/.test(said));
}

/** A pair of rows in one transaction of two statements. */
async function write(n: number): Promise<Answer> {
  const operation = (part: number) => ({
    operation: 'create-one',
    schema: 'note',
    data: { n, part },
  });
  try {
    const reply = await fetch(`${url}/api/bulk`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ operations: [operation(1), operation(2)] }),
    });
    await reply.text();
    return { status: reply.status };
  } catch {
    return { status: 0 };
  }
}

/** Sessions of the server at the database; the one that made the tenant rests. */
async function sessions(): Promise<number> {
  const { rows } = await database.admin.query(
    `select from pg_stat_activity where datname = current_database() and usename = 'rowhouse_gateway' and state <> 'idle'`,
  );
  return rows.length;
}

it.each([
  ['one process', []],
  ['two workers and their primary', ['--workers', '2']],
])(
  '%s',
  async (_, more) => {
    await database.admin.query(`truncate "t_${tenant}".note`);
    await serve(...more);
    const writers = startWriters(6, write);
    await writers.more(60);
    await until('every worker has served', () => workers().length === (more.length && 2));
    killAll();
    await writers.moreRefused(6);
    await until('its transactions are gone', async () => (await sessions()) === 0);
    await serve(...more);
    await writers.more(60);
    await writers.stop();
    const { rows } = await database.admin.query<{ n: number; parts: number[] }>(
      `select n::int as n, array_agg(part::int order by part) as parts from "t_${tenant}".note group by n`,
    );
    for (const { n, parts } of rows) expect(parts, `pair ${n}`).toEqual([1, 2]);
    writers.settle(rows.map(({ n }) => n));
    // What was cut off: never a status that promises something.
    expect(new Set([...writers.refused.values()].map(({ status }) => status))).toEqual(
      new Set([0]),
    );
  },
  120_000,
);
