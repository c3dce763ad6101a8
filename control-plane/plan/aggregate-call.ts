import { bind, join, raw, type Sql, sql } from '../base/sql.ts';
import { type ColumnType, classOf } from '../base/types.ts';
import type { AggregateCall, AggregateFunction } from '../statement/aggregate.ts';
import type { Format } from '../statement/output.ts';
import { type Computed, computed, isNumber, isOrdered, jsonNumber } from './expression.ts';
import { misfit, type Place } from './operand.ts';
import { printed } from './print.ts';
import { refusal } from './refuse.ts';
import type { Source } from './scope.ts';

/** A function of a group: what it is given per row, its value over the rows `v`, and how that is printed. */
export interface Called {
  /** Absent: nothing of the row. */
  readonly input?: Sql;
  readonly value: Sql;
  readonly type: ColumnType;
  /** A list of values, in JSON: neither compared nor ordered. */
  readonly listed?: true;
}

/** What listing functions need to know: how values are printed, in which order, and how many of one group are too many. */
export interface Listing {
  readonly format: Format;
  readonly key: readonly Sql[];
  readonly cap: number;
}

/** `name` is where the input is found in `v`. @throws ServiceError column_not_found, invalid_operand naming the output */
export function called(
  call: AggregateCall,
  as: string,
  name: Sql,
  source: Source,
  listing: Listing,
): Called {
  const { fn, of } = call;
  const place = { field: as, operator: fn };
  if (!of) {
    if (fn !== 'count') return misfit(place, 'aggregate');
    return { value: sql`count(*)`, type: { base: 'bigint' } };
  }
  const found = computed(of, source, place);
  const value = sql`v.${name}`;
  switch (fn) {
    case 'count':
    case 'count_distinct': {
      const distinct = fn === 'count_distinct';
      if (distinct && found.kind === 'column' && !isOrdered(found.type)) misfit(place, 'aggregate');
      return {
        input: found.kind === 'json' ? found.value : found.sql,
        value: distinct ? sql`count(distinct ${value})` : sql`count(${value})`,
        type: { base: 'bigint' },
      };
    }
    case 'array_agg':
    case 'json_agg':
      return list(found, as, value, listing);
    case 'string_agg':
      return joined(call, found, place, value, listing);
    default:
      return measured(fn, found, place, value);
  }
}

type Measure = Exclude<
  AggregateFunction,
  'count' | 'count_distinct' | 'array_agg' | 'json_agg' | 'string_agg'
>;

/** Functions of numbers, and the extremes of whatever has an order. Of JSON values only numbers count. */
function measured(fn: Measure, found: Computed, place: Place, value: Sql): Called {
  const type: ColumnType = found.kind === 'json' ? { base: 'numeric' } : found.type;
  const input = found.kind === 'json' ? jsonNumber(found) : found.sql;
  if (!takes(fn, type)) return misfit(place, 'aggregate');
  switch (fn) {
    case 'sum':
      return { input, value: sql`sum(${value})`, type: sumType(type) };
    case 'min':
      return { input, value: sql`min(${value})`, type };
    case 'max':
      return { input, value: sql`max(${value})`, type };
    default:
      if (type.base === 'interval') return { input, value: sql`avg(${value})`, type };
      // Always a number: a double is as exact as a mean needs.
      return {
        input,
        value: sql`${raw(fn)}(${value})::float8`,
        type: { base: 'double precision' },
      };
  }
}

function takes(fn: Measure, type: ColumnType): boolean {
  if (isNumber(type)) return true;
  if (type.array) return false;
  const extreme = fn === 'min' || fn === 'max';
  if (type.base === 'interval') return extreme || fn === 'sum' || fn === 'avg';
  return extreme && (classOf(type) === 'text' || classOf(type) === 'time' || type.base === 'enum');
}

/** As Postgres widens: smallint and integer → bigint, bigint → numeric. */
function sumType(type: ColumnType): ColumnType {
  if (type.base === 'smallint' || type.base === 'integer') return { base: 'bigint' };
  return type.base === 'bigint' ? { base: 'numeric' } : type;
}

/** All values, as the rows would show them. NULLs are values too. */
function list(found: Computed, as: string, value: Sql, listing: Listing): Called {
  const item = found.kind === 'json' ? value : printed(value, found.type, listing.format);
  return {
    input: found.kind === 'json' ? found.value : found.sql,
    value: few(sql`json_agg(${item}${inOrder(listing)})`, 'json', as, listing),
    type: { base: 'jsonb' },
    listed: true,
  };
}

const spelt: ReadonlySet<string> = new Set(['text', 'number', 'boolean', 'uuid']);

function joined(
  { separator = ', ' }: AggregateCall,
  found: Computed,
  place: Place,
  value: Sql,
  listing: Listing,
): Called {
  if (found.kind === 'column') {
    const fits = spelt.has(classOf(found.type)) || found.type.base === 'enum';
    if (!fits || found.type.array) return misfit(place, 'aggregate');
  }
  const between = sql`${bind(separator)}::text`;
  return {
    input: found.kind === 'json' ? found.text : sql`${found.sql}::text`,
    value: few(
      sql`string_agg(${value}, ${between}${inOrder(listing)})`,
      'text',
      place.field,
      listing,
    ),
    type: { base: 'text' },
  };
}

function inOrder({ key }: Listing): Sql {
  return key.length === 0 ? sql`` : sql` order by ${join(key)}`;
}

/** What grows with the rows is refused beyond the cap, never cut. */
function few(value: Sql, type: 'json' | 'text', as: string, { cap }: Listing): Sql {
  const refused = refusal('limit_exceeded', { field: as, reason: 'values', data: { cap } });
  return sql`case when count(*) > ${bind(cap)}::bigint then (${refused})::${raw(type)} else ${value} end`;
}
