import {
  BurstyRateLimiter,
  type IRateLimiterOptions,
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import { ServiceError } from '../base/errors.ts';
import type { RateLimit } from '../config.ts';

/** Counts one request; returns the RateLimit-* headers, or refuses. */
export interface Limiter {
  /** @throws ServiceError rate_limited, after `headers` has been told */
  readonly take: (
    key: string,
    kind: 'read' | 'write',
    headers: Record<string, string>,
  ) => Promise<void>;
}

/** Where counts live. In memory: each process counts for itself; a Postgres store makes one count of several processes. */
export type CounterStore = (options: IRateLimiterOptions) => RateLimiterAbstract;

const inMemory: CounterStore = (options) => new RateLimiterMemory(options);

/** A burst is granted again after this many windows. */
const burstWindows = 10;

/**
 * `requests` per `seconds` for each principal, and `burst` more within ten such windows; reads and writes count apart, so a flood
 * of reads can't lock a principal's writes.
 */
export function createLimiter(limit: RateLimit, store: CounterStore = inMemory): Limiter {
  const make = (kind: string) =>
    new BurstyRateLimiter(
      store({ keyPrefix: kind, points: limit.requests, duration: limit.seconds }),
      store({
        keyPrefix: `${kind}_burst`,
        points: limit.burst,
        duration: limit.seconds * burstWindows,
      }),
    );
  const counters = { read: make('read'), write: make('write') };
  const policy = `${limit.requests};w=${limit.seconds};burst=${limit.burst}`;

  return {
    take: async (key, kind, headers) => {
      const result = await counters[kind].consume(key).catch((refused: unknown) => {
        if (refused instanceof RateLimiterRes) return { refused };
        throw refused;
      });
      const state = 'refused' in result ? result.refused : result;
      const seconds = Math.max(1, Math.ceil((state?.msBeforeNext ?? 0) / 1000));
      headers['ratelimit-limit'] = String(limit.requests);
      headers['ratelimit-remaining'] = String(Math.max(0, state?.remainingPoints ?? 0));
      headers['ratelimit-reset'] = String(seconds);
      headers['ratelimit-policy'] = policy;
      if ('refused' in result) {
        throw new ServiceError('rate_limited', undefined, { retryAfter: seconds });
      }
    },
  };
}
