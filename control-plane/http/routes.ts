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
  const router = new Router({ sensitive: true });
  const byLayer = new Map<unknown, Endpoint>();
  for (const endpoint of endpoints) {
    const path = endpoint.path.length > 1 ? endpoint.path.replace(/\/+$/, '') : endpoint.path;
    router.register(path, [endpoint.method], [() => undefined]);
    byLayer.set(router.stack.at(-1), endpoint);
  }

  return (exchange) => {
    const { path } = exchange;
    const method = exchange.method === 'HEAD' ? 'GET' : exchange.method;
    const match = router.match(path, method);
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
