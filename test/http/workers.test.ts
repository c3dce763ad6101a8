/** Several processes on one port: one service to its callers, whichever of them answers. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { startCli } from '../support/cli.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { principal, tokenFor } from '../support/principal.ts';

let child: ChildProcess;
let url: string;
let text = '';
let token: string;
let tenant: string;
let secret: string;
let database: TestDatabase;
/** Connections of others than the workers. */
let others: readonly number[];

/** Of the server's role to Postgres. */
async function connections(): Promise<number[]> {
  const { rows } = await database.admin.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and usename = 'rowhouse_gateway'`,
  );
  return rows.map(({ pid }) => pid);
}

beforeAll(async () => {
  database = await createDatabase();
  const app = await startApp(database);
  tenant = await app.createTenant('crew');
  secret = app.secret;
  token = await tokenFor(principal(tenant, 'root', { access: 'root' }), app.secret);
  others = await connections();
  child = startCli(['serve', '--port', '0', '--workers', '2'], {
    DATABASE_URL: database.url,
    ROWHOUSE_JWT_SECRET: app.secret,
    ROWHOUSE_RATE_LIMIT: '40/60',
    ROWHOUSE_POOL: '5',
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  await until(() => /serves at/.test(text));
  url = /serves at (\S+)/.exec(text)?.[1] ?? '';
}, 120_000);

afterAll(() => child?.kill('SIGKILL'));

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 4_000; turn++) {
    if (await done()) return;
    if (child.exitCode !== null) throw new Error(`serve ended:\n${text}`);
    await sleep(20);
  }
  throw new Error(`it does not come to that:\n${text}`);
}

/** Each on a connection of its own, so that the workers take turns. */
async function send(method: string, path: string, body?: object, as = token) {
  return fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${as}`,
      connection: 'close',
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

async function workersSeen(): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let n = 0; n < 40; n++) {
    const reply = await fetch(`${url}/metrics`, { headers: { connection: 'close' } });
    seen.add(/worker="(\d+)"/.exec(await reply.text())?.[1] ?? 'none');
  }
  return seen;
}

describe('workers', () => {
  it('serve together, and each knows at once what another was told', async () => {
    expect((await workersSeen()).size).toBe(2);
    const columns = [{ column_name: 'a', type: 'text' }];
    const made = await send('POST', '/api/describe/crewed', { columns, status: 'active' });
    expect(made.status, await made.text()).toBe(200);
    for (let n = 0; n < 10; n++) {
      expect((await send('GET', '/api/data/crewed')).status).toBe(200);
    }
  });

  it('learn of each change before the next request, whichever made it', async () => {
    // Somebody else: the allowance of the caller above is counted below.
    const other = await tokenFor(principal(tenant, 'other', { access: 'root' }), secret);
    const ask = (method: string, path: string, body?: object) => send(method, path, body, other);
    for (let n = 0; n < 4; n++) {
      const column = { [`b${n}`]: n };
      const added = await ask('POST', `/api/describe/crewed/b${n}`, { type: 'integer' });
      expect(added.status, await added.text()).toBe(200);
      const made = await ask('POST', '/api/data/crewed', column);
      expect(await made.json()).toMatchObject({ data: column });
    }
    const gone = await ask('DELETE', '/api/describe/crewed/b0');
    expect(gone.status, await gone.text()).toBe(200);
    for (let n = 0; n < 4; n++) {
      expect((await ask('POST', '/api/data/crewed', { b0: 1 })).status).toBe(400);
    }
  });

  it('share the connections', async () => {
    const most = new Set<number>();
    let asking = true;
    const watch = (async () => {
      while (asking) {
        const now = (await connections()).filter((pid) => !others.includes(pid));
        for (const pid of now) most.add(pid);
        expect(now.length).toBeLessThanOrEqual(4);
        await sleep(5);
      }
    })();
    for (let turn = 0; turn < 3; turn++) {
      // Nobody's allowance: a caller for each turn.
      const who = await tokenFor(principal(tenant, `many ${turn}`, { access: 'root' }), secret);
      const replies = await Promise.all(
        Array.from({ length: 30 }, () => send('GET', '/api/data/crewed', undefined, who)),
      );
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    }
    asking = false;
    await watch;
    // Five for two: two each. More than one of them has, so both were at work; a fast one may do with less than its share.
    expect(most.size).toBeGreaterThan(2);
  });

  it('count allowances as one', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 40; n++) statuses.push((await send('GET', '/api/data/crewed')).status);
    // Ten were used above.
    expect(statuses.filter((status) => status === 200)).toHaveLength(30);
    expect(statuses.at(-1)).toBe(429);
  });

  it('are replaced when they end, and end with their primary', async () => {
    const pids = (): number[] => [...text.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
    const [pid] = pids();
    if (pid === undefined) throw new Error('no worker told its process');
    process.kill(pid, 'SIGKILL');
    await until(() => /is replaced/.test(text));
    await until(async () => (await fetch(`${url}/ready`)).status === 200);
    await until(async () => (await workersSeen()).size === 2);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    const alive = [...new Set(pids())].filter((each) => {
      try {
        return process.kill(each, 0);
      } catch {
        return false;
      }
    });
    expect(alive).toEqual([]);
  }, 60_000);
});
