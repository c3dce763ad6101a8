import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { levels, type Principal } from '../control-plane/model/principal.ts';
import { postgresAccount } from '../control-plane/pg/account.ts';
import { embeddedBinaries } from '../control-plane/pg/binaries.ts';
import { type Cluster, startCluster } from '../control-plane/pg/cluster.ts';
import { gatewayUrl } from '../control-plane/pg/gateway.ts';
import { createTokens, type Tokens } from '../control-plane/service/tokens.ts';
import { type Companion, runScript, startScript } from './process.ts';

/** What every scenario works with: a database, a server on it, and ways to speak to both. */
export interface Bench {
  readonly quick: boolean;
  /** How many tenants are asked for. */
  readonly tenants?: number;
  /** Superuser connections: to seed, and to look at plans. */
  readonly admin: pg.Pool;
  /** Connection string of the role the server uses. */
  readonly gatewayUrl: string;
  /** ROWHOUSE_JWT_SECRET of the server. */
  readonly secret: string;
  /** Connection string of another role. */
  readonly urlAs: (user: string, password: string) => string;
  readonly server: { readonly url: string; readonly pid: number };
  /** Process id of the postmaster, where it is ours. */
  readonly postmaster?: number;
  /** Version of the server. */
  readonly postgres: string;
  /** A new slug; the tenant is dropped at the end if the database isn't ours. */
  readonly slug: (name: string) => string;
  readonly token: (principal: Principal) => Promise<string>;
  /** A request of somebody; the parsed reply. @throws Error for any status from 300 */
  readonly request: (as: Principal, method: string, path: string, body?: unknown) => Promise<Json>;
  /** One command of the CLI; what it prints. */
  readonly command: (...args: readonly string[]) => Promise<string>;
  readonly close: () => Promise<void>;
}

export type Json = { readonly [key: string]: unknown };

/** Connections of the server and of the floors alike. */
export const poolSize = 8;

/** Compiled, as it is published: Node's own stripper of types keeps some 40 MB. */
const compiled = 'dist/main.js';

const { nodeOptions: usual } = createRequire(import.meta.url)('../bin/pinned-node.cjs') as {
  readonly nodeOptions: readonly string[];
};

/** A principal of a tenant. */
export function person(tenant: string, sub: string, rest: Partial<Principal> = {}): Principal {
  return {
    sub,
    tenant,
    roles: [],
    orgs: [],
    access: 'edit',
    sudo: false,
    operator: false,
    ...rest,
  };
}

/** Who makes tenants. */
export const operator: Principal = {
  sub: 'bench',
  roles: [],
  orgs: [],
  access: levels[4],
  sudo: false,
  operator: true,
};

/** The database (DATABASE_URL, else a private cluster that is thrown away) and the server of a checkout on it, under Node with these options. */
export async function openBench(
  quick: boolean,
  nodeOptions: readonly string[] = [],
  checkout = fileURLToPath(new URL('..', import.meta.url)),
): Promise<Bench> {
  const given = process.env['DATABASE_URL'];
  const secret = process.env['ROWHOUSE_JWT_SECRET'] ?? randomBytes(32).toString('hex');
  if (given !== undefined && process.env['ROWHOUSE_JWT_SECRET'] === undefined) {
    // The gateway's password follows from it: another secret would lock out a server that uses this database.
    throw new Error('with DATABASE_URL, ROWHOUSE_JWT_SECRET must be set to the secret used there');
  }
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const cluster = given === undefined ? await privateCluster(closers) : undefined;
    const databaseUrl = given ?? cluster?.url('postgres') ?? '';
    const env = { DATABASE_URL: databaseUrl, ROWHOUSE_JWT_SECRET: secret };
    const main = join(checkout, compiled);
    await runScript(join(checkout, 'bin/build.mjs'), [], {});
    await runScript(main, ['migrate'], env);
    const admin = new pg.Pool({ connectionString: databaseUrl, max: 4 });
    // The cluster's end may overtake the farewell of an idle connection.
    admin.on('error', () => undefined);
    closers.push(() => admin.end());
    const served = await startServer(main, env, nodeOptions);
    closers.push(served.stop);
    const version = await admin.query<{ server_version: string }>('show server_version');
    const parts = { quick, admin, databaseUrl, secret, main, env, served, closers };
    return {
      ...assemble(parts, given !== undefined),
      postgres: version.rows[0]?.server_version.split(' ')[0] ?? '?',
      ...(cluster === undefined ? {} : { postmaster: cluster.pid() }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Parts {
  readonly quick: boolean;
  readonly admin: pg.Pool;
  readonly databaseUrl: string;
  readonly secret: string;
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  readonly served: Companion;
  readonly closers: (() => Promise<unknown>)[];
}

function assemble(parts: Parts, foreign: boolean): Omit<Bench, 'postgres' | 'close'> {
  const { databaseUrl, secret, env, served } = parts;
  const url = served.said[0];
  const tokens: Tokens = createTokens({ jwtSecret: secret, claims: {} });
  const urlAs = (user: string, password: string): string => {
    const other = new URL(databaseUrl);
    other.username = user;
    other.password = encodeURIComponent(password);
    return other.href;
  };
  const signed = new WeakMap<Principal, Promise<string>>();
  const token = (principal: Principal): Promise<string> => {
    const known = signed.get(principal) ?? tokens.sign(principal, 6 * 3600);
    signed.set(principal, known);
    return known;
  };
  const request: Bench['request'] = async (as, method, path, body) => {
    const options = {
      method,
      headers: {
        authorization: `Bearer ${await token(as)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const send = () => fetch(new URL(path, url), options);
    // A connection kept from before a long scenario may have been closed meanwhile; fetch finds out by failing.
    const response = await send().catch(send);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Json;
  };
  return {
    quick: parts.quick,
    admin: parts.admin,
    gatewayUrl: gatewayUrl(databaseUrl, secret),
    secret,
    urlAs,
    server: { url, pid: served.pid },
    slug: (name) => {
      const slug = `bench_${name}_${randomBytes(3).toString('hex')}`;
      if (foreign) {
        parts.closers.push(() =>
          request(operator, 'DELETE', `/admin/tenants/${slug}?confirm=${slug}`),
        );
      }
      return slug;
    },
    token,
    request,
    command: (...args) => runScript(parts.main, args, env),
  };
}

function startServer(
  main: string,
  env: Readonly<Record<string, string>>,
  nodeOptions: readonly string[],
): Promise<Companion> {
  const settings = { ROWHOUSE_POOL: String(poolSize), ROWHOUSE_STATEMENT_TIMEOUT: '5m' };
  const ready = /http:\/\/127\.0\.0\.1:\d+/;
  return startScript(main, ['serve', '--port', '0'], ready, { ...env, ...settings }, [
    ...usual,
    ...nodeOptions,
  ]);
}

/** Everything in memory and nothing synced: what is compared is work, not disks. */
async function privateCluster(closers: (() => Promise<unknown>)[]): Promise<Cluster> {
  const home = mkdtempSync(join(tmpdir(), 'rowhouse-bench-'));
  closers.push(async () => rmSync(home, { recursive: true, force: true }));
  const account = postgresAccount();
  // Run by root, Postgres is another user and must pass through.
  if (account !== undefined) chmodSync(home, 0o711);
  const cluster = await startCluster({
    binaries: embeddedBinaries(account),
    dataDir: join(home, 'data'),
    logFile: join(home, 'postgres.log'),
    password: randomBytes(18).toString('hex'),
    ...(account === undefined ? {} : { account }),
    throwaway: true,
    settings: { shared_buffers: '1GB', max_wal_size: '4GB', maintenance_work_mem: '256MB' },
  });
  closers.push(() => cluster.stop());
  return cluster;
}
