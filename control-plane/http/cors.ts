import type { CorsRules } from '../dialects/dialect.ts';
import type { Endpoint, Exchange } from './exchange.ts';

/** Answers a preflight. What may be asked is decided with the request itself. */
export const preflight: Endpoint = {
  method: 'OPTIONS',
  path: '*',
  handle: () => Promise.resolve({ status: 200, body: '{}' }),
};

/** Lets pages of the origin that asks read the reply. Tokens travel in headers the page sets itself, so any origin may ask. */
export function openToOrigins(exchange: Exchange, rules: CorsRules): void {
  const { origin } = exchange.headers;
  exchange.extra['vary'] = 'origin';
  if (origin === undefined || !/^[\x21-\x7e]{1,255}$/.test(origin)) return;
  exchange.extra['access-control-allow-origin'] = origin;
  exchange.extra['access-control-expose-headers'] = rules.exposed.join(', ');
  if (rules.credentials) exchange.extra['access-control-allow-credentials'] = 'true';
  if (exchange.method !== 'OPTIONS') return;
  exchange.extra['access-control-allow-methods'] = [...rules.methods, 'OPTIONS'].join(', ');
  exchange.extra['access-control-allow-headers'] =
    rules.headers?.join(', ') ?? headersAsked(exchange);
  exchange.extra['access-control-max-age'] = '600';
}

function headersAsked({ headers }: Exchange): string {
  const asked = headers['access-control-request-headers'] ?? '';
  return /^[\w\-, ]{1,1000}$/.test(asked) ? asked : 'authorization, content-type, content-encoding';
}
