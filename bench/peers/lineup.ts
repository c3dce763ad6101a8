import { type Bench, person } from '../environment.ts';
import { startFloors } from '../floors.ts';
import { type Driven, drive, type Sent } from '../load.ts';
import { findPgbench, runPgbench } from '../pgbench.ts';
import {
  type Ask,
  dataSvc,
  monk,
  pgrest,
  postgrest,
  requestsFor,
  taruvi,
  type Wording,
} from './asks.ts';
import { createPeerDatabase } from './database.ts';
import { installPeers } from './install.ts';
import { seedObjects } from './objects.ts';
import { peerSecret, peers, startPeer } from './start.ts';

/** Somebody who can be put the same questions. */
export interface Contestant {
  readonly name: string;
  /** The server's process, whose costs are counted. */
  readonly pid?: number;
  readonly ours: boolean;
  readonly asked: (ask: Ask) => boolean;
  /** One round. */
  readonly round: (ask: Ask, seconds: number) => Promise<Driven>;
}

export interface Lineup {
  /** The bare server first. */
  readonly contestants: readonly Contestant[];
  /** Who is not there, and why. */
  readonly missing: readonly string[];
  readonly stop: () => Promise<void>;
}

export const connections = 16;
export const pgbenchClients = 8;

/** `sees_all` of the lists; PgREST asks for a role besides. */
export function callerOf(tenant: string, sub = 'sees_all') {
  return person(tenant, sub, { roles: ['PGREST_WRITE'] });
}

/** Starts everybody, and sees to it that each answers rightly: to the caller, and to a stranger whom no list names. */
export async function startLineup(bench: Bench, tenant: string, rows: number): Promise<Lineup> {
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const contestants: Contestant[] = [];
  const missing: string[] = [];
  const own = (sub: string) => bench.token(callerOf(tenant, sub));
  const add = async (server: Server): Promise<void> => {
    await verify(server, rows);
    contestants.push(await contestant(server, rows));
  };
  try {
    for (const { name, companion } of await startFloors(bench, callerOf(tenant))) {
      closers.push(companion.stop);
      const { pid, said } = companion;
      await add({ name, url: said[0], pid, wording: monk, token: own, ours: false });
    }
    const objects = await seedObjects(bench, rows);
    const ofObjects = (sub: string) => bench.token(objects(sub));
    for (const [name, wording] of Object.entries({ monk, pgrest, taruvi, 'data-svc': dataSvc })) {
      const token = wording === dataSvc ? ofObjects : own;
      await add({ name: `Rowhouse, ${name}`, ...bench.server, wording, token, ours: true });
    }
    await installPeers().catch((error: unknown) => missing.push(reason('the peers', error)));
    const database = await createPeerDatabase(bench, rows);
    closers.push(database.drop);
    for (const peer of peers) {
      try {
        const { url, companion, wording, token } = await startPeer(peer, database, peerSecret());
        closers.push(companion.stop);
        const server = { name: peer.name, url, pid: companion.pid, wording, token, ours: false };
        await add(server);
        if (peer.name === 'PostgREST') {
          await add({ ...server, name: 'PostgREST, exact total', wording: counting });
        }
      } catch (error) {
        missing.push(reason(peer.name, error));
      }
    }
    const plain = await pgbench(bench, tenant, rows, closers);
    if (plain) contestants.push(plain);
    else missing.push('pgbench: it is not installed');
    return { contestants, missing, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Taruvi's lists tell how many rows there are in all: PostgREST asked for as much. */
const counting = postgrest({ prefer: 'count=exact' });

interface Server {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly wording: Wording;
  readonly token: (sub: string) => Promise<string>;
  readonly ours: boolean;
}

async function contestant(server: Server, rows: number): Promise<Contestant> {
  const { name, url, pid, ours, wording } = server;
  const token = await server.token('sees_all');
  return {
    name,
    pid,
    ours,
    asked: (ask) => wording !== counting || ask === 'list 20' || ask === 'filter',
    round: (ask, seconds) => {
      const requests = requestsFor(ask, wording, rows);
      return drive({ url, token, requests, connections, seconds });
    },
  };
}

/** @throws Error when an answer is not what the rows and the policy say */
async function verify({ url, wording, token }: Server, rows: number): Promise<void> {
  const ask = async (sub: string, { method, path, headers, body }: Sent): Promise<string> => {
    const reply = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${await token(sub)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    return `${reply.status} ${await reply.text()}`;
  };
  const reads = (['get by id', 'list 20', 'filter'] as const).map((kind) => {
    const [sent] = requestsFor(kind, wording, rows);
    return { sent, expected: kind === 'get by id' ? 1 : 20 };
  });
  for (const { sent, expected } of reads) {
    if (sent === undefined) continue;
    for (const [sub, count] of [
      ['sees_all', expected],
      ['stranger', 0],
    ] as const) {
      const answer = await ask(sub, sent);
      const found = answer.match(/"item \d+"/g)?.length ?? 0;
      if (found === count) continue;
      throw new Error(
        `${sent.path} as ${sub}: ${found} rows for ${count}: ${answer.slice(0, 300)}`,
      );
    }
  }
  const made = await ask('sees_all', wording.insert);
  if (!/^20[01].*"sample"/s.test(made)) throw new Error(`no row was made: ${made.slice(0, 300)}`);
}

/** The same SQL from a login role of the same principal, no server between. */
async function pgbench(
  bench: Bench,
  tenant: string,
  rows: number,
  closers: (() => Promise<unknown>)[],
): Promise<Contestant | undefined> {
  const program = await findPgbench();
  if (program === undefined) return undefined;
  const user = `${tenant}_sql`;
  const args = ['--tenant', tenant, '--user', user, '--sub', 'sees_all', '--roles', 'PGREST_WRITE'];
  const printed = await bench.command('login', 'create', ...args);
  // Dropping the tenant doesn't drop a role of the cluster.
  closers.push(() => bench.admin.query(`drop role if exists "${user}"`).catch(() => undefined));
  const password = /PGPASSWORD=(\S+)/.exec(printed)?.[1];
  if (password === undefined) throw new Error('login create printed no password');
  const run = {
    program,
    url: bench.urlAs(user, password),
    clients: pgbenchClients,
    rows,
    schema: `t_${tenant}`,
  };
  return {
    name: 'SQL of a login role (pgbench)',
    ours: true,
    asked: () => true,
    round: (ask, seconds) => runPgbench({ ...run, seconds, script: scripts[ask] }),
  };
}

const scripts: Readonly<Record<Ask, string>> = {
  'get by id': 'by-id.sql',
  'list 20': 'newest.sql',
  filter: 'category.sql',
  insert: 'insert.sql',
};

function reason(name: string, error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return `${name}: ${line}`;
}
