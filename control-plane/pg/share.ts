import { ServiceError } from '../base/errors.ts';
import { type Meter, noMeter } from '../base/meter.ts';
import { spent } from '../base/trace.ts';
import type { Pool } from './pool.ts';

/** How long a request waits for a connection, first for its tenant's turn, then for one of the pool. */
const patience = 5_000;

interface Holder {
  held: number;
  readonly queue: (() => void)[];
}

/**
 * The pool as one tenant may use it: three quarters of the connections at most, so that slow statements of one leave some for the others.
 * Who gets none in time is told to come again.
 */
export function shares(
  pool: Pool,
  max: number,
  wait = patience,
  meter: Meter = noMeter,
): (tenant: string) => Pool {
  // Two: a transaction asks on a second connection why it failed.
  const most = Math.max(2, Math.floor((max * 3) / 4));
  const holders = new Map<string, Holder>();

  /** Answers with what is left of the time to wait, where some was used. */
  const take = async (tenant: string): Promise<number | undefined> => {
    const holder = holders.get(tenant) ?? { held: 0, queue: [] };
    holders.set(tenant, holder);
    if (holder.held < most) {
      holder.held++;
      return undefined;
    }
    const asked = performance.now();
    await new Promise<void>((resolve, reject) => {
      const turn = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        holder.queue.splice(holder.queue.indexOf(turn), 1);
        reject(new ServiceError('server_busy', undefined, { retryAfter: 1 }));
      }, wait);
      holder.queue.push(turn);
    }).finally(() => {
      spent('wait', asked);
      meter.waited('share', (performance.now() - asked) / 1000);
    });
    return Math.max(1, wait - (performance.now() - asked));
  };
  const leave = (tenant: string): void => {
    const holder = holders.get(tenant);
    if (holder === undefined) return;
    const next = holder.queue.shift();
    // The place goes straight to who waits.
    if (next) next();
    else if (--holder.held === 0) holders.delete(tenant);
  };
  return (tenant) => ({
    ...pool,
    borrow: async (work) => {
      const left = await take(tenant);
      try {
        return await pool.borrow(work, left);
      } finally {
        leave(tenant);
      }
    },
  });
}
