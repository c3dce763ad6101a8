import type pg from 'pg';
import { type Meter, noMeter } from '../base/meter.ts';
import type { Query } from '../base/sql.ts';
import { currentTrace } from '../base/trace.ts';
import { Batch, type WireRow } from './batch.ts';
import type { Lease, Pool } from './pool.ts';
import { keepsNames } from './pooler.ts';
import { isDatabaseError } from './sqlstate.ts';
import { nameOf, PreparedStatements } from './statements.ts';

/** Who enters a transaction, and what for: the arguments of rowhouse.enter. */
export interface Entry {
  readonly tenant: string;
  /** Version of the catalog the statement was planned with. */
  readonly version: number;
  /** JSON of the principal's claims. */
  readonly claims: string;
  readonly show: string;
  readonly intent: string;
}

export interface SessionSettings {
  /** Prepared statements kept per connection, at least 16; 0 sends everything unnamed, as behind a pooler that carries no names. */
  readonly prepared?: number;
  /** Told of every round trip. */
  readonly meter?: Meter;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
}

export interface TransactionOptions extends RunOptions {
  /** All statements see the rows of one moment. */
  readonly snapshot?: boolean;
}

/** As a Runner, but undoes nothing besides its own statements when they fail, so that the transaction can go on. */
export type Attempt = (
  entry: Entry,
  ...queries: readonly Query[]
) => Promise<{ readonly rows: readonly WireRow[] } | { readonly error: unknown }>;

/** Does something as the gateway itself inside an open transaction, between statements of principals. */
export type AsGateway = <T>(task: (client: pg.PoolClient) => Promise<T>) => Promise<T>;

/** Runs a statement as its principal inside an open transaction. */
export type Runner = (entry: Entry, ...queries: readonly Query[]) => Promise<readonly WireRow[]>;

/** The data path to Postgres: role, claims and statement under one Sync. Errors are those of pg, untranslated. */
export interface Session {
  /** Statements in one implicit transaction and one round trip; answers with the rows of the last. */
  readonly run: (
    pool: Pool,
    entry: Entry,
    queries: readonly Query[],
    options?: RunOptions,
  ) => Promise<readonly WireRow[]>;
  /** Several round trips in one transaction; each enters anew, for show and intent differ. Rolls back when `work` throws. */
  readonly transaction: <T>(
    pool: Pool,
    work: (run: Runner, attempt: Attempt, asGateway: AsGateway) => Promise<T>,
    options?: TransactionOptions,
  ) => Promise<T>;
}

/** How long to wait for a cancel to arrive before the connection is given up instead. */
const cancelPatience = 1_000;

/** What is prepared on a connection is the connection's, whoever uses it. */
const books = new WeakMap<object, PreparedStatements>();

function bookOf(client: object): PreparedStatements {
  const known = books.get(client);
  if (known) return known;
  const book = new PreparedStatements();
  books.set(client, book);
  return book;
}

/** A batch must not evict its own statements. */
const fewest = 16;

/** A session layer. */
export function createSession(settings: SessionSettings = {}): Session {
  const { prepared: asked = 200, meter = noMeter } = settings;
  const capacity = asked === 0 ? 0 : Math.max(asked, fewest);

  const send = async (
    pool: Pool,
    client: pg.PoolClient,
    lease: Lease,
    queries: readonly Query[],
    signal: AbortSignal | undefined,
  ): Promise<readonly WireRow[]> => {
    signal?.throwIfAborted();
    const batch = new Batch(queries, bookOf(client), keepsNames(client) ? capacity : 0);
    const began = performance.now();
    let outcome: 'done' | 'failed' = 'failed';
    let cancelled: Promise<void> | undefined;
    const abort = (): void => {
      cancelled = pool.cancel(client);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      client.query(batch as unknown as pg.Submittable);
      const rows = await batch.done;
      outcome = 'done';
      return rows;
    } catch (error) {
      if (!leavesConnection(error)) lease.discard();
      throw error;
    } finally {
      meter.ran(outcome, (performance.now() - began) / 1000);
      meter.prepared('parsed', batch.parsed);
      meter.prepared('reused', queries.length - batch.parsed);
      signal?.removeEventListener('abort', abort);
      // A cancel still on its way would end the statement of whoever borrows the connection next.
      if (cancelled && !(await settles(cancelled, cancelPatience))) lease.discard();
    }
  };

  return {
    run: (pool, entry, queries, options = {}) => {
      note(queries);
      return pool.borrow((client, lease) =>
        send(pool, client, lease, [enter(entry), ...queries], options.signal),
      );
    },
    transaction: (pool, work, options = {}) =>
      pool.borrow(async (client, lease) => {
        let begun = false;
        let failure: unknown;
        try {
          // Only the gateway may enter, and the entry before has made the session the tenant's.
          const opened = (): readonly Query[] => {
            const begin = options.snapshot ? 'begin isolation level repeatable read' : 'begin';
            const head = statement(begun ? 'set local role none' : begin);
            begun = true;
            return [head];
          };
          const run: Runner = async (entry, ...queries) => {
            note(queries);
            try {
              const batch = [...opened(), enter(entry), ...queries];
              return await send(pool, client, lease, batch, options.signal);
            } catch (error) {
              failure = error;
              throw error;
            }
          };
          let kept = false;
          const attempt: Attempt = async (entry, ...queries) => {
            note(queries);
            // One savepoint at a time: those of attempts that went well would pile up.
            const last = kept ? [statement('release savepoint attempt')] : [];
            const head = [...opened(), ...last, statement('savepoint attempt'), enter(entry)];
            kept = false;
            try {
              const rows = await send(pool, client, lease, [...head, ...queries], options.signal);
              kept = true;
              return { rows };
            } catch (error) {
              if (!leavesConnection(error)) throw error;
              const back = [
                statement('rollback to savepoint attempt'),
                statement('release savepoint attempt'),
              ];
              await send(pool, client, lease, back, options.signal);
              return { error };
            }
          };
          const asGateway: AsGateway = async (task) => {
            try {
              await send(pool, client, lease, opened(), options.signal);
              return await task(client);
            } catch (error) {
              failure = error;
              throw error;
            }
          };
          const result = await work(run, attempt, asGateway);
          // COMMIT of a failed transaction rolls back without a word.
          if (failure !== undefined) throw failure;
          if (begun) await send(pool, client, lease, [statement('commit')], undefined);
          return result;
        } catch (error) {
          if (begun)
            await rollback(
              () => send(pool, client, lease, [statement('rollback')], undefined),
              lease,
            );
          throw error;
        }
      }),
  };
}

async function settles(work: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function rollback(send: () => Promise<unknown>, lease: Lease): Promise<void> {
  try {
    await send();
  } catch {
    lease.discard();
  }
}

/** For the account of the request: the last statement is what the others were sent for. */
function note(queries: readonly Query[]): void {
  const trace = currentTrace();
  const query = queries.at(-1);
  if (!trace || !query) return;
  trace.statements++;
  trace.statement = nameOf(query.text);
}

function enter(entry: Entry): Query {
  return {
    text: 'select rowhouse.enter($1::text, $2::bigint, $3::text, $4::text, $5::text)',
    values: [entry.tenant, entry.version, entry.claims, entry.show, entry.intent],
  };
}

function statement(text: string): Query {
  return { text, values: [] };
}

/** Whether the connection can go on after an error: Postgres said it, and not as its last word. */
function leavesConnection(error: unknown): boolean {
  return isDatabaseError(error) && error.severity === 'ERROR' && !/^(08|57P)/.test(error.code);
}
