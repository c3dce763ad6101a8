import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { bodyOf, record, text } from './body.ts';
import { callerOf } from './caller.ts';
import { dataOf, idOf, listsOf, rowOf } from './object.ts';
import { objectReply } from './reply.ts';
import { ensured, outputOf, tableNameOf, viewOf } from './tables.ts';

/** `POST /data-svc/object` */
export function create({ body }: DialectRequest, context: RouteContext): Action {
  const object = record(bodyOf(body), 'object');
  const view = viewOf(
    tableNameOf(text(object, 'table', 'object.table'), 'object.table'),
    context.catalog,
  );
  const id = idOf(object, view, 'object');
  const data = dataOf(object, view, 'object');
  const lists = listsOf(object, callerOf(context.principal), view, 'object', true);
  return {
    kind: 'statements',
    ensure: ensured(view),
    statements: [
      {
        kind: 'insert',
        table: view.table,
        rows: [rowOf(view, id, data, lists)],
        output: outputOf(view),
      },
    ],
    reply: ([result]) => objectReply(result),
  };
}
