import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';

/** What came of one write: its status, and Retry-After where it said so. 0: no answer at all. */
export interface Answer {
  readonly status: number;
  readonly retryAfter?: string | null;
}

/** Writers at work, each number written once, and what was said of it. */
export interface Writers {
  readonly acknowledged: ReadonlySet<number>;
  readonly refused: ReadonlyMap<number, Answer>;
  /** Waits until so many more writes are acknowledged. */
  more(count: number): Promise<void>;
  /** Waits until so many more are refused or cut off. */
  moreRefused(count: number): Promise<void>;
  stop(): Promise<void>;
  /**
   * Holds the account against the table: what was acknowledged is there once, and what is there besides had its answer cut off or lost with
   * the connection to the database.
   */
  settle(stored: readonly number[]): void;
}

/** Starts writers that go on until they are stopped, whatever becomes of their writes. */
export function startWriters(count: number, write: (n: number) => Promise<Answer>): Writers {
  const acknowledged = new Set<number>();
  const refused = new Map<number, Answer>();
  let next = 0;
  let going = true;
  const work = async (): Promise<void> => {
    while (going) {
      const n = ++next;
      const answer = await write(n);
      if (answer.status >= 200 && answer.status < 300) acknowledged.add(n);
      else {
        refused.set(n, answer);
        await sleep(10);
      }
    }
  };
  const writers = Promise.all(Array.from({ length: count }, work));
  const grows = async (account: { readonly size: number }, more: number): Promise<void> => {
    const goal = account.size + more;
    for (let turn = 0; account.size < goal; turn++) {
      if (turn === 3_000) throw new Error(`${account.size} of ${goal} answers have come`);
      await sleep(20);
    }
  };
  return {
    acknowledged,
    refused,
    more: (more) => grows(acknowledged, more),
    moreRefused: (more) => grows(refused, more),
    stop: async () => {
      going = false;
      await writers;
    },
    settle: (stored) => {
      const there = new Set(stored);
      expect(there.size, 'a number is stored once').toBe(stored.length);
      const lost = [...acknowledged].filter((n) => !there.has(n));
      expect(lost, 'acknowledged and not there').toEqual([]);
      const unsaid = [...there].filter((n) => {
        const status = refused.get(n)?.status;
        return !acknowledged.has(n) && status !== 0 && status !== 503;
      });
      expect(unsaid, 'there, though the answer was a clear no').toEqual([]);
    },
  };
}
