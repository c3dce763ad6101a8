import { digitsOf, isNumber, isObject, type Json } from '../base/json.ts';
import { bind, raw, type Sql, sql } from '../base/sql.ts';
import type { BaseType, ColumnType } from '../base/types.ts';
import { fits, misfit, type Place, plainText } from './operand.ts';
import type { Context } from './scope.ts';

/** What range types are ranges of; a multirange has the elements of its ranges. */
const elements: Readonly<Record<string, BaseType>> = {
  int4: 'integer',
  int8: 'bigint',
  num: 'numeric',
  ts: 'timestamp',
  tstz: 'timestamptz',
  date: 'date',
};

/** The type of the values in a range; undefined for other types. */
export function elementOf(type: ColumnType): ColumnType | undefined {
  const family = /^(.+?)(?:multi)?range$/.exec(type.base)?.[1];
  const base = family !== undefined && !type.array ? elements[family] : undefined;
  return base === undefined ? undefined : { base };
}

/** A range as one parameter, of the column's own kind of range; undefined for a column of another type or an operand that is none. */
export function bindRange(
  operand: Json,
  type: ColumnType,
  place: Place,
  context: Context,
): Sql | undefined {
  const element = elementOf(type);
  if (!element || !isObject(operand)) return undefined;
  const { lower, upper, bounds, ...rest } = operand;
  if (Object.keys(rest).length > 0) return misfit(place, 'not_range');
  const ends = bounds ?? '[)';
  if (typeof ends !== 'string' || !/^[[(][\])]$/.test(ends)) return misfit(place, 'bounds');
  const text = `${ends[0]}${end(lower, element, place)},${end(upper, element, place)}${ends[1]}`;
  const base = type.base.replace('multirange', 'range');
  // Whether the bounds are in order is for Postgres to say.
  context.suspects.push({ field: place.field, value: text, test: base as BaseType });
  return sql`${bind(text)}::${raw(base)}`;
}

/** A range to compare a whole value with: as a multirange of one where the column holds multiranges. */
export function bindEqual(
  operand: Json,
  type: ColumnType,
  place: Place,
  context: Context,
): Sql | undefined {
  const range = bindRange(operand, type, place, context);
  return range && type.base.endsWith('multirange') ? sql`${raw(type.base)}(${range})` : range;
}

/** A bound inside a range's text: quoted, or nothing at all. */
function end(value: Json | undefined, type: ColumnType, place: Place): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object' && !isNumber(value)) return misfit(place, 'type');
  if (!fits(value, type)) return misfit(place, 'type');
  const text = isNumber(value) ? digitsOf(value) : plainText(String(value), place);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
