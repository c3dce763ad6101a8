import type { Description } from '../../described.ts';
import { parameters } from './parameters.ts';
import { routes } from './routes.ts';
import { schemas } from './schemas.ts';
import { describeTable } from './table.ts';

/** The PgREST dialect as its users read of it. */
export const description: Description = {
  name: 'Pgrest',
  about:
    'Managed tables, views and roles for Tapis clients. Replies of success have status 200 and hold the outcome under `result`.',
  routes,
  schemas,
  parameters,
  table: describeTable,
};
