import { type Layer, Router } from '@koa/router';
import { ServiceError } from '../base/errors.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { decodeSegment } from './address.ts';
import { openToOrigins, preflight } from './cors.ts';
import type { Endpoint, Exchange } from './exchange.ts';

/** Finds the endpoint for a request and notes route, dialect and parameters on the exchange. */
export type Finder = (exchange: Exchange) => Endpoint;

/**
 * The one table of all routes. @koa/router serves as the matcher only: its own dispatch would run every layer that fits, and
 * decode a broken escape to itself. The first route that fits wins, so a dialect lists special paths before general ones.
 */
export function createFinder(endpoints: readonly Endpoint[], dialects: readonly Dialect[]): Finder {
  const byLayer = new Map<unknown, Endpoint>();
  const routerOf = (some: readonly Endpoint[]): Router => {
    const router = new Router({ sensitive: true });
    for (const endpoint of some) {
      const path = endpoint.path.length > 1 ? endpoint.path.replace(/\/+$/, '') : endpoint.path;
      router.register(path, [endpoint.method], [() => undefined]);
      byLayer.set(router.stack.at(-1), endpoint);
    }
    return router;
  };
  const every = routerOf(endpoints);
  // All 202 routes tried in turn were a twentieth of the server's time.
  const byStart = new Map<string, Router>();
  for (const { path } of endpoints) {
    const start = startOf(path);
    if (start.includes(':') || byStart.has(start)) continue;
    byStart.set(start, routerOf(endpoints.filter((each) => mayStart(each.path, start))));
  }

  return (exchange) => {
    const { path } = exchange;
    const method = exchange.method === 'HEAD' ? 'GET' : exchange.method;
    const match = (byStart.get(startOf(path)) ?? every).match(path, method);
    const layer = match.pathAndMethod.find((each) => isMeant(byLayer.get(each), exchange));
    const endpoint = byLayer.get(layer);
    const others = match.path.filter((each) => isMeant(byLayer.get(each), exchange));
    const near = endpoint ?? byLayer.get(others[0]);
    const dialect = near?.dialect ?? dialectOf(path, dialects);
    if (dialect !== undefined) exchange.dialect = dialect;
    if (dialect?.cors) {
      openToOrigins(exchange, dialect.cors);
      if (method === 'OPTIONS') return preflight;
    }
    if (layer === undefined || endpoint === undefined) {
      if (others.length === 0) throw new ServiceError('route_not_found');
      exchange.extra['allow'] = allowed(others);
      throw new ServiceError('method_not_allowed');
    }
    exchange.route = endpoint.path;
    exchange.params = decodeParams(layer, path);
    return endpoint;
  };
}

/** The first two segments of a path. */
function startOf(path: string): string {
  const second = path.indexOf('/', 1);
  const third = second < 0 ? -1 : path.indexOf('/', second + 1);
  return third < 0 ? path : path.slice(0, third);
}

/** Whether a path that begins so may be one of this route: its parameters stand for any segment. */
function mayStart(route: string, start: string): boolean {
  const segments = startOf(route).split('/');
  const given = start.split('/');
  return (
    segments.length === given.length &&
    segments.every((segment, at) => segment.startsWith(':') || segment === given[at])
  );
}

/** Whether the request carries what the route asks for. */
function isMeant(endpoint: Endpoint | undefined, { headers }: Exchange): boolean {
  return endpoint?.header === undefined || headers[endpoint.header] !== undefined;
}

function decodeParams(layer: Layer, path: string): Readonly<Record<string, string>> {
  const values = layer.captures(path);
  const params: Record<string, string> = {};
  layer.paramNames.forEach((key, index) => {
    const value = values[index];
    if (value !== undefined) params[key.name] = decodeSegment(value);
  });
  return params;
}

function allowed(layers: readonly Layer[]): string {
  return [...new Set(layers.flatMap((layer) => layer.methods))].sort().join(', ');
}

/** Whose envelope an unknown path gets: the dialect with the longest prefix of it. */
function dialectOf(path: string, dialects: readonly Dialect[]): Dialect | undefined {
  let best: Dialect | undefined;
  let length = 0;
  for (const dialect of dialects) {
    for (const prefix of dialect.prefixes) {
      const bare = prefix.replace(/\/+$/, '');
      const fits = path === bare || path.startsWith(`${bare}/`);
      if (fits && bare.length >= length) {
        best = dialect;
        length = bare.length;
      }
    }
  }
  return best;
}
