import type { Json } from '../../base/json.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { bodyOf, flag, list, member, record, text } from './body.ts';
import { anyone, type Caller, callerOf, entries } from './caller.ts';
import { filtersOf } from './filter.ts';
import { cursorOf, nextCursor, ordersOf } from './order.ts';
import { refuse } from './refuse.ts';
import { reply } from './reply.ts';
import { outputOf, tableNameOf, type View, viewOf } from './tables.ts';

/** Objects of one reply at most. */
export const mostFound = 10_000;

/** `POST /data-svc/objects` */
export function query({ body }: DialectRequest, context: RouteContext): Action {
  const sent = bodyOf(body);
  const view = viewOf(tableNameOf(text(sent, 'table')), context.catalog);
  const caller = callerOf(context.principal);
  const asked = member(sent, 'query') === undefined ? {} : record(sent, 'query');
  const filters = list(asked, 'filters', 'query.filters') ?? [];
  const wanted = filtersOf(filters, 'query.filters', view, caller);
  const orders = ordersOf(list(asked, 'orderBys', 'query.orderBys') ?? [], view);
  const limit = limitOf(member(asked, 'limit'));
  const count = flag(asked, 'count', 'query.count');
  const behind = cursorOf(asked, orders, view);
  const narrowed = narrowing(list(sent, 'readers'), view, caller);
  if (narrowed === undefined || !view.found) {
    return { kind: 'reply', reply: reply(`{"objects":[]${count ? ',"count":0' : ''}}`) };
  }
  return {
    kind: 'statements',
    statements: [
      {
        kind: 'read',
        table: view.table,
        where: { kind: 'and', of: [...narrowed, wanted] },
        output: outputOf(view),
        order: orders.terms,
        ...(limit === undefined ? {} : { limit, cursor: !orders.random }),
        ...(behind === undefined ? {} : { behind }),
        total: count,
        show: 'live',
        cap: mostFound,
      },
    ],
    reply: ([result]) => {
      const total = count ? `,"count":${result?.total ?? 0}` : '';
      const next =
        result?.cursor === undefined
          ? ''
          : `,"afterJson":${JSON.stringify(nextCursor(result.cursor, orders, view))}`;
      return reply(`{"objects":${result?.rows ?? '[]'}${total}${next}}`);
    },
  };
}

function limitOf(value: Json | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    return refuse('query.limit', 'must be a whole number');
  }
  if (value > mostFound) return refuse('query.limit', `must be at most ${mostFound}`);
  return value < 1 ? undefined : value;
}

/** Only objects readable through certain identifiers; undefined: none is left. */
function narrowing(
  readers: readonly Json[] | undefined,
  view: View,
  caller: Caller,
): readonly Predicate[] | undefined {
  if (readers === undefined) return [];
  const named = entries(readers, 'readers', caller);
  const own = named.filter((name) => caller.names.has(name));
  const through = named.filter((name) => name === anyone || caller.names.has(name));
  if (through.length === 0) return undefined;
  if (!view.acl) return [];
  return [{ kind: 'or', of: [holds('read', through), holds('full', own)] }];
}

function holds(name: 'read' | 'full', operand: readonly string[]): Predicate {
  if (operand.length === 0) return { kind: 'constant', value: false };
  return {
    kind: 'compare',
    field: { kind: 'access', list: name },
    operator: 'array_overlaps',
    operand,
  };
}
