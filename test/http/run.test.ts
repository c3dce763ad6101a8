import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environment, runCli, startCli } from '../support/cli.ts';

/** What `make run` does, in a home of its own, with the server that npm brought. */
const home = mkdtempSync(join(tmpdir(), 'rowhouse-run-'));
const settings = { ROWHOUSE_HOME: home, PORT: '0' };

interface Running {
  readonly child: ChildProcess;
  readonly text: string;
  readonly url: string;
  readonly token: string;
  readonly took: number;
}

async function start(...args: readonly string[]): Promise<Running> {
  const began = Date.now();
  const child = startCli(['serve', ...args], settings, home);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const sign = args.includes('--demo') ? /The data stays/ : /serves at/;
  while (!sign.test(text)) {
    if (child.exitCode !== null) throw new Error(`serve ended:\n${text}`);
    if (Date.now() - began > 100_000) throw new Error(`serve hangs:\n${text}`);
    await sleep(20);
  }
  const url = /serves at (\S+)/.exec(text)?.[1] ?? '';
  const token = /^Token +(\S+)$/m.exec(text)?.[1] ?? '';
  return { child, text, url, token, took: Date.now() - began };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return ended;
}

function connection(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(home, 'connection.json'), 'utf8')) as Record<string, unknown>;
}

/** Processes that speak of this home in their command line. */
function left(): string[] {
  const { stdout } = spawnSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').filter((line) => line.includes(home));
}

async function gone(): Promise<boolean> {
  for (let turn = 0; turn < 200; turn += 1) {
    if (left().length === 0) return true;
    await sleep(25);
  }
  return false;
}

describe.sequential('make run', () => {
  let running: Running;

  beforeAll(async () => {
    running = await start('--demo');
  }, 120_000);
  afterAll(async () => {
    running.child.kill('SIGKILL');
    await gone();
    const data = join(home, 'postgres');
    if (existsSync(data)) rmSync(data, { recursive: true, force: true });
    rmSync(home, { recursive: true, force: true });
  });

  test('serves the seeded tenant to the printed token', async () => {
    const headers = { authorization: `Bearer ${running.token}` };
    for (const [table, rows] of [
      ['airports', 3_376],
      ['flights', 5_366],
      ['movies', 3_201],
      ['flare', 252],
    ] as const) {
      const reply = await fetch(`${running.url}/api/find/${table}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ limit: 1, count: true }),
      });
      expect(await reply.json()).toMatchObject({ success: true, total: rows });
    }
  });

  test('prints three commands that work when pasted', () => {
    const commands = running.text.split('\n').filter((line) => /^(curl|PGPASSWORD)/.test(line));
    expect(commands).toHaveLength(3);
    for (const command of commands) {
      const program = / ?(curl|psql) /.exec(command)?.[1] ?? '';
      if (spawnSync(program, ['--version']).error !== undefined) {
        expect(program === 'curl' || running.text.includes('psql is not installed')).toBe(true);
        continue;
      }
      const ran = spawnSync('sh', ['-c', command], { encoding: 'utf8', env: environment({}) });
      expect(ran.status, ran.stderr).toBe(0);
      if (program === 'curl') expect(JSON.parse(ran.stdout)).toMatchObject({ success: true });
      else expect(ran.stdout).toMatch(/\(5 rows\)/);
    }
  });

  test('keeps connection.json for its owner only, while Postgres runs', () => {
    expect(Object.keys(connection()).sort()).toEqual(['admin_url', 'database', 'host', 'port']);
    expect(statSync(join(home, 'connection.json')).mode & 0o777).toBe(0o600);
  });

  test('other commands use the running Postgres and leave it running', async () => {
    const { port } = connection();
    const listed = await runCli(['tenant', 'list'], settings, home);
    expect(listed).toMatchObject({ code: 0 });
    expect(listed.stdout).toMatch(/^demo +active/m);
    expect(connection()).toMatchObject({ port });
  });

  test('Ctrl-C: exit code 0, no process left; the second start is quick and keeps data and port', async () => {
    const { port } = connection();
    expect(await stop(running.child, 'SIGINT')).toBe(0);
    expect(await gone(), left().join('\n')).toBe(true);
    expect(existsSync(join(home, 'connection.json'))).toBe(false);
    running = await start('--demo');
    // Three seconds are promised to a user; the machine that tests may be busy.
    expect(running.took).toBeLessThan(10_000);
    expect(connection()).toMatchObject({ port });
  });

  test('kill -9 of Postgres: 503 or served, and back without a restart', async () => {
    const pid = Number(
      readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0],
    );
    process.kill(pid, 'SIGKILL');
    const ask = (): Promise<Response> =>
      fetch(`${running.url}/api/data/flare?limit=1`, {
        headers: { authorization: `Bearer ${running.token}` },
      });
    let status = 0;
    for (let turn = 0; turn < 100 && status !== 200; turn += 1) {
      status = (await ask()).status;
      expect([200, 503]).toContain(status);
      await sleep(100);
    }
    expect(status).toBe(200);
  });

  test('kill -9 of the launcher: server and Postgres go too; the next start is sound', async () => {
    running.child.kill('SIGKILL');
    expect(await gone(), left().join('\n')).toBe(true);
    running = await start();
    expect((await fetch(`${running.url}/ready`)).status).toBe(200);
    expect(await stop(running.child, 'SIGTERM')).toBe(0);
    expect(await gone()).toBe(true);
  });
});
