import { errorKinds, ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { spent } from '../base/trace.ts';
import type { Dialect, Reply, Route, SentFile } from '../dialects/dialect.ts';
import { findApp } from '../model/app.ts';
import { anonymous, isAnonymous, type Principal } from '../model/principal.ts';
import type { Call } from '../service/call.ts';
import type { Engine } from '../service/engine.ts';
import type { Tokens } from '../service/tokens.ts';
import { authenticate, checkTenant } from './auth.ts';
import type { BodyReader } from './body.ts';
import type { Endpoint, Exchange } from './exchange.ts';
import type { Asking, Limiter } from './limit.ts';

export interface MountParts {
  readonly engine: Engine;
  readonly tokens: Pick<Tokens, 'verify' | 'resolve'>;
  readonly readBody: BodyReader;
  readonly limiter: Limiter;
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
      ...(route.header === undefined ? {} : { header: route.header }),
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
  const began = performance.now();
  const identify = () =>
    authenticate(parts.tokens, exchange.headers, { ...dialect, tenant: exchange.namedTenant });
  if (!route.public) {
    const principal = (await identify()) ?? (route.anonymous ? anonymousOf(exchange) : undefined);
    if (principal === undefined) throw new ServiceError('token_missing');
    checkTenant(principal, exchange.namedTenant);
    exchange.principal = principal;
  }
  spent('auth', began);
  await takeTurn(exchange, parts.limiter, await allowance(route, exchange, parts.engine));
  const read = await bodyOf(dialect, route, exchange, parts.readBody);
  const call: Call = {
    // What the caller is not entitled to is refused before a body that can't be read.
    route: read.error === undefined ? route : { ...route, handle: () => throws(read.error) },
    request: {
      method: exchange.method === 'HEAD' ? 'GET' : exchange.method,
      params: exchange.params,
      query: exchange.query,
      headers: exchange.headers,
      body: read.body,
      ...(read.file === undefined ? {} : { file: read.file }),
      id: exchange.id,
    },
    ...(exchange.principal === undefined ? {} : { principal: exchange.principal }),
    signal: exchange.signal,
    identify,
  };
  try {
    return await parts.engine.perform(call);
  } catch (error) {
    const { principal } = exchange;
    throw principal && isAnonymous(principal) ? asMissing(error) : error;
  }
}

/** Who calls without a token: nobody in particular of the tenant that the address names. */
function anonymousOf({ namedTenant }: Exchange): Principal | undefined {
  return namedTenant === undefined ? undefined : { ...anonymous, tenant: namedTenant };
}

/** What somebody known might do is no refusal but the question who asks. */
function asMissing(error: unknown): unknown {
  const refused = error instanceof ServiceError && errorKinds[error.kind].status === 403;
  return refused ? new ServiceError('token_missing', undefined, {}, { cause: error }) : error;
}

/** The body, or why there is none: on routes that ask for a right that comes later. */
async function bodyOf(
  dialect: Dialect,
  route: Route,
  exchange: Exchange,
  readBody: BodyReader,
): Promise<{
  readonly body: Json | undefined;
  readonly file?: SentFile;
  readonly error?: unknown;
}> {
  if (exchange.method === 'GET' || exchange.method === 'HEAD') return { body: undefined };
  try {
    if (route.file !== undefined) {
      const file = await readBody.file(exchange, route.file);
      return { body: undefined, ...(file === undefined ? {} : { file }) };
    }
    const options = { repeated: dialect.repeatedKeys, open: exchange.principal === undefined };
    return { body: await readBody.json(exchange, options) };
  } catch (error) {
    if (route.right === undefined) throw error;
    return { body: undefined, error };
  }
}

function throws(error: unknown): never {
  throw error;
}

/** What the request counts as besides a read or a write; by the definitions at hand, which the request itself will find out of date. */
async function allowance(
  route: Route,
  { params, principal, query }: Exchange,
  engine: Engine,
): Promise<Pick<Asking, 'related' | 'app'>> {
  const related = route.related?.(query) ?? false;
  const { app: slug } = params;
  const tenant = principal?.tenant;
  if (slug === undefined || tenant === undefined) return { related };
  const app = findApp(await engine.known(tenant), slug);
  const perHour = Number(app?.settings['rate_limit_per_hour'] ?? 0);
  return { related, app: { name: JSON.stringify([tenant, slug]), perHour } };
}

/** One request off the caller's allowance: by principal, or by address where nobody has signed in. */
export async function takeTurn(
  { principal, method, remote, extra }: Exchange,
  limiter: Limiter,
  more: Pick<Asking, 'related' | 'app'> = { related: false },
): Promise<void> {
  const who =
    principal === undefined || isAnonymous(principal)
      ? `ip ${remote}`
      : `sub ${JSON.stringify([principal.tenant ?? '', principal.sub])}`;
  const writes = method !== 'GET' && method !== 'HEAD';
  await limiter({ who, writes, ...more }, extra);
}
