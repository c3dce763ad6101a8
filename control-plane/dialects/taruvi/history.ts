import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { idText } from './key.ts';
import { mostRows, pageOf } from './page.ts';
import { listText } from './reply.ts';
import { rowsOf } from './served.ts';

/** `GET data/{id}/history/` */
export function rowHistory(request: DialectRequest, context: RouteContext): Action {
  const { table } = rowsOf(request, context);
  const page = pageOf(request.query);
  return {
    kind: 'statements',
    statements: [
      {
        kind: 'history',
        table,
        key: idText(request.params['id'] ?? '', table),
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
