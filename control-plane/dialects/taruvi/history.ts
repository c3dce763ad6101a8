import type { Action, DialectRequest, Route, RouteContext } from '../dialect.ts';
import { refuse } from './errors.ts';
import { idText } from './key.ts';
import { mostRows, pageOf } from './page.ts';
import { listText } from './reply.ts';
import { lastOf, underTable } from './request.ts';
import { rowsOf } from './served.ts';

/** `GET data/{id}/history/` */
export function rowHistory(request: DialectRequest, context: RouteContext): Action {
  return versions(request, context, request.params['id'] ?? '');
}

/** `GET audit/?record_id=…`: the versions of one record, or of all that the caller may read. */
function audit(request: DialectRequest, context: RouteContext): Action {
  const record = lastOf(request.query, 'record_id');
  if (record === '') refuse('record_id is empty', 'record_id');
  return versions(request, context, record);
}

/** What became of the record, newest first; undefined: of every record. */
function versions(request: DialectRequest, context: RouteContext, id: string | undefined): Action {
  const { table } = rowsOf(request, context);
  const page = pageOf(request.query);
  return {
    kind: 'statements',
    statements: [
      {
        kind: 'history',
        table,
        ...(id === undefined ? {} : { key: idText(id, table) }),
        form: 'versions',
        ...page,
        show: 'trashed',
        cap: mostRows,
      },
    ],
    reply: ([result]) =>
      listText(result?.rows ?? '[]', 'History retrieved', {
        ...page,
        count: result?.count ?? 0,
        total: result?.total ?? 0,
      }),
  };
}

/** What was written to a table, told by record and version. */
export const auditRoutes: readonly Route[] = underTable('GET', '/audit', audit);
