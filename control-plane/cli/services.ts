import type { Config } from '../config.ts';
import type { Services } from '../services.ts';
import { type Database, withDatabase } from './database.ts';
import { migrate } from './migrate.ts';

/**
 * Runs a command's work on the services. The embedded database is brought up to date first; somebody's own database is upgraded only
 * when they say so (`rowhouse migrate`, `rowhouse serve`).
 */
export async function withServices<T>(
  config: Config,
  work: (services: Services, database: Database) => Promise<T>,
): Promise<T> {
  const { openServices } = await import('../services.ts');
  return withDatabase(config, async (database) => {
    const services = openServices(config, database.url);
    try {
      const { ready, reason } = await services.ready();
      if (!ready && database.embedded === undefined) throw new Error(reason);
      if (!ready) await migrate(database.url, config);
      return await work(services, database);
    } finally {
      await services.end();
    }
  });
}
