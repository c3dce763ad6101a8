import { count, type Description, integer, text } from '../../described.ts';
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
  parameters: {
    Search: {
      name: 'search',
      description:
        'Conditions as `column.op=value`: eq, neq, lt, lte, gt, gte, in, nin, between, nbetween, like, nlike, null.',
      schema: { type: 'object', additionalProperties: text },
      exploded: true,
    },
    Where: {
      name: 'where',
      description: 'Conditions as JSON text: `{"count": {"operator": "<", "value": 9}}`.',
      schema: text,
    },
    Order: { name: 'order', description: '`column`, `column,ASC` or `column,DESC`.', schema: text },
    Limit: {
      name: 'limit',
      description: 'Rows at most; -1: as many as there may be.',
      schema: integer,
    },
    Offset: { name: 'offset', description: 'Rows to leave out before.', schema: count },
  },
  table: describeTable,
};
