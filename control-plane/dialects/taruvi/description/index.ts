import type { Description } from '../../described.ts';
import { management } from './management.ts';
import { parameters } from './parameters.ts';
import { rowRoutes } from './rows.ts';
import { schemas } from './schemas/index.ts';
import { describeTable } from './table.ts';
import { tables } from './tables.ts';

/** The Taruvi dialect as its users read of it. */
export const description: Description = {
  name: 'Taruvi',
  about:
    'Apps of datasources of tables, their Frictionless schemas, rows, relations, graphs and policies. Rows come in an envelope, definitions bare.',
  routes: { ...management, ...tables, ...rowRoutes },
  schemas,
  parameters,
  table: describeTable,
};
