import { ServiceError } from '../../base/errors.ts';
import { type App, findApp, findDataSource } from '../../model/app.ts';
import { findTable } from '../../model/catalog.ts';
import { isAnonymous } from '../../model/principal.ts';
import type { Table } from '../../model/table.ts';
import type { DialectRequest, RouteContext } from '../dialect.ts';
import { notFound } from './errors.ts';
import { pathOf } from './request.ts';

/** The active app that the path names. @throws ServiceError 404 */
export function appOf(
  request: Pick<DialectRequest, 'params'>,
  { catalog }: Pick<RouteContext, 'catalog'>,
): App {
  const app = findApp(catalog, request.params['app'] ?? '');
  if (!app) throw notFound('app');
  return app;
}

/** A table with the app it belongs to. */
export interface Served {
  readonly app: App;
  readonly table: Table;
}

/**
 * The active table that the path names, under its datasource where the path has one.
 * @throws ServiceError 404 for what is not there or not active
 */
export function tableOf(request: Pick<DialectRequest, 'params'>, context: RouteContext): Served {
  const app = appOf(request, context);
  const { datasource, table: name } = pathOf(request);
  if (datasource !== undefined && !findDataSource(app, datasource)) throw notFound('datasource');
  const table = findTable(context.catalog, { app: app.slug, name });
  const there =
    table !== undefined &&
    table.active !== false &&
    table.status !== 'disabled' &&
    (datasource === undefined || table.datasource === datasource);
  if (!there) throw new ServiceError('table_not_found', undefined, { table: name });
  return { app, table };
}

/**
 * As {@link tableOf}, for its rows.
 * @throws ServiceError table_not_materialized; token_missing for a caller without a token where the app is not open to those
 */
export function rowsOf(request: Pick<DialectRequest, 'params'>, context: RouteContext): Served {
  if (!isAnonymous(context.principal)) return materialized(tableOf(request, context));
  const served = openTo(request, context);
  // Only policies can speak of callers without a name.
  if (served?.app.settings['allow_anonymous'] !== true || served.table.access !== 'policy') {
    throw new ServiceError('token_missing');
  }
  return materialized(served);
}

/** What is not there is nothing that a caller without a token may learn. */
function openTo(
  request: Pick<DialectRequest, 'params'>,
  context: RouteContext,
): Served | undefined {
  try {
    return tableOf(request, context);
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

function materialized(served: Served): Served {
  if (served.table.materialized !== false) return served;
  throw new ServiceError('table_not_materialized', undefined, { table: served.table.name });
}
