import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { type Account, canReach, postgresAccount } from './account.ts';
import { commonGround, embeddedBinaries } from './binaries.ts';
import {
  type Cluster,
  type ClusterOptions,
  freePort,
  joinCluster,
  startCluster,
} from './cluster.ts';
import { isAlive, withLock } from './lock.ts';
import { findServer } from './postmaster.ts';

/** The one database of the embedded cluster that is ours. */
const database = 'rowhouse';

/** Where the embedded Postgres lives. */
export interface EmbeddedOptions {
  /** ROWHOUSE_HOME. */
  readonly home: string;
  /** ROWHOUSE_PG_PORT; absent: a free one, kept once chosen. */
  readonly port?: number;
  /** Told in words of slow or odd things: first start, another port. */
  readonly notice?: (text: string) => void;
}

/** The embedded Postgres, held by this process until released. */
export interface Embedded {
  readonly host: string;
  readonly port: number;
  /** Connection string of the superuser: what DATABASE_URL would be. */
  readonly adminUrl: string;
  /** True when this call started the server, false when it was running already. */
  readonly started: boolean;
  /** Brings the server back, on the same port and data, when it dies while we hold it. */
  supervise(): void;
  /** Lets go; the last process to do so shuts the server down and waits for its end. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * The embedded Postgres of a home: joins the running one, else starts it, else makes it first. Safe to call from several processes
 * at once. `connection.json` is there exactly while the server runs.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const home = prepareHome(resolve(options.home));
  const lock = join(home, 'lock');
  let opened = await withLock(lock, () => open(home, options));
  const port = opened.cluster.port;
  const lease = join(home, 'users', `${process.pid}-${randomBytes(3).toString('hex')}`);
  writeFileSync(lease, '', { mode: 0o600 });
  let watch: NodeJS.Timeout | undefined;
  let released: Promise<void> | undefined;

  async function revive(): Promise<void> {
    await withLock(lock, async () => {
      if (released !== undefined || (await findServer(opened.dataDir)) !== undefined) return;
      options.notice?.('Postgres has ended unexpectedly: starting it again');
      const earlier = opened.cluster;
      opened = await open(home, { ...options, port });
      await earlier.leave();
    });
  }

  function look(): void {
    watch = setTimeout(() => {
      if (isServing(opened.dataDir)) return look();
      revive()
        .catch((error: unknown) => options.notice?.(String(error)))
        .finally(() => {
          if (released === undefined) look();
        });
    }, 250);
    watch.unref();
  }

  async function release(): Promise<void> {
    clearTimeout(watch);
    await withLock(lock, async () => {
      rmSync(lease, { force: true });
      if (othersUse(home)) return opened.cluster.leave();
      rmSync(join(home, 'connection.json'), { force: true });
      await opened.cluster.stop();
    });
  }

  return {
    host: opened.cluster.host,
    port,
    adminUrl: opened.cluster.url(database),
    started: opened.started,
    supervise: () => {
      if (watch === undefined) look();
    },
    release: () => {
      released ??= release();
      return released;
    },
  };
}

interface Opened {
  readonly cluster: Cluster;
  readonly dataDir: string;
  readonly started: boolean;
}

async function open(home: string, options: EmbeddedOptions): Promise<Opened> {
  const { dataDir, account } = place(home);
  const connection = join(home, 'connection.json');
  const cluster: Omit<ClusterOptions, 'port'> = {
    binaries: embeddedBinaries(account),
    dataDir,
    ...(account === undefined ? {} : { account }),
    password: kept(join(home, 'postgres-password'), () => randomBytes(24).toString('hex')),
    logFile: freshLog(join(home, 'logs', 'postgres.log')),
    leftovers: [connection],
  };
  const running = await findServer(dataDir);
  if (running !== undefined) {
    const joined = await joinCluster(cluster, running);
    writeConnection(connection, joined);
    return { cluster: joined, dataDir, started: false };
  }
  const isNew = !existsSync(join(dataDir, 'PG_VERSION'));
  if (isNew) options.notice?.('Making the database cluster');
  const port = await choosePort(home, options);
  const started = await startCluster({ ...cluster, port });
  try {
    await ensureDatabase(started);
    writeConnection(connection, started);
  } catch (error) {
    await started.stop();
    throw error;
  }
  return { cluster: started, dataDir, started: true };
}

function prepareHome(home: string): string {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  // Run by root, Postgres is another user and must pass through; every secret in here is a file of mode 0600.
  if (process.getuid?.() === 0 && statSync(home).uid === 0) chmodSync(home, 0o711);
  for (const folder of ['logs', 'users']) {
    mkdirSync(join(home, folder), { recursive: true, mode: 0o700 });
  }
  const ignore = join(home, '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
  return home;
}

/**
 * The data directory: `postgres` in the home, or, when root's Postgres can't enter the home, a folder on common ground that a symbolic
 * link of that name points to.
 */
function place(home: string): { dataDir: string; account: Account | undefined } {
  const local = join(home, 'postgres');
  const linked = lstatSync(local, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  if (linked && !existsSync(local)) rmSync(local);
  const account = postgresAccount(local);
  if (existsSync(local)) {
    const dataDir = realpathSync(local);
    if (!canReach(account, join(dataDir, '..'))) {
      throw new Error(
        `user ${account?.name} can't reach ${dataDir} and Postgres refuses to run as root: open the folders above it (chmod a+x), or move it elsewhere and leave a symbolic link`,
      );
    }
    return { dataDir, account };
  }
  if (canReach(account, home)) return { dataDir: local, account };
  const shelter = join(commonGround(), randomBytes(8).toString('hex'));
  mkdirSync(shelter, { mode: 0o711 });
  chmodSync(shelter, 0o711);
  writeFileSync(join(shelter, 'belongs-to'), `${home}\n`);
  const dataDir = join(shelter, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  symlinkSync(dataDir, local);
  return { dataDir: realpathSync(dataDir), account };
}

/** The port asked for; else the one kept, when it is free; else a free one, kept from now on. */
async function choosePort(home: string, options: EmbeddedOptions): Promise<number> {
  if (options.port !== undefined) return options.port;
  const file = join(home, 'postgres-port');
  const before = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  const port = await freePort(Number.isInteger(before) ? before : 0);
  if (before !== 0 && port !== before) {
    options.notice?.(`Port ${before} is taken: Postgres uses ${port} from now on`);
  }
  if (port !== before) writeFileSync(file, String(port), { mode: 0o600 });
  return port;
}

async function ensureDatabase(cluster: Cluster): Promise<void> {
  const client = new pg.Client({ connectionString: cluster.url('postgres') });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const found = await client.query('select from pg_database where datname = $1', [database]);
    if (found.rowCount !== 0) return;
    await client.query(`create database ${database}`);
    // Nobody but us has business in here, and temporary objects are one way to shadow others.
    await client.query(`revoke temporary on database ${database} from public`);
  } finally {
    await client.end();
  }
}

function writeConnection(file: string, cluster: Cluster): void {
  const { host, port } = cluster;
  const text = JSON.stringify({ host, port, database, admin_url: cluster.url(database) });
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${text}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

function kept(file: string, make: () => string): string {
  if (!existsSync(file)) writeFileSync(file, make(), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

/** Starts a new log when the old one has grown large; one old one is kept. */
function freshLog(file: string): string {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 10_000_000) renameSync(file, `${file}.1`);
  return file;
}

function othersUse(home: string): boolean {
  const folder = join(home, 'users');
  let used = false;
  for (const name of readdirSync(folder)) {
    if (isAlive(Number.parseInt(name, 10))) used = true;
    else rmSync(join(folder, name), { force: true });
  }
  return used;
}

function isServing(dataDir: string): boolean {
  try {
    return isAlive(Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]));
  } catch {
    return false;
  }
}
