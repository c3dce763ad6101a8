import { raw, type Sql, sql } from '../base/sql.ts';
import { type BaseType, type ColumnType, classOf } from '../base/types.ts';
import { castName, typeName } from '../model/flags.ts';

/**
 * The USING clause of a type change. Through text, which every type can print and parse: what does not fit raises instead of being
 * rounded or cut. Only a number without fraction passes to an integer type although it prints as `2.0`.
 */
export function conversion(column: Sql, from: ColumnType, to: ColumnType): Sql {
  if (classOf(from) === 'json' && !from.array) {
    return classOf(to) === 'json' ? column : through(sql`(${column} #>> '{}')`, to);
  }
  if (classOf(to) === 'json' && !to.array) {
    return classOf(from) === 'text' && !from.array
      ? sql`${column}::jsonb`
      : sql`to_jsonb(${column})`;
  }
  if (to.array && !from.array) {
    const { array: _, ...element } = to;
    const one = conversion(column, from, element);
    return sql`case when ${column} is not null then array[${one}]::${typeName(to)} end`;
  }
  if (from.base === 'timestamp' && to.base === 'date' && !from.array) {
    const whole = sql`${column} = date_trunc('day', ${column})`;
    // A time of day would be lost without a word: such a text is no date.
    return sql`case when ${whole} then ${column}::date else ('time ' || ${column}::text)::date end`;
  }
  if (classOf(from) === 'text' && to.base === 'timestamp' && !from.array && !to.array) {
    return sql`(${column}::timestamptz at time zone 'UTC')`;
  }
  const integer = ['smallint', 'integer', 'bigint'].includes(to.base) && !to.array;
  if (integer && from.base === 'boolean' && !from.array) return sql`${column}::integer`;
  if (integer && isFractional(from)) {
    const type = typeName(to);
    return sql`case when ${column} = trunc(${column}) then ${column}::${type} else (${column}::text)::${type} end`;
  }
  return through(sql`(${column}::text)`, to);
}

const isFractional = ({ base, array }: ColumnType): boolean =>
  !array && ['numeric', 'real', 'double precision'].includes(base);

function through(text: Sql, to: ColumnType): Sql {
  return classOf(to) === 'text' && !to.array ? text : sql`${text}::${castName(to)}`;
}

/** As {@link conversion}, and nothing is lost without an error: no digit, no time of day, no day. */
export function exactConversion(column: Sql, from: ColumnType, to: ColumnType): Sql {
  const plain = conversion(column, from, to);
  if (from.array || to.array) return plain;
  const kept = keeps(column, from, to);
  // What is no value of the type in words stops the conversion.
  const stop = sql`('inexact ' || ${column}::text)::${castName(to)}`;
  return kept ? sql`case when ${kept} then ${plain} else ${stop} end` : plain;
}

/** Whether a value comes back from the type as it went in; undefined where {@link conversion} sees to that itself. */
function keeps(column: Sql, from: ColumnType, to: ColumnType): Sql | undefined {
  const float = to.base === 'real' || to.base === 'double precision';
  if (float && classOf(from) === 'number' && !isWidening(from, to)) {
    return sql`${column} is null or ${column}::${typeName(to)}::text::numeric = ${column}::text::numeric`;
  }
  if (to.base === 'date' && from.base === 'timestamptz') {
    return sql`${column} is null or ${column} = date_trunc('day', ${column}, 'UTC')`;
  }
  if (to.base === 'time' && (from.base === 'timestamptz' || from.base === 'timestamp')) {
    return sql`${column} is null`;
  }
  return undefined;
}

/** As {@link conversion}, where values may be rounded or cut to fit. Undefined: a value either fits as it is or has no other. */
export function lossyConversion(column: Sql, from: ColumnType, to: ColumnType): Sql | undefined {
  if (from.array || to.array) return undefined;
  const integer: readonly BaseType[] = ['smallint', 'integer', 'bigint'];
  if (integer.includes(to.base) && isFractional(from)) {
    return sql`round(${column}::numeric)::${typeName(to)}`;
  }
  if (to.base === 'date' && from.base === 'timestamp') return sql`${column}::date`;
  if (to.base === 'date' && from.base === 'timestamptz') {
    return sql`(${column} at time zone 'UTC')::date`;
  }
  if (to.base === 'varchar' && to.length !== undefined) {
    const text = conversion(column, from, { base: 'text' });
    return sql`left(${text}, ${raw(String(Math.trunc(to.length)))})`;
  }
  return keeps(column, from, to) ? conversion(column, from, to) : undefined;
}

/** Whether stored values of one type are values of the other as they are: nothing is rewritten, not even an index. */
export function isBinaryCompatible(from: ColumnType, to: ColumnType): boolean {
  const texts = classOf(from) === 'text' && classOf(to) === 'text';
  return texts && isWidening(from, to);
}

/** Pairs whose conversion loses nothing, whatever the rows hold. */
const widening: Readonly<Record<string, readonly string[]>> = {
  smallint: ['integer', 'bigint', 'numeric', 'real', 'double precision', 'text'],
  integer: ['bigint', 'numeric', 'double precision', 'text'],
  bigint: ['numeric', 'text'],
  real: ['double precision', 'text'],
  'double precision': ['text'],
  numeric: ['text'],
  varchar: ['text'],
  uuid: ['text'],
  boolean: ['text'],
  date: ['timestamp', 'timestamptz', 'text'],
  time: ['text'],
  timestamp: ['text'],
  timestamptz: ['text'],
};

/** Whether a type change keeps every value. */
export function isWidening(from: ColumnType, to: ColumnType): boolean {
  if (Boolean(from.array) !== Boolean(to.array)) return false;
  if (from.base === 'varchar' && to.base === 'varchar') {
    return to.length === undefined || (from.length !== undefined && from.length <= to.length);
  }
  return widening[from.base]?.includes(to.base) ?? false;
}
