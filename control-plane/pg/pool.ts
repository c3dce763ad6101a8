import pg from 'pg';
import { ServiceError } from '../base/errors.ts';
import { askNoParameters, asksParameters, findWay, refusesParameters } from './pooler.ts';
import { idleInTransaction, lockTimeout, startOptions } from './settings.ts';
import { connectionError } from './sqlstate.ts';

export interface PoolSettings {
  readonly connectionString: string;
  readonly max: number;
  /** Milliseconds; the server cancels what runs longer. */
  readonly statementTimeout: number;
  /** How long to wait for a connection. */
  readonly connectTimeout?: number;
  /** A connection is closed at this age: a backend keeps what it learnt of every tenant it served. */
  readonly maxLifetimeSeconds?: number;
  readonly applicationName?: string;
}

/** Connections to one server as one role. */
export interface Pool {
  /** Lends a connection for as long as `work` runs. When `work` says `discard`, the connection is closed instead of kept. */
  readonly borrow: <T>(work: (client: pg.PoolClient, lease: Lease) => Promise<T>) => Promise<T>;
  /** Ends a running statement of a borrowed connection from outside; settled when the server has taken note, or can't be told. */
  readonly cancel: (client: pg.PoolClient) => Promise<void>;
  readonly stats: () => {
    readonly total: number;
    readonly idle: number;
    readonly waiting: number;
  };
  readonly statementTimeout: number;
  readonly end: () => Promise<void>;
}

export interface Lease {
  readonly discard: () => void;
}

/** A pool on pg's, directly or behind a pooler in transaction mode. */
export function openPool(settings: PoolSettings): Pool {
  const pool = new pg.Pool({
    connectionString: settings.connectionString,
    max: settings.max,
    connectionTimeoutMillis: settings.connectTimeout ?? 5_000,
    maxLifetimeSeconds: settings.maxLifetimeSeconds ?? 1_800,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: settings.applicationName ?? 'rowhouse',
    statement_timeout: settings.statementTimeout,
    lock_timeout: lockTimeout,
    idle_in_transaction_session_timeout: idleInTransaction,
    options: startOptions,
    onConnect: findWay,
  });
  // A lost idle connection is replaced at the next request; without listeners pg would end the process, and it takes its own listener
  // off a client while that is borrowed.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    statementTimeout: settings.statementTimeout,
    borrow: async (work) => {
      const client = await connect(pool);
      let broken = false;
      const lease: Lease = {
        discard: () => {
          broken = true;
        },
      };
      try {
        return await work(client, lease);
      } finally {
        client.release(broken);
      }
    },
    cancel: (client) => cancel(client, settings.connectionString),
    stats: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    end: () => pool.end(),
  };
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  const full = pool.totalCount >= pool.options.max;
  const asked = asksParameters(pool.options);
  try {
    return await pool.connect();
  } catch (error) {
    if (asked && refusesParameters(error)) {
      askNoParameters(pool.options);
      return connect(pool);
    }
    // pg has no code for «no connection became free»: it is the only failure of a full pool that is no connection's own.
    if (full && error instanceof Error && !('code' in error) && error.cause === undefined) {
      throw new ServiceError('database_busy', undefined, { retryAfter: 1 }, { cause: error });
    }
    throw connectionError(error);
  }
}

/** After so long without a word a cancel request is given up, milliseconds. */
const cancelTimeout = 10_000;

/**
 * The protocol's cancel request: a connection of its own that sends the backend's number and secret. It needs no login and no free
 * place in the pool, and pgbouncer passes it on. The server closes it after it has signalled the backend.
 */
function cancel(client: pg.PoolClient, connectionString: string): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const courier = new pg.Client({ connectionString });
  const connection = new pg.Connection({ ssl: courier.ssl } as pg.ConnectionConfig);
  const wire = connection as unknown as {
    connect(port: number, host: string): void;
    cancel(processID: number, secretKey: number): void;
    on(event: string, listener: () => void): void;
    stream: {
      destroy(): void;
      setTimeout(milliseconds: number, late: () => void): void;
      once(event: 'close', listener: () => void): void;
    };
  };
  const closed = new Promise<void>((resolve) => wire.stream.once('close', resolve));
  wire.on('error', () => wire.stream.destroy());
  // Left open: pgbouncer drops the request of a client that is gone.
  const send = (): void => wire.cancel(processID, secretKey);
  wire.stream.setTimeout(cancelTimeout, () => wire.stream.destroy());
  if (courier.ssl) {
    wire.on('connect', () => (connection as unknown as { requestSsl(): void }).requestSsl());
    wire.on('sslconnect', send);
  } else wire.on('connect', send);
  wire.connect(courier.port, courier.host);
  return closed;
}
