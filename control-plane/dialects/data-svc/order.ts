import { isNumber, type Json, type JsonObject } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { Order } from '../../statement/statement.ts';
import { flag, isRecord, jsonArray, text } from './body.ts';
import { placeOf } from './fields.ts';
import { refuse } from './refuse.ts';
import type { View } from './tables.ts';
import { timeText } from './times.ts';

/** OrderBys of a query at most. */
export const mostOrderBys = 16;

const sorts: Readonly<Record<string, NonNullable<Order['sort']>>> = {
  numeric: 'number',
  text: 'text',
  string: 'text',
  '': 'text',
  date: 'time',
  random: 'random',
};

/** The words for how values are compared. */
export const sortingTypes: readonly string[] = Object.keys(sorts);

/** How the value of one orderBy is read from a cursor. */
type Reading = 'number' | 'text' | 'time' | 'name' | 'none';

/** The order of a query. */
export interface Orders {
  /** For the statement; orderBys that tell no two objects apart are left out. */
  readonly terms: readonly Order[];
  /** One for each orderBy. */
  readonly readings: readonly Reading[];
  readonly random: boolean;
}

/** @throws ServiceError bad_request */
export function ordersOf(orderBys: readonly Json[], view: View): Orders {
  if (orderBys.length > mostOrderBys) refuse('query.orderBys', `must be at most ${mostOrderBys}`);
  const read = orderBys.map((one, at) => orderOf(one, `query.orderBys[${at}]`, view));
  const random = read.some(({ term }) => term?.sort === 'random');
  if (random && read.length > 1) refuse('query.orderBys', 'random stands alone');
  return {
    terms: read.flatMap(({ term }) => term ?? []),
    readings: read.map(({ reading }) => reading),
    random,
  };
}

function orderOf(one: Json, key: string, view: View): { term?: Order; reading: Reading } {
  if (!isRecord(one)) return refuse(key, 'must be an object');
  const name = text(one, 'field', `${key}.field`) ?? '';
  const word = text(one, 'sortingType', `${key}.sortingType`) ?? '';
  const descending = flag(one, 'desc', `${key}.desc`);
  const sort = Object.hasOwn(sorts, word) ? sorts[word] : undefined;
  if (sort === undefined) return refuse(`${key}.sortingType`, `unknown sorting type '${word}'`);
  if (sort === 'random') {
    const field = { kind: 'column', name: view.key } as const;
    return { term: { field, descending, nulls: 'last', sort }, reading: 'none' };
  }
  if (name === '') return refuse(`${key}.field`, 'is required');
  const place = placeOf(name, view, `${key}.field`);
  switch (place.kind) {
    case 'table':
      return { reading: sort === 'text' ? 'name' : 'none' };
    case 'list':
    case 'absent':
      return { reading: 'none' };
    case 'time': {
      const reading = sort === 'number' ? 'number' : 'time';
      return { term: { field: place.field, descending, nulls: 'last', sort }, reading };
    }
    default: {
      const field =
        place.kind === 'id'
          ? place.field
          : ({ kind: 'json', column: place.column, path: place.path } as const);
      return { term: { field, descending, nulls: 'last', sort }, reading: sort };
    }
  }
}

/** The values behind which the page begins. @throws ServiceError bad_request */
export function cursorOf(
  asked: JsonObject,
  orders: Orders,
  view: View,
): readonly Json[] | undefined {
  const sent = jsonArray(asked, ['afterJson', 'jsonAfter'], 'query.');
  if (sent === undefined) return undefined;
  const { key } = sent;
  const { readings } = orders;
  if (orders.random) return refuse(key, 'goes with no random order');
  const { length } = sent.values;
  const fits = length === readings.length + 1 || (length === readings.length && length > 0);
  if (!fits) return refuse(key, `must hold ${readings.length} values, or one more: the last id`);
  const values = readings.flatMap((reading, at) =>
    readValue(sent.values[at] ?? null, reading, key, view),
  );
  if (length === readings.length) return values.length === 0 ? noTerm(key) : values;
  const id = sent.values.at(-1);
  return typeof id === 'string' ? [...values, id] : refuse(key, 'the last value must be an id');
}

function noTerm(key: string): never {
  return refuse(key, 'needs the id of the last object: no orderBy tells objects apart');
}

const numeric = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*$/;

function readValue(value: Json, reading: Reading, key: string, view: View): readonly Json[] {
  if (reading === 'none') return value === null ? [] : refuse(key, 'holds a value of no order');
  if (reading === 'name') return value === view.name ? [] : refuse(key, 'names another table');
  if (value === null) return [null];
  const number = isNumber(value);
  const plain = number ? JSON.stringify(value) : typeof value === 'boolean' ? String(value) : value;
  if (typeof plain !== 'string' || plain.includes('\0')) return refuse(key, 'holds an unfit value');
  if (
    reading === 'number' &&
    (typeof value === 'boolean' || plain.length > 1_000 || !numeric.test(plain))
  ) {
    return refuse(key, 'holds a value that is no number');
  }
  if (reading !== 'time') return [plain];
  return [timeText(plain) ?? refuse(key, 'holds a value that is no time')];
}

/** The cursor of the next page from the engine's: one value for each orderBy, and the id. */
export function nextCursor(cursor: string, orders: Orders, view: View): string {
  const values = parseJson(cursor);
  if (!Array.isArray(values)) return cursor;
  const rest = [...(values as readonly Json[])];
  const named = orders.readings.map((reading): Json => {
    if (reading === 'none') return null;
    return reading === 'name' ? view.name : (rest.shift() ?? null);
  });
  const id = rest.at(-1) ?? null;
  return JSON.stringify([...named, typeof id === 'number' ? String(id) : id]);
}
