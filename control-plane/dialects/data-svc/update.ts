import type { JsonObject } from '../../base/json.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Target } from '../../statement/statement.ts';
import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { bodyOf, list, record, text } from './body.ts';
import { callerOf } from './caller.ts';
import { filtersOf } from './filter.ts';
import { dataOf, listsOf } from './object.ts';
import { refuse } from './refuse.ts';
import { reply } from './reply.ts';
import { noOutput, tableNameOf, type View, viewOf } from './tables.ts';

/** `POST /data-svc/objects/update` */
export function update({ body }: DialectRequest, context: RouteContext): Action {
  const sent = bodyOf(body);
  const { view, where } = meant(sent, context);
  const object = record(sent, 'object');
  const named = text(object, 'table', 'object.table');
  if (named !== undefined && named !== '' && named !== view.name) {
    refuse('object.table', 'an object stays in its table');
  }
  const values = dataOf(object, view, 'object') ?? {};
  const access = listsOf(object, callerOf(context.principal), view, 'object', false);
  if (!view.found) return { kind: 'reply', reply: reply('{"updated":0}') };
  const change = Object.keys(access).length === 0 ? { values } : { values, access };
  return {
    kind: 'statements',
    statements: [
      {
        kind: 'update',
        table: view.table,
        target: targetOf(view, where),
        changes: [change],
        merge: view.objects ? ['data'] : [],
        output: noOutput,
        show: 'live',
      },
    ],
    reply: ([result]) => reply(`{"updated":${result?.changed ?? 0}}`),
  };
}

/** `POST /data-svc/objects/delete` */
export function remove({ body }: DialectRequest, context: RouteContext): Action {
  const { view, where } = meant(bodyOf(body), context);
  if (!view.found) return { kind: 'reply', reply: reply('{"deleted":0}') };
  return {
    kind: 'statements',
    statements: [
      {
        kind: 'delete',
        table: view.table,
        target: targetOf(view, where),
        permanent: false,
        output: noOutput,
      },
    ],
    reply: ([result]) => reply(`{"deleted":${result?.changed ?? 0}}`),
  };
}

function targetOf(view: View, where: Predicate): Target {
  return { by: 'where', where, ...(view.lists ? { unread: true } : {}) };
}

function meant(
  sent: JsonObject,
  { catalog, principal }: RouteContext,
): { view: View; where: Predicate } {
  const view = viewOf(tableNameOf(text(sent, 'table')), catalog);
  const filters = list(sent, 'filters');
  if (filters === undefined || filters.length === 0) {
    return refuse('filters', 'are required: without them every object would be meant');
  }
  return { view, where: filtersOf(filters, 'filters', view, callerOf(principal)) };
}
