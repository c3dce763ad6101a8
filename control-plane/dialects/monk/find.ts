import { alternatives } from '../../base/alternatives.ts';
import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { Principal } from '../../model/principal.ts';
import type { Table } from '../../model/table.ts';
import type { OutputItem } from '../../statement/output.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Order, Read, Show } from '../../statement/statement.ts';
import type { DialectRequest, RouteContext } from '../dialect.ts';
import { refuse } from './codes.ts';
import { parseWhere } from './filter.ts';
import { parseOrder, parseOrderText } from './order.ts';
import { format, recordItems } from './output.ts';
import type { Shape } from './respond.ts';
import { keyOf, nameOf, ref, toRead } from './tables.ts';
import { checkLength, isUuid } from './values.ts';
import { asArray, listCounts, type Work } from './work.ts';

/** Most records in one reply. */
export const largestPage = 10_000;

export type Query = DialectRequest['query'];

/** Which records, in what order, and how many. */
export interface Selection {
  readonly where?: Predicate;
  readonly order?: readonly Order[];
  readonly limit?: number;
  readonly offset?: number;
  readonly after?: string;
  readonly total: boolean;
  readonly show: Show;
  readonly select?: readonly string[];
}

/** `POST /api/find/:schema`. */
export function find(request: DialectRequest, context: RouteContext, shape: Shape): Work {
  const table = toRead(context, request.params['schema'] ?? '');
  const body = bodyOf(table, request.body ?? {});
  return list(
    table,
    parseSelection(table, { ...queryShow(request.query), ...body }, context),
    shape,
  );
}

/** A list of records. */
export function list(table: Table, selection: Selection, shape: Shape): Work {
  return {
    steps: [readOf(table, selection, shape)],
    data: asArray,
    counts: listCounts,
    subject: { schema: nameOf(table), verb: 'read' },
  };
}

/** The read statement of a selection. */
export function readOf(table: Table, selection: Selection, shape: Shape): Read {
  const { select, ...rest } = selection;
  return {
    kind: 'read',
    table: ref(table),
    ...rest,
    output: { items: itemsOf(table, select, shape), format },
    cap: largestPage,
  };
}

function itemsOf(table: Table, select: readonly string[] | undefined, shape: Shape): OutputItem[] {
  if (select === undefined) return recordItems(table, shape);
  const shown = new Map(recordItems(table, shape).map((item) => [nameOfItem(item), item]));
  return [...new Set(select)].flatMap((name): OutputItem[] => {
    const item = shown.get(name);
    if (item === undefined) return [];
    // A column that was asked for is always there, also when empty.
    return item.kind === 'access' ? [{ kind: 'access', list: item.list, as: item.as }] : [item];
  });
}

function nameOfItem(item: OutputItem): string {
  return item.kind === 'column' ? (item.as ?? item.name) : item.as;
}

/** Shorthand bodies: ids, one id, a name, nothing. */
function bodyOf(table: Table, body: Json): JsonObject {
  if (isObject(body)) return body;
  if (Array.isArray(body)) {
    if (body.length === 0) return {};
    checkLength({ label: 'ids' }, body);
    if (!body.every((id) => typeof id === 'string' || typeof id === 'number')) {
      refuse('FILTER_INVALID_WHERE', 'The ids of a find are strings');
    }
    return { where: { [keyOf(table)]: { $in: body } } };
  }
  if (isUuid(body)) return { where: { [keyOf(table)]: body } };
  if (typeof body === 'string') return { where: { name: body } };
  return refuse('REQUEST_INVALID_FORMAT', 'A find is an object, an array of ids or a string');
}

const ineffective: readonly string[] = ['explain', 'hint', 'lookups', 'related', 'options'];

const known: readonly string[] = [
  'where',
  'select',
  'order',
  'limit',
  'offset',
  'after',
  'count',
  'includeTotal',
  'include_trashed',
  'include_deleted',
  'context',
  ...ineffective,
];

/** A find body, every key checked. */
export function parseSelection(
  table: Table,
  body: JsonObject,
  context: Pick<RouteContext, 'principal'>,
): Selection {
  const stranger = Object.keys(body).find((key) => !known.includes(key));
  if (stranger !== undefined) {
    refuse('FILTER_UNKNOWN_KEY', `Unknown key '${stranger}'`, { field: stranger });
  }
  const { where, select, order, limit, offset, after } = body;
  if (after !== undefined && offset !== undefined) {
    refuse('FILTER_INVALID_AFTER', 'after does not go with offset', { field: 'after' });
  }
  return {
    ...(where === undefined ? {} : { where: parseWhere(table, where) }),
    ...(order === undefined ? {} : { order: parseOrder(table, order) }),
    ...(limit === undefined ? {} : { limit: parseLimit(limit) }),
    ...(offset === undefined ? {} : { offset: parseOffset(offset) }),
    ...(after === undefined ? {} : { after: parseAfter(table, after) }),
    ...selected(table, select),
    total: isOn(body, 'count') || isOn(body, 'includeTotal'),
    show: showOf(body, context.principal),
  };
}

/** The same parameters in a query string. */
export function parseQuery(
  table: Table,
  query: Query,
  context: Pick<RouteContext, 'principal'>,
): Selection {
  const order = query.get('order')?.[0];
  const body: JsonObject = {
    ...whereOf(query),
    ...numberOf(query, 'limit'),
    ...numberOf(query, 'offset'),
    ...textOf(query, 'after'),
    ...flagOf(query, 'count'),
    ...flagOf(query, 'includeTotal'),
    ...textOf(query, 'context'),
    ...queryShow(query),
  };
  const selection = parseSelection(table, body, context);
  const ordered = order === undefined || order.trim() === '' ? undefined : order;
  if (ordered === undefined) return selection;
  return { ...selection, order: parseOrderText(table, ordered) };
}

/** `where` of a query string: JSON text, raw or encoded once more. Absent: no key. */
export function whereOf(query: Query): { readonly where?: Json } {
  const text = query.get('where')?.[0];
  if (text === undefined) return {};
  for (const candidate of [text, decoded(text)]) {
    try {
      return { where: parseJson(candidate) };
    } catch {
      // The next spelling, then the refusal.
    }
  }
  return refuse('FILTER_INVALID_WHERE', 'where is not valid JSON', { field: 'where' });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function numberOf(query: Query, name: string): JsonObject {
  const text = query.get(name)?.[0];
  if (text === undefined) return {};
  return { [name]: /^\d{1,15}$/.test(text) ? Number(text) : text };
}

function textOf(query: Query, name: string): JsonObject {
  const text = query.get(name)?.[0];
  return text === undefined || text === '' ? {} : { [name]: text };
}

function flagOf(query: Query, name: string): JsonObject {
  const text = query.get(name)?.[0];
  return text === undefined ? {} : { [name]: text === 'true' || text === '1' || text === '' };
}

/** `include_trashed` and `include_deleted` go with every route. */
export function queryShow(query: Query): JsonObject {
  return { ...flagOf(query, 'include_trashed'), ...flagOf(query, 'include_deleted') };
}

/** Deletes for good instead of into the trash. */
export function isPermanent(query: Query): boolean {
  return query.get('permanent')?.[0] === 'true';
}

function isOn(body: JsonObject, key: string): boolean {
  const value = body[key] ?? false;
  if (typeof value === 'boolean') return value;
  return refuse('FILTER_INVALID_VALUE', `${key} is true or false`, { field: key });
}

/** Who asks for a list, as far as it shows more or less. */
export const contexts = ['observer', 'system', 'api'] as const;

/** Which records take part. What only a sudo token may see, Postgres shows to no other: the check here gives the reason. */
export function showOf(body: JsonObject, principal: Principal, usual: Show = 'live'): Show {
  const context = body['context'] ?? 'api';
  if (!contexts.some((word) => word === context)) {
    const message = `context is ${alternatives(contexts)}`;
    refuse('FILTER_INVALID_VALUE', message, { field: 'context' });
  }
  if (isOn(body, 'include_deleted') || context === 'system') {
    if (!principal.sudo) {
      refuse('SUDO_REQUIRED', 'Permanently deleted records are shown to sudo tokens only');
    }
    return 'deleted';
  }
  if (isOn(body, 'include_trashed') || context === 'observer') return 'trashed';
  return body['include_trashed'] === false ? 'live' : usual;
}

function parseLimit(limit: Json): number {
  const fits = typeof limit === 'number' && Number.isInteger(limit);
  if (fits && limit >= 0 && limit <= largestPage) return limit;
  return refuse('FILTER_INVALID_LIMIT', `limit is a whole number from 0 to ${largestPage}`, {
    field: 'limit',
  });
}

function parseOffset(offset: Json): number {
  if (typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0) return offset;
  return refuse('FILTER_INVALID_OFFSET', 'offset is a whole number from 0', { field: 'offset' });
}

function parseAfter(table: Table, after: Json): string {
  keyOf(table);
  if (typeof after === 'string' && after !== '') return after;
  if (typeof after === 'number') return String(after);
  return refuse('FILTER_INVALID_AFTER', 'after is the id of a record', { field: 'after' });
}

function selected(table: Table, select: Json | undefined): { readonly select?: readonly string[] } {
  if (select === undefined) return {};
  const isNames = Array.isArray(select) && select.every((name) => typeof name === 'string');
  if (!isNames || select.length === 0 || (select.includes('*') && select.length > 1)) {
    return refuse('FILTER_INVALID_SELECT', 'select is an array of column names or ["*"]', {
      field: 'select',
    });
  }
  if (select[0] === '*') return {};
  const names = select as readonly string[];
  const everything = recordItems(table, { stat: true, access: true, unwrap: false, select: [] });
  const there = new Set(everything.map(nameOfItem));
  const stranger = names.find((name) => !there.has(name));
  if (stranger !== undefined) {
    refuse('FILTER_INVALID_COLUMN', `Column '${stranger}' does not exist`, { field: stranger });
  }
  return { select: names };
}
