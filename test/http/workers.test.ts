/** Several processes on one port: one service to its callers, whichever of them answers. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { startCli } from '../support/cli.ts';
import { createDatabase } from '../support/database.ts';
import { principal, tokenFor } from '../support/principal.ts';

let child: ChildProcess;
let url: string;
let text = '';
let token: string;

beforeAll(async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const tenant = await app.createTenant('crew');
  token = await tokenFor(principal(tenant, 'root', { access: 'root' }), app.secret);
  child = startCli(['serve', '--port', '0', '--workers', '2'], {
    DATABASE_URL: database.url,
    ROWHOUSE_JWT_SECRET: app.secret,
    ROWHOUSE_RATE_LIMIT: '40/60',
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  await until(() => /serves at/.test(text));
  url = /serves at (\S+)/.exec(text)?.[1] ?? '';
}, 60_000);

afterAll(() => child?.kill('SIGKILL'));

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 1_000; turn++) {
    if (await done()) return;
    if (child.exitCode !== null) throw new Error(`serve ended:\n${text}`);
    await sleep(20);
  }
  throw new Error(`it does not come to that:\n${text}`);
}

/** Each on a connection of its own, so that the workers take turns. */
async function send(method: string, path: string, body?: object) {
  return fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
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
