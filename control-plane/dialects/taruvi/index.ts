import type { Dialect, Route } from '../dialect.ts';
import { appPackageRoutes } from './app-package.ts';
import { appRoutes } from './apps.ts';
import { checkRoutes } from './check.ts';
import { dataRoutes } from './data.ts';
import { dataSourceRoutes } from './datasources.ts';
import { description } from './description/index.ts';
import { edgeRoutes } from './edges.ts';
import { fail } from './errors.ts';
import { exportRoutes } from './export.ts';
import { auditRoutes } from './history.ts';
import { importRoutes } from './import.ts';
import { operationRoutes } from './operations.ts';
import { packageRoutes } from './package.ts';
import { policyRoutes } from './policies.ts';
import { roleRoutes } from './roles.ts';
import { settingsRoutes } from './settings.ts';
import { statsRoutes } from './stats.ts';
import { tableRoutes } from './tables.ts';
import { validateRoutes } from './validate.ts';

const routes: readonly Route[] = [
  ...appRoutes,
  ...appPackageRoutes,
  ...statsRoutes,
  ...dataSourceRoutes,
  ...roleRoutes,
  ...settingsRoutes,
  ...policyRoutes,
  ...checkRoutes,
  ...packageRoutes,
  ...tableRoutes,
  ...operationRoutes,
  ...importRoutes,
  ...exportRoutes,
  ...validateRoutes,
  ...dataRoutes,
  ...auditRoutes,
  ...edgeRoutes,
];

/** The Taruvi dialect: apps of datasources of tables, their schemas and rows. */
export const taruvi: Dialect = {
  name: 'taruvi',
  prefixes: ['/api/apps', '/api/data/policies'],
  routes,
  description,
  tokenHeaders: ['x-session-token', 'x-api-key'],
  cors: {
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    headers: [
      'Authorization',
      'Content-Type',
      'X-Session-Token',
      'X-Tenant',
      'X-App-Slug',
      'X-Taruvi-Client',
      'X-Execution-ID',
      'X-Function-ID',
      'x-api-key',
    ],
    exposed: [
      'Retry-After',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'X-Total-Count',
      'X-Request-Id',
    ],
    credentials: true,
  },
  fail,
};
