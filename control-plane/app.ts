import { type Config, ConfigError } from './config.ts';
import { dialects } from './dialects/index.ts';
import { type App, createEdge } from './http/edge.ts';
import { createLog, type Logger } from './http/log.ts';
import { createMetrics } from './http/metrics.ts';
import { openServices } from './services.ts';

export type { App } from './http/edge.ts';

/**
 * The whole server over the database of the settings. It makes no connection before a request needs one, so it also starts while the
 * database is down. With the embedded Postgres the caller starts that first and says where it is.
 */
export function createApp(config: Config, options: { readonly log?: Logger } = {}): App {
  if (config.databaseUrl === undefined) {
    throw new ConfigError('DATABASE_URL', 'is missing: start the embedded Postgres and name it');
  }
  const metrics = createMetrics();
  const services = openServices(config, config.databaseUrl, metrics.meter);
  const { engine, tokens, takeTurn, admin, ready, pools, end, resume } = services;
  const log = options.log ?? createLog();
  metrics.watch({ data: pools.data.stats, ddl: pools.ddl.stats });
  const app = createEdge(config, {
    engine,
    tokens,
    takeTurn,
    admin,
    ready,
    end,
    dialects,
    metrics,
    log,
  });
  return {
    ...app,
    listen: async (port, host) => {
      const address = await app.listen(port, host);
      // As soon as the database is there.
      resume().catch((error: unknown) => log.warn({ err: error }, 'no operation was taken up'));
      return address;
    },
  };
}
