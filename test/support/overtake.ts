import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Pool } from '../../control-plane/pg/pool.ts';
import type { TestDatabase } from './database.ts';

/** A point at which transactions wait until they are let go. */
export interface Gate {
  /** A pool whose transactions stop short of their commit while the gate is shut. */
  readonly before: (pool: Pool) => Pool;
  readonly shut: () => void;
  readonly open: () => void;
  /** Settled once somebody waits. */
  readonly reached: () => Promise<void>;
}

/** A gate, open at first. */
export function gate(): Gate {
  let way = Promise.withResolvers<void>();
  let arrival = Promise.withResolvers<void>();
  way.resolve();
  const stopping = (client: pg.PoolClient): pg.PoolClient =>
    new Proxy(client, {
      get: (target, name) => {
        if (name !== 'query') return Reflect.get(target, name) as unknown;
        return async (text: string, values?: unknown[]) => {
          if (text === 'commit') {
            arrival.resolve();
            await way.promise;
          }
          return target.query(text, values);
        };
      },
    });
  return {
    before: (pool) => ({
      ...pool,
      borrow: (work) => pool.borrow((client, lease) => work(stopping(client), lease)),
    }),
    shut: () => {
      way = Promise.withResolvers<void>();
      arrival = Promise.withResolvers<void>();
    },
    open: () => way.resolve(),
    reached: () => arrival.promise,
  };
}

/** Waits until the data path of the database waits for a table that somebody else has locked. */
export async function lockAwaited({ admin }: Pick<TestDatabase, 'admin'>): Promise<void> {
  for (let turn = 0; turn < 1_000; turn++) {
    const { rows } = await admin.query<{ waiting: boolean }>(
      `select exists (select from pg_stat_activity
         where datname = current_database() and usename = 'rowhouse_gateway' and wait_event_type = 'Lock') as waiting`,
    );
    if (rows[0]?.waiting === true) return;
    await sleep(5);
  }
  throw new Error('nobody waits for a lock');
}
