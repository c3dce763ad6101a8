import type { Description } from '../../../described.ts';
import { envelope } from './envelope.ts';
import { management } from './management.ts';
import { rows } from './rows.ts';
import { tables } from './tables.ts';

/** The schemas that no table of the tenant changes. */
export const schemas: Description['schemas'] = { ...envelope, ...management, ...tables, ...rows };
