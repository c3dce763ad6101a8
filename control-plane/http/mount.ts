import { ServiceError } from '../base/errors.ts';
import type { Dialect, Reply, Route } from '../dialects/dialect.ts';
import type { Engine } from '../service/engine.ts';
import type { Tokens } from '../service/tokens.ts';
import { authenticate, checkTenant } from './auth.ts';
import type { BodyReader } from './body.ts';
import type { Endpoint, Exchange } from './exchange.ts';
import type { Limiter } from './limit.ts';

export interface MountParts {
  readonly engine: Engine;
  readonly tokens: Pick<Tokens, 'verify'>;
  readonly readBody: BodyReader;
  readonly limiter?: Limiter;
}

/** Every route of every dialect, mounted the same way: identity, tenant, rate, body, and then the engine. */
export function mountDialects(
  dialects: readonly Dialect[],
  parts: MountParts,
): readonly Endpoint[] {
  return dialects.flatMap((dialect) =>
    dialect.routes.map((route) => ({
      method: route.method,
      path: route.path,
      dialect,
      handle: (exchange: Exchange) => serve(dialect, route, exchange, parts),
    })),
  );
}

async function serve(
  dialect: Dialect,
  route: Route,
  exchange: Exchange,
  parts: MountParts,
): Promise<Reply> {
  const identify = () => authenticate(parts.tokens, exchange.headers, dialect.tokenHeaders);
  if (!route.public) {
    const principal = await identify();
    if (principal === undefined) throw new ServiceError('token_missing');
    checkTenant(principal, exchange.namedTenant);
    exchange.principal = principal;
  }
  await takeTurn(exchange, parts.limiter);
  const body = exchange.method === 'GET' ? undefined : await parts.readBody(exchange.message);
  return parts.engine.perform({
    route,
    request: {
      method: exchange.method === 'HEAD' ? 'GET' : exchange.method,
      params: exchange.params,
      query: exchange.query,
      headers: exchange.headers,
      body,
      id: exchange.id,
    },
    ...(exchange.principal === undefined ? {} : { principal: exchange.principal }),
    signal: exchange.signal,
    identify,
  });
}

/** One request off the caller's allowance: by principal, or by address where nobody has signed in. */
export async function takeTurn(exchange: Exchange, limiter: Limiter | undefined): Promise<void> {
  if (limiter === undefined) return;
  const { principal, method } = exchange;
  const key =
    principal === undefined
      ? `ip ${exchange.remote}`
      : `sub ${JSON.stringify([principal.tenant ?? '', principal.sub])}`;
  const reads = method === 'GET' || method === 'HEAD';
  await limiter.take(key, reads ? 'read' : 'write', exchange.extra);
}
