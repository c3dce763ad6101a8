import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Account, identity, postgresAccount } from './account.ts';
import { type Binaries, libraryPath } from './binaries.ts';
import { type Lifeline, takeLifeline } from './lifeline.ts';
import { dropStalePidFile, readPostmaster, stopServer } from './postmaster.ts';

const run = promisify(execFile);

/** Where a cluster lives and how it is run. */
export interface ClusterOptions {
  readonly binaries: Binaries;
  /** Absolute path; made when absent. */
  readonly dataDir: string;
  /** Loopback port; a free one when absent. */
  readonly port?: number;
  /** Of the superuser `postgres`. */
  readonly password: string;
  readonly logFile: string;
  /** Who Postgres runs as; absent: decided by {@link postgresAccount}. */
  readonly account?: Account;
  /** Configuration on top of the usual one. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Data that may be lost with the machine (tests, bench): no fsync. */
  readonly throwaway?: boolean;
  /** Files to remove when the last user of the cluster has gone. */
  readonly leftovers?: readonly string[];
}

/** A running cluster. */
export interface Cluster {
  readonly host: string;
  readonly port: number;
  readonly major: number;
  /** Connection string of the superuser for a database of the cluster. */
  url(database: string): string;
  /** Process id of the postmaster. */
  pid(): number;
  /** Lets go without stopping: Postgres ends when the last process that holds it does. */
  leave(): Promise<void>;
  /** Fast shutdown, then lets go. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Makes the cluster when there is none, starts it and waits until it takes connections. The server is in a session of its own, so a
 * Ctrl-C meant for us does not reach it; when this process dies, however hard, the server is shut down (see lifeline.ts).
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const account = options.account ?? postgresAccount(options.dataDir);
  await initCluster(options, account);
  const port = options.port ?? (await freePort());
  const lifeline = await takeLifeline(options.dataDir, options.leftovers ?? []);
  try {
    await startServer(options, account, port);
  } catch (error) {
    await lifeline.drop();
    throw error;
  }
  return clusterAt(options, port, lifeline);
}

/** A cluster that some other process started, held from now on like one of our own. */
export async function joinCluster(options: ClusterOptions, port: number): Promise<Cluster> {
  return clusterAt(options, port, await takeLifeline(options.dataDir, options.leftovers ?? []));
}

/** A TCP port on loopback that nobody listens on at the moment; `wanted` when it is one. */
export async function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (wanted !== 0 && error.code === 'EADDRINUSE') resolve(freePort());
      else reject(error);
    });
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : wanted));
    });
  });
}

function clusterAt(options: ClusterOptions, port: number, lifeline: Lifeline): Cluster {
  const { dataDir, password } = options;
  return {
    host: '127.0.0.1',
    port,
    major: options.binaries.major,
    url: (database) =>
      `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    pid: () => {
      const found = readPostmaster(dataDir);
      if (found === undefined) throw new Error('the server is not running');
      return found.pid;
    },
    leave: () => lifeline.drop(),
    stop: async () => {
      await stopServer(dataDir);
      await lifeline.drop();
    },
  };
}

async function initCluster(options: ClusterOptions, account: Account | undefined): Promise<void> {
  const { dataDir, binaries } = options;
  const marker = join(dataDir, 'PG_VERSION');
  if (existsSync(marker)) {
    const major = Number(readFileSync(marker, 'utf8'));
    if (major === binaries.major) return;
    throw new Error(
      `${dataDir} was made by Postgres ${major}, this is ${binaries.major}: dump it with the old one, or move it away`,
    );
  }
  // Built aside and renamed: a start that is killed half-way leaves no half cluster behind.
  const draft = join(dirname(dataDir), `${basename(dataDir)}.new`);
  const secret = `${draft}.password`;
  rmSync(draft, { recursive: true, force: true });
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  writeFileSync(secret, options.password, { mode: 0o600 });
  for (const path of account === undefined ? [] : [draft, secret]) {
    chownSync(path, account?.uid ?? 0, account?.gid ?? 0);
  }
  try {
    await run(
      join(binaries.binDir, 'initdb'),
      [
        ...['-D', draft, '-U', 'postgres', '-E', 'UTF8', ...locale(binaries.major)],
        ...['--auth=scram-sha-256', `--pwfile=${secret}`, '--no-instructions'],
        ...(options.throwaway ? ['--no-sync'] : []),
      ],
      { cwd: '/', env: libraryPath(binaries.libDir), ...identity(account) },
    );
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    const { stderr } = error as { stderr?: string };
    throw new Error(`the database cluster could not be made: ${lastLine(stderr) || String(error)}`);
  } finally {
    rmSync(secret, { force: true });
  }
  renameSync(draft, dataDir);
}

/**
 * Byte order for sorting and Unicode for upper and lower: the same on every machine. From 17 Postgres brings that itself; before, the
 * system's C.UTF-8 does.
 */
function locale(major: number): string[] {
  return major >= 17
    ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
    : ['--locale=C.UTF-8', '--lc-messages=C'];
}

async function startServer(
  options: ClusterOptions,
  account: Account | undefined,
  port: number,
): Promise<void> {
  const { dataDir, logFile } = options;
  // After a hard crash, orphaned backends hold the shared memory for a moment and the server refuses until they are gone.
  for (let attempt = 1; ; attempt += 1) {
    dropStalePidFile(dataDir);
    const before = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
    if (await attemptStart(options, account, port)) return;
    const said = readFileSync(logFile, 'utf8').slice(before);
    const passing = /pre-existing shared memory block|could not create lock file/.test(said);
    if (attempt === 40 || !passing) throw new Error(`Postgres did not start: ${fatalLine(said)}`);
    await sleep(250);
  }
}

async function attemptStart(
  options: ClusterOptions,
  account: Account | undefined,
  port: number,
): Promise<boolean> {
  const { binaries, dataDir, logFile } = options;
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a', 0o600);
  chmodSync(logFile, 0o600);
  const settings = { ...usual, ...(options.throwaway ? throwaway : {}), ...options.settings };
  const flags = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const server = spawn(join(binaries.binDir, 'postgres'), ['-D', dataDir, ...flags], {
    cwd: '/',
    env: libraryPath(binaries.libDir),
    detached: true,
    stdio: ['ignore', log, log],
    ...identity(account),
  });
  closeSync(log);
  let ended = false;
  server.once('error', () => {
    ended = true;
  });
  server.once('exit', () => {
    ended = true;
  });
  server.unref();
  for (const deadline = Date.now() + 120_000; !ended; await sleep(15)) {
    const found = readPostmaster(dataDir);
    if (found?.pid === server.pid && found?.status === 'ready') return true;
    if (Date.now() > deadline) throw new Error(`Postgres does not get ready, see ${logFile}`);
  }
  return false;
}

const usual: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // No socket: its folder may lie where the server's user can't go, and passwords over loopback do.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  // Policies make every plan look expensive; compiling it costs more than it saves on statements of milliseconds.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  cluster_name: 'rowhouse',
};

const throwaway: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
};

function fatalLine(log: string): string {
  const lines = log.split('\n').filter((line) => /FATAL|could not|error while loading/.test(line));
  return (lines.at(-1) ?? lastLine(log)).replace(/^.*?FATAL:\s+/, '') || 'it said nothing';
}

function lastLine(text = ''): string {
  return text.trim().split('\n').at(-1) ?? '';
}
