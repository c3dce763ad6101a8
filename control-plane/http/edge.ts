import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { TenantAdmin } from '../service/admin.ts';
import type { Engine } from '../service/engine.ts';
import type { Readiness } from '../service/readiness.ts';
import type { Tokens } from '../service/tokens.ts';
import type { TakeTurn } from '../service/turns.ts';
import { adminEndpoints } from './admin.ts';
import { createBodyReader } from './body.ts';
import { docsEndpoints } from './docs.ts';
import type { Endpoint } from './exchange.ts';
import { healthEndpoints } from './health.ts';
import { createLimiter } from './limit.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { mountDialects } from './mount.ts';
import { createHttpServer, type Patience } from './server.ts';

/** What the edge is put on: the services, already made. Tests put it on fakes. */
export interface EdgeParts {
  readonly engine: Engine;
  readonly tokens: Tokens;
  readonly takeTurn: TakeTurn;
  readonly admin: TenantAdmin;
  readonly dialects: readonly Dialect[];
  readonly ready: () => Promise<Readiness>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly patience?: Partial<Patience>;
  /** Ends what the services hold, after the last request. */
  readonly end: () => Promise<void>;
}

/** A server that can be started and stopped. */
export interface App {
  /** Starts to listen; the address tells the port where 0 was asked for. */
  readonly listen: (
    port?: number,
    host?: string,
  ) => Promise<{ readonly url: string; readonly port: number }>;
  /** Stops accepting, lets requests in flight finish, then ends the pools. May be called twice. */
  readonly close: () => Promise<void>;
}

/** Requests in flight get this long to finish once a stop is asked for; no statement may run longer anyway. */
const patience = 30_000;

/** Every endpoint of the server: its own first, then those of the dialects. */
export function endpointsOf(
  config: Config,
  parts: Omit<EdgeParts, 'log' | 'end'>,
): readonly Endpoint[] {
  const readBody = createBodyReader(config.maxBody);
  const limiter = createLimiter(config.rateLimit, parts.takeTurn);
  const shared = { ...parts, limiter, readBody };
  return [
    ...healthEndpoints(parts.ready),
    parts.metrics.endpoint,
    ...docsEndpoints(shared),
    ...adminEndpoints(shared),
    ...mountDialects(parts.dialects, shared),
  ];
}

/** The edge over given services. */
export function createEdge(config: Config, parts: EdgeParts): App {
  const { metrics } = parts;
  const server = createHttpServer({
    config,
    dialects: parts.dialects,
    log: parts.log,
    metrics,
    ...(parts.patience === undefined ? {} : { patience: parts.patience }),
    endpoints: endpointsOf(config, parts),
  });
  let closing: Promise<void> | undefined;
  return {
    listen: (port = config.port, host = config.host) => listen(server, port, host),
    close: () => {
      closing ??= stop(server).then(async () => {
        metrics.close();
        await parts.end();
      });
      return closing;
    },
  };
}

function listen(server: Server, port: number, host: string) {
  return new Promise<{ url: string; port: number }>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address() as AddressInfo;
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      resolve({ url: `http://${name}:${address.port}`, port: address.port });
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), patience);
    // Idle keep-alive connections are closed at once, the others when their reply is out.
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
