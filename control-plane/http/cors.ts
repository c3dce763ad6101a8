import type { Endpoint, Exchange } from './exchange.ts';

/** Answers a preflight. What may be asked is decided with the request itself. */
export const preflight: Endpoint = {
  method: 'OPTIONS',
  path: '*',
  handle: () => Promise.resolve({ status: 200, body: '{}' }),
};

/** Lets pages of the origin that asks read the reply. Tokens travel in a header the page sets itself, so no credentials are allowed. */
export function openToOrigins(exchange: Exchange): void {
  const { origin } = exchange.headers;
  exchange.extra['vary'] = 'origin';
  if (origin === undefined || !/^[\x21-\x7e]{1,255}$/.test(origin)) return;
  exchange.extra['access-control-allow-origin'] = origin;
  exchange.extra['access-control-expose-headers'] = 'retry-after, x-request-id';
  if (exchange.method !== 'OPTIONS') return;
  const asked = exchange.headers['access-control-request-headers'] ?? '';
  exchange.extra['access-control-allow-methods'] = 'POST, PUT, OPTIONS';
  exchange.extra['access-control-allow-headers'] = /^[\w\-, ]{1,1000}$/.test(asked)
    ? asked
    : 'authorization, content-type, content-encoding';
  exchange.extra['access-control-max-age'] = '600';
}
