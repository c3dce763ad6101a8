import { ServiceError } from '../base/errors.ts';
import type { Allowance, TakeTurn } from '../service/turns.ts';
import type { RateLimit } from '../setting-values.ts';

/** A request as far as its allowance goes. */
export interface Asking {
  /** Whose allowance: a principal, or an address where nobody has signed in. */
  readonly who: string;
  readonly writes: boolean;
  /** It reads related rows along. */
  readonly related: boolean;
  /** The app it is about, and what that allows a caller in an hour. */
  readonly app?: { readonly name: string; readonly perHour: number };
}

/** Counts one request and tells how things stand in `headers`. @throws ServiceError rate_limited, after `headers` has been told */
export type Limiter = (asking: Asking, headers: Record<string, string>) => Promise<void>;

/**
 * `requests` in any `seconds` for each caller, reads and writes apart, so that a flood of reads can't lock the caller's writes; of writes no
 * more than `burst` at once; of reads with related rows no more than `related` in that time. An app's own hourly limit comes on top.
 */
export function createLimiter(limit: RateLimit | undefined, take: TakeTurn): Limiter {
  return async (asking, headers) => {
    const allowances = [...common(asking, limit), ...ofApp(asking)];
    if (allowances.length === 0) return;
    const { allowed, limit: most, remaining, reset } = await take(allowances);
    headers['ratelimit-limit'] = String(most);
    headers['ratelimit-remaining'] = String(remaining);
    headers['ratelimit-reset'] = String(reset);
    if (!allowed) throw new ServiceError('rate_limited', undefined, { retryAfter: reset });
  };
}

function common({ who, writes, related }: Asking, limit?: RateLimit): readonly Allowance[] {
  if (limit === undefined) return [];
  const { requests, seconds } = limit;
  const refill = requests / seconds;
  return [
    { key: `${writes ? 'write' : 'read'} ${who}`, most: requests, seconds },
    ...(writes && limit.burst > 0 ? [{ key: `burst ${who}`, most: limit.burst, refill }] : []),
    ...(related && limit.related > 0
      ? [{ key: `related ${who}`, most: limit.related, seconds }]
      : []),
  ];
}

function ofApp({ who, app }: Asking): readonly Allowance[] {
  if (app === undefined || !(app.perHour > 0)) return [];
  return [{ key: `app ${app.name} ${who}`, most: app.perHour, seconds: 3600 }];
}
