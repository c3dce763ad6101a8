import type { Socket } from 'node:net';
import pg from 'pg';
import { ServiceError } from '../base/errors.ts';
import { type Meter, noMeter } from '../base/meter.ts';
import { spent } from '../base/trace.ts';
import { askNoParameters, asksParameters, findWay, refusesParameters } from './pooler.ts';
import { idleInTransaction, lockTimeout, startOptions } from './settings.ts';
import { connectionError, isDatabaseError } from './sqlstate.ts';

export interface PoolSettings {
  readonly connectionString: string;
  readonly max: number;
  /** Milliseconds; the server cancels what runs longer. */
  readonly statementTimeout: number;
  /** To what transactions raise that limit themselves. */
  readonly longest?: number;
  /** How long to wait for a connection. */
  readonly connectTimeout?: number;
  /** A connection is closed at this age: a backend keeps what it learnt of every tenant it served. */
  readonly maxLifetimeSeconds?: number;
  readonly applicationName?: string;
  /** Told how long borrowers wait. */
  readonly meter?: Meter;
  /** As which pool; absent: data. */
  readonly name?: 'data' | 'ddl';
}

/** Connections to one server as one role. */
export interface Pool {
  /**
   * Lends a connection for as long as `work` runs. When `work` says `discard`, the connection is closed instead of kept. `patience`: how long
   * to wait for one, where that is less than the pool's own time, in milliseconds.
   */
  readonly borrow: <T>(
    work: (client: pg.PoolClient, lease: Lease) => Promise<T>,
    patience?: number,
  ) => Promise<T>;
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
  /** Until the connection is given back a statement may take so many milliseconds, whatever the pool's limit. */
  readonly allow: (milliseconds: number) => void;
}

/** How much longer than the server, which ends what takes too long, we wait for a word of it. */
const grace = 5_000;

/** A pool on pg's, directly or behind a pooler in transaction mode. */
export function openPool(settings: PoolSettings): Pool {
  const { meter = noMeter, name = 'data' } = settings;
  const longest = Math.max(settings.statementTimeout, settings.longest ?? 0);
  const pool = new pg.Pool({
    connectionString: settings.connectionString,
    max: settings.max,
    connectionTimeoutMillis: settings.connectTimeout ?? 5_000,
    maxLifetimeSeconds: settings.maxLifetimeSeconds ?? 1_800,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: settings.applicationName ?? 'rowhouse',
    statement_timeout: settings.statementTimeout,
    lock_timeout: lockTimeout,
    idle_in_transaction_session_timeout: idleInTransaction,
    options: startOptions,
    // Before anything is asked on it.
    onConnect: async (client) => {
      client.on('error', () => undefined);
      endWhenSilent(client, longest);
      await findWay(client);
    },
  });
  // A lost idle connection is replaced at the next request; without listeners pg would end the process, and it takes its own listener
  // off a client while that is borrowed.
  pool.on('error', () => undefined);
  return {
    statementTimeout: settings.statementTimeout,
    borrow: async (work, patience) => {
      const asked = performance.now();
      const client = await connect(pool, patience).finally(() => {
        spent('wait', asked);
        meter.waited(name, (performance.now() - asked) / 1000);
      });
      const lent = performance.now();
      let broken = false;
      let allowed = false;
      const lease: Lease = {
        discard: () => {
          broken = true;
        },
        allow: (milliseconds) => {
          allowed = true;
          wait(client, milliseconds);
        },
      };
      try {
        return await work(client, lease);
      } catch (error) {
        if (isReadOnly(error)) broken = true;
        throw error;
      } finally {
        spent('database', lent);
        if (allowed) wait(client, longest);
        client.release(broken);
      }
    },
    cancel: (client) => cancel(client, settings.connectionString),
    stats: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    end: () => pool.end(),
  };
}

/** A server that can only be read has been left for another: the next connection may lead there. */
function isReadOnly(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isDatabaseError(cause) && cause.code === '25006';
}

function streamOf(client: pg.ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

function wait(client: pg.ClientBase, milliseconds: number): void {
  streamOf(client).setTimeout(Math.min(milliseconds + grace, 2 ** 31 - 1));
}

/**
 * A server that has gone without a word (its machine lost, the network cut) leaves a connection on which nothing ever comes. Postgres ends
 * what takes too long, so silence beyond that says that nobody is there.
 */
function endWhenSilent(client: pg.ClientBase, longest: number): void {
  const stream = streamOf(client);
  wait(client, longest);
  stream.on('timeout', () => {
    const { readyForQuery } = client as unknown as { readyForQuery: boolean | null };
    // One that nobody has asked anything may be silent.
    if (readyForQuery !== true) stream.destroy();
  });
}

async function connect(pool: pg.Pool, patience?: number): Promise<pg.PoolClient> {
  const full = pool.totalCount >= pool.options.max;
  const asked = asksParameters(pool.options);
  try {
    const client = pool.connect();
    return await (patience === undefined ? client : inTime(client, patience));
  } catch (error) {
    if (asked && refusesParameters(error)) {
      askNoParameters(pool.options);
      return connect(pool, patience);
    }
    // pg has no code for «no connection became free»: it is the only failure of a full pool that is no connection's own.
    if (full && error instanceof Error && !('code' in error) && error.cause === undefined) {
      throw new ServiceError('server_busy', undefined, { retryAfter: 1 }, { cause: error });
    }
    throw connectionError(error);
  }
}

/** A connection that comes too late goes back unused. */
function inTime(coming: Promise<pg.PoolClient>, milliseconds: number): Promise<pg.PoolClient> {
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      reject(new Error('timeout exceeded when trying to connect'));
    }, milliseconds);
    coming.then(
      (client) => {
        clearTimeout(timer);
        if (late) client.release();
        else resolve(client);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
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
    stream: Socket;
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
