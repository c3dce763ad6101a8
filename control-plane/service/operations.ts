import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../base/errors.ts';
import { createPlaces } from '../base/places.ts';
import type { Catalogs } from '../catalog/cache.ts';
import { claim, release, runningOperations } from '../catalog/operations.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Pool } from '../pg/pool.ts';
import { isPooled } from '../pg/pooler.ts';
import { toServiceError } from '../pg/sqlstate.ts';
import { drive } from './drive.ts';
import { Interrupted } from './interrupted.ts';
import { inTransaction, longest } from './transaction.ts';

/** Changes of tables made in phases: begun by a definition, driven here to their end, taken up again when a process left them. */
export interface Operations {
  /** Drives an operation, or waits for who does. Undefined when it is still under way after the time a caller waits. @throws ServiceError */
  readonly follow: (id: number) => Promise<Catalog | undefined>;
  /** Drives what others have left. */
  readonly takeUp: (ids: readonly number[]) => void;
  /** Drives all that is not done, once those have gone who drove it. */
  readonly resume: () => Promise<void>;
  /** Stops where it can go on later, within the batch. */
  readonly stop: () => Promise<void>;
}

export interface OperationSettings {
  /** How long a caller waits for the end, milliseconds. */
  readonly patience?: number;
  /** At once in one process: each holds a connection. */
  readonly most?: number;
  /** Wait after the first break, milliseconds; each further one doubles it, up to fifty times. */
  readonly pause?: number;
}

const needsSession =
  'The change of a table was interrupted, and goes on where DATABASE_URL names Postgres itself';

/** As often an operation is driven by one process; then it is left to others. */
const mostDrives = 10;

/** Operations over the connections that may define. */
export function createOperations(
  ddl: Pool,
  catalogs: Pick<Catalogs, 'put'>,
  { patience = 25_000, most = 2, pause = 200 }: OperationSettings = {},
): Operations {
  const running = new Map<number, Promise<Catalog>>();
  const places = createPlaces({ most });
  let stopped = false;
  const cancels = new Set<() => void>();

  /** Undefined: another session drives it. `claimed`: told when this one does. */
  const attempt = (id: number, claimed: () => void): Promise<Catalog | undefined> =>
    ddl.borrow(async (client, lease) => {
      if (stopped) throw new Interrupted('stopping');
      // The claim is a lock of this very session.
      if (isPooled(client)) throw new ServiceError('database_busy', needsSession);
      if (!(await inTransaction(client, (connection) => claim(connection, id)))) return undefined;
      claimed();
      const cancel = (): void => void ddl.cancel(client);
      cancels.add(cancel);
      lease.allow(longest.patient);
      try {
        return await drive(client, id, () => stopped);
      } finally {
        cancels.delete(cancel);
        await release(client, id).catch(() => lease.discard());
      }
    });

  const wait = (tries: number): number => Math.min(pause * 2 ** tries, pause * 50);

  const driven = async (id: number): Promise<Catalog> => {
    let drives = 0;
    for (let tries = 1; ; tries++) {
      try {
        const catalog = await places.during(() => attempt(id, () => drives++));
        if (catalog) {
          catalogs.put(catalog);
          return catalog;
        }
        tries = 0;
        await sleep(500);
      } catch (error) {
        // A database that is away is waited for; one that goes away whenever this is driven may do so because of it.
        const passing = error instanceof Interrupted || isAway(error);
        if (!passing || stopped || drives > mostDrives) throw error;
        await sleep(wait(tries));
      }
    }
  };

  /** Tries until the database is there. */
  const whenThere = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (!isAway(error) || stopped) throw error;
        // Nobody waits for it: a process that stops need not.
        await sleep(wait(tries), undefined, { ref: false });
      }
    }
  };

  const begin = (id: number): Promise<Catalog> => {
    const known = running.get(id);
    if (known) return known;
    const work = driven(id).finally(() => running.delete(id));
    // Whoever waits hears of it; nobody may be.
    work.catch(() => undefined);
    running.set(id, work);
    return work;
  };

  return {
    follow: async (id) => {
      const timer = new AbortController();
      const late = sleep(patience, undefined, { signal: timer.signal }).catch(() => undefined);
      try {
        return await Promise.race([begin(id), late]);
      } catch (error) {
        if (error instanceof Interrupted) return undefined;
        throw error instanceof ServiceError ? error : toServiceError(error);
      } finally {
        timer.abort();
      }
    },
    takeUp: (ids) => {
      if (!stopped) for (const id of ids) void begin(id).catch(() => undefined);
    },
    resume: async () => {
      const found = await whenThere(() =>
        ddl.borrow((client) =>
          inTransaction(client, (connection) => runningOperations(connection)),
        ),
      );
      // Those that a session still holds too: it may be that of a process that is gone, whose last statement goes on.
      for (const { id } of found) void begin(id).catch(() => undefined);
    },
    stop: async () => {
      stopped = true;
      places.dismiss(new Interrupted('stopping'));
      for (const cancel of cancels) cancel();
      await Promise.allSettled(running.values());
    },
  };
}

function isAway(error: unknown): boolean {
  const { kind } = toServiceError(error);
  return kind === 'database_unavailable' || kind === 'server_busy';
}
