import { ServiceError } from '../base/errors.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Engine } from '../service/engine.ts';
import type { Tokens } from '../service/tokens.ts';
import { authenticate, checkTenant } from './auth.ts';
import type { Endpoint, Exchange } from './exchange.ts';
import type { Limiter } from './limit.ts';
import { takeTurn } from './mount.ts';
import { openApi } from './openapi.ts';
import { pageEndpoints } from './page.ts';

export interface DocsParts {
  readonly dialects: readonly Dialect[];
  readonly engine: Pick<Engine, 'catalog'>;
  readonly tokens: Pick<Tokens, 'verify' | 'resolve'>;
  readonly limiter: Limiter;
}

/** GET /openapi.json: the routes, and with a token also the tables that its holder may use. GET /docs: a page that shows it. */
export function docsEndpoints(parts: DocsParts): readonly Endpoint[] {
  return [
    {
      method: 'GET',
      path: '/openapi.json',
      handle: async (exchange) => {
        const dialects = named(exchange, parts.dialects);
        const principal = await authenticate(parts.tokens, exchange.headers);
        // An operator belongs to no tenant: only the routes, like anybody.
        if (principal === undefined || principal.operator) {
          return { status: 200, body: { json: openApi(dialects) } };
        }
        checkTenant(principal, exchange.namedTenant);
        exchange.principal = principal;
        // A document takes about a millisecond for each table.
        await takeTurn(exchange, parts.limiter);
        const { id: requestId, signal } = exchange;
        const catalog = await parts.engine.catalog({ principal, requestId, signal });
        return { status: 200, body: { json: openApi(dialects, catalog) } };
      },
    },
    ...pageEndpoints(),
  ];
}

/** All dialects, or the one that the query names. @throws ServiceError bad_request */
function named({ query }: Exchange, dialects: readonly Dialect[]): readonly Dialect[] {
  const name = query.get('dialect')?.at(-1);
  if (name === undefined) return dialects;
  const found = dialects.filter((dialect) => dialect.name === name);
  if (found.length > 0) return found;
  const known = dialects.map((dialect) => dialect.name).join(', ');
  throw new ServiceError('bad_request', `dialect must be one of ${known}`, { field: 'dialect' });
}
