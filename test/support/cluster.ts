import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Account, identity, postgresAccount } from '../../control-plane/pg/account.ts';
import { type Binaries, embeddedBinaries, libraryPath } from '../../control-plane/pg/binaries.ts';

const run = promisify(execFile);

/** A Postgres cluster of the tests' own: throwaway data, loopback only, password authentication. */
export interface Cluster {
  readonly port: number;
  readonly version: number;
  /** Connection string of the superuser for a database of the cluster. */
  url(database: string): string;
  /** Process id of the postmaster, for tests that kill it. */
  pid(): number;
  /** kill -9 of the postmaster and its children, as a power cut would do to the processes. */
  crash(): Promise<void>;
  /** Stops the server as `pg_ctl stop` does in that mode; the data stay. */
  halt(mode: 'fast' | 'immediate'): Promise<void>;
  /** Starts the server again on the same port and data. */
  start(): Promise<void>;
  /** Stops the server and removes the data. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts a private cluster from the programs in `binDir`, else the embedded ones. Written apart from the product's own
 * starter on purpose: the crash test must be able to kill the server and start it again on the same data.
 */
export async function startPrivateCluster(
  options: { durable?: boolean; binDir?: string } = {},
): Promise<Cluster> {
  const account = postgresAccount();
  const { binDir, libDir, major } = binaries(options.binDir, account);
  const home = mkdtempSync(join(tmpdir(), 'rowhouse-test-'));
  const data = join(home, 'data');
  const password = randomBytes(18).toString('hex');
  const secret = join(home, 'password');
  writeFileSync(secret, password, { mode: 0o600 });
  const ids = identity(account);
  if (account !== undefined) {
    chownSync(home, account.uid, account.gid);
    chownSync(secret, account.uid, account.gid);
  }
  const env = { ...libraryPath(libDir), TZ: 'UTC' };
  const locale =
    major >= 17
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
      : ['--locale=C.UTF-8'];
  await run(
    join(binDir, 'initdb'),
    ['-D', data, '-U', 'postgres', '-E', 'UTF8', ...locale, `--pwfile=${secret}`].concat([
      '--auth=scram-sha-256',
      '--no-sync',
      '--no-instructions',
    ]),
    { env, cwd: home, ...ids },
  );
  const port = await freePort();
  const durable = options.durable === true;
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: durable ? 'on' : 'off',
    synchronous_commit: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
    shared_buffers: '64MB',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    autovacuum_naptime: '1min',
    max_wal_size: '512MB',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

  let child: ChildProcess | undefined;
  let log = '';
  const url = (database: string): string =>
    `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;

  async function start(): Promise<void> {
    // Orphaned backends of a crash hold the shared memory for a moment: the next start refuses until they are gone.
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await attemptStart();
      } catch (error) {
        if (attempt === 20) throw error;
        await sleep(250);
      }
    }
  }

  async function attemptStart(): Promise<void> {
    const started = spawn(join(binDir, 'postgres'), ['-D', data, ...flags], {
      cwd: home,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...ids,
    });
    started.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-20_000);
    });
    child = started;
    for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
      if (started.exitCode !== null || started.signalCode !== null) {
        throw new Error(`the test cluster did not start:\n${log}`);
      }
      if (await answers(url('postgres'))) return;
      if (Date.now() > deadline) throw new Error(`the test cluster does not answer:\n${log}`);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()));
    ending.kill(signal);
    // A fast stop waits for a checkpoint; nobody needs the data, so patience is short.
    await Promise.race([ended, sleep(15_000, undefined, { ref: false })]);
    if (ending.exitCode === null && ending.signalCode === null) ending.kill('SIGKILL');
    await ended;
  }

  const onExit = (): void => {
    child?.kill('SIGQUIT');
    rmSync(home, { recursive: true, force: true });
  };
  process.once('exit', onExit);

  await start();
  return {
    port,
    version: major,
    url,
    start,
    pid: () => {
      if (child?.pid === undefined) throw new Error('the cluster is not running');
      return child.pid;
    },
    crash: async () => {
      const pid = child?.pid;
      if (pid === undefined) throw new Error('the cluster is not running');
      const children = await childrenOf(pid);
      await end('SIGKILL');
      for (const each of children) killQuietly(each);
    },
    halt: (mode) => end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT'),
    stop: async () => {
      await end('SIGINT');
      process.removeListener('exit', onExit);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Test runs name the folder in ROWHOUSE_TEST_PG_BIN; the server itself knows no such setting. */
function binaries(binDir: string | undefined, account: Account | undefined): Binaries {
  if (binDir === undefined) return embeddedBinaries(account);
  const major = /PostgreSQL\) (\d+)/.exec(
    spawnSync(join(binDir, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout,
  )?.[1];
  if (major === undefined) throw new Error(`no Postgres in ${binDir}`);
  return { binDir, major: Number(major) };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Child processes, where the system shows them in /proc; elsewhere none: orphaned backends end by themselves. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text
    .split(' ')
    .map(Number)
    .filter((each) => each > 0);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

/** A TCP port nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}
