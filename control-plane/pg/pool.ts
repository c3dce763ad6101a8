import pg from 'pg';
import { ServiceError } from '../base/errors.ts';
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

/** After this long without any statement a transaction of ours is dead: its process has lost it. */
const idleInTransaction = 30_000;

/**
 * Who waits for another's lock holds a connection. It gives up sooner than those do who wait for a connection (5 s), so that a table
 * locked in one tenant doesn't close the others.
 */
const lockTimeout = 3_000;

/**
 * A pool on pg's. Behind pgbouncer in transaction mode set `ignore_startup_parameters = extra_float_digits, options,
 * statement_timeout, lock_timeout, idle_in_transaction_session_timeout` there, and the same values on the role.
 */
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
    // The text of times and numbers must not depend on what a database or role has set.
    options:
      '-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c client_min_messages=warning',
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
  try {
    return await pool.connect();
  } catch (error) {
    // pg has no code for «no connection became free»: it is the only failure of a full pool that is no connection's own.
    if (full && error instanceof Error && !('code' in error) && error.cause === undefined) {
      throw new ServiceError('database_busy', undefined, { retryAfter: 1 }, { cause: error });
    }
    throw connectionError(error);
  }
}

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
    stream: { end(): void; destroy(): void; once(event: 'close', listener: () => void): void };
  };
  const closed = new Promise<void>((resolve) => wire.stream.once('close', resolve));
  wire.on('error', () => wire.stream.destroy());
  const send = (): void => {
    wire.cancel(processID, secretKey);
    wire.stream.end();
  };
  if (courier.ssl) {
    wire.on('connect', () => (connection as unknown as { requestSsl(): void }).requestSsl());
    wire.on('sslconnect', send);
  } else wire.on('connect', send);
  wire.connect(courier.port, courier.host);
  return closed;
}
