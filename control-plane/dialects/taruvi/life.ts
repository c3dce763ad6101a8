import type { Action, DialectRequest, Route } from '../dialect.ts';
import { managed, removal } from './management.ts';
import { pathOf } from './request.ts';

function deleteTable(request: DialectRequest): Action {
  return removal(request, pathOf(request));
}

/** `DELETE …/datatables/{t}/`, in the short form and under the table's datasource. */
export const lifeRoutes: readonly Route[] = ['/:app', '/:app/datasources/:datasource'].map((base) =>
  managed('DELETE', `${base}/datatables/:table`, 'administer', deleteTable),
);
