import type { Description } from '../../described.ts';
import { access } from './access.ts';
import { accounts } from './accounts.ts';
import { definitions } from './definitions.ts';
import { parameters } from './parameters.ts';
import { recordRoutes } from './records.ts';
import { schemas } from './schemas.ts';
import { describeTable } from './table.ts';

/** The Monk dialect as its users read of it. */
export const description: Description = {
  name: 'Monk',
  about:
    'Schemas of records with access lists, trash and history. Replies of success have status 200 and hold the result under `data`.',
  routes: { ...accounts, ...definitions, ...recordRoutes, ...access },
  schemas,
  parameters,
  table: describeTable,
};
