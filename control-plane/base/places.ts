import { ServiceError } from './errors.ts';

export interface PlaceSettings {
  /** How many may work at one time. */
  readonly most: number;
  /** How many may wait; absent: any number. */
  readonly queue?: number;
  /** How long they may wait, in milliseconds; absent: as long as it takes. */
  readonly patience?: number;
  /** What is said to those who may not wait, or have waited too long; absent: that the server is busy. */
  readonly refusal?: () => Error;
  /** Told of every wait that is over, however it ended, by the time at which it began. */
  readonly waited?: (began: number) => void;
}

/** A number of places at which work is done. */
export interface Places {
  /**
   * Does work at a place that is free, or at the next to become so, in the order of coming. `waited`: for so many milliseconds, 0 where there
   * was no wait. @throws as the settings refuse, or the reason given to `dismiss`
   */
  readonly during: <T>(work: (waited: number) => Promise<T>) => Promise<T>;
  /** Sends away all who wait. */
  readonly dismiss: (reason: Error) => void;
  /** Whether nobody works or waits. */
  readonly idle: () => boolean;
}

const busy = (): Error => new ServiceError('server_busy', undefined, { retryAfter: 1 });

/** Places for so many at one time. */
export function createPlaces(settings: PlaceSettings): Places {
  const { most, queue = Number.POSITIVE_INFINITY, patience, refusal = busy, waited } = settings;
  const waiting = new Set<PromiseWithResolvers<void>>();
  let taken = 0;

  const wait = async (): Promise<number> => {
    if (waiting.size >= queue) throw refusal();
    const began = performance.now();
    const place = Promise.withResolvers<void>();
    waiting.add(place);
    const giveUp = (): void => {
      waiting.delete(place);
      place.reject(refusal());
    };
    const timer = patience === undefined ? undefined : setTimeout(giveUp, patience);
    try {
      await place.promise;
    } finally {
      clearTimeout(timer);
      waited?.(began);
    }
    return performance.now() - began;
  };
  const leave = (): void => {
    const [next] = waiting;
    // A place goes straight to who waits: whoever comes in between would take one too many.
    if (next === undefined) taken--;
    else {
      waiting.delete(next);
      next.resolve();
    }
  };
  return {
    during: async (work) => {
      const free = taken < most;
      if (free) taken++;
      const time = free ? 0 : await wait();
      try {
        return await work(time);
      } finally {
        leave();
      }
    },
    dismiss: (reason) => {
      for (const place of waiting) place.reject(reason);
      waiting.clear();
    },
    idle: () => taken === 0,
  };
}
