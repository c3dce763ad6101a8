import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { identity, postgresAccount } from '../../control-plane/pg/account.ts';
import { freePort } from './cluster.ts';

/** Where Debian and others put it; undefined where this system has none. */
export function pgbouncerProgram(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin'];
  return folders
    .map((folder) => join(folder, 'pgbouncer'))
    .find((program) => spawnSync(program, ['--version']).status === 0);
}

/** Who logs in through it. */
export interface Passer {
  readonly user: string;
  readonly password: string;
}

/** A running pgbouncer. */
export interface Pgbouncer {
  readonly port: number;
  /** Has it replace its backends, which then log in with the settings of today. */
  readonly reconnect: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Whether it is at least version 1.`minor`. */
export function isPgbouncer(minor: number): boolean {
  const { stdout } = spawnSync(pgbouncerProgram() ?? '', ['--version'], { encoding: 'utf8' });
  return Number(/PgBouncer 1\.(\d+)/.exec(stdout)?.[1]) >= minor;
}

/**
 * Starts pgbouncer in transaction mode before a server of this machine. Few backends, so that a client seldom meets the same one twice.
 */
export async function startPgbouncer(
  port: number,
  passers: readonly Passer[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Pgbouncer> {
  const started = await launchPgbouncer(passers, (listen, users) => {
    const options = {
      listen_addr: '127.0.0.1',
      listen_port: String(listen),
      unix_socket_dir: '',
      auth_type: 'scram-sha-256',
      auth_file: users,
      pool_mode: 'transaction',
      default_pool_size: '3',
      max_client_conn: '200',
      server_round_robin: '1',
      admin_users: passers[0]?.user ?? '',
      ...settings,
    };
    const lines = Object.entries(options).map(([name, value]) => `${name} = ${value}`);
    return `[databases]\n* = host=127.0.0.1 port=${port}\n[pgbouncer]\n${lines.join('\n')}\n`;
  });
  return {
    ...started,
    reconnect: async () => {
      const { user = '', password = '' } = passers[0] ?? {};
      const console = new pg.Client({
        host: '127.0.0.1',
        port: started.port,
        user,
        password,
        database: 'pgbouncer',
      });
      await console.connect();
      await console.query('RECONNECT');
      await console.query('WAIT_CLOSE');
      await console.end();
    },
  };
}

/**
 * Starts pgbouncer with a configuration of the test's own.
 * @param configure makes its text, given the port to listen on and the file with the `passers`
 */
export async function launchPgbouncer(
  passers: readonly Passer[],
  configure: (listen: number, users: string) => string,
): Promise<Omit<Pgbouncer, 'reconnect'>> {
  const program = pgbouncerProgram();
  if (program === undefined) throw new Error('no pgbouncer is installed on this system');
  const account = postgresAccount();
  const home = mkdtempSync(join(tmpdir(), 'rowhouse-pooler-'));
  const port = await freePort();
  const users = join(home, 'users');
  const ini = join(home, 'pgbouncer.ini');
  const lines = passers.map(({ user, password }) => `"${user}" "${password}"\n`);
  writeFileSync(users, lines.join(''), { mode: 0o600 });
  writeFileSync(ini, configure(port, users));
  if (account) {
    for (const path of [home, ini, users]) chownSync(path, account.uid, account.gid);
  }
  const child = spawn(program, [ini], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...identity(account),
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-20_000);
  });
  const remove = (): void => rmSync(home, { recursive: true, force: true });
  await started(child, () => log).catch((error) => {
    remove();
    throw error;
  });
  return {
    port,
    stop: async () => {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      if (child.exitCode === null) child.kill('SIGKILL');
      else return;
      await ended;
      remove();
    },
  };
}

async function started(child: ChildProcess, log: () => string): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    if (/process up/.test(log())) return;
    if (child.exitCode !== null) break;
    await sleep(25);
  }
  throw new Error(`pgbouncer did not start:\n${log()}`);
}
