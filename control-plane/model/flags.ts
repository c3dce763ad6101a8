import type { Json } from '../base/json.ts';
import { ident, join, literal, raw, type Sql, sql } from '../base/sql.ts';
import { type ColumnType, classOf, typeText } from '../base/types.ts';
import { formats } from './formats.ts';
import type { Column } from './table.ts';

export type Flag =
  | 'required'
  | 'unique'
  | 'immutable'
  | 'sudo'
  | 'tracked'
  | 'touched'
  | 'searchable'
  | 'indexed'
  | 'minimum'
  | 'maximum'
  | 'exclusiveMinimum'
  | 'exclusiveMaximum'
  | 'minLength'
  | 'maxLength'
  | 'pattern'
  | 'enum'
  | 'oneOf'
  | 'format'
  | 'default';

/** How a flag becomes part of the table. `fits`: which column types may carry it. */
export type FlagRow = { readonly fits: (type: ColumnType, column: Column) => boolean } & (
  | { readonly effect: 'not_null' | 'default' | 'unique' | 'index' | 'search' | 'history' }
  /** A check constraint `<column>_<flag>_check`. NULL passes, as in SQL. */
  | { readonly effect: 'check'; readonly check: (column: Column) => Sql | undefined }
  /** A row trigger calling this function of schema rowhouse with the flagged columns. */
  | { readonly effect: 'guard'; readonly guard: 'guard_sudo_columns' | 'guard_immutable' | 'touch' }
);

const any = (): boolean => true;
const isText = (type: ColumnType): boolean => !type.array && classOf(type) === 'text';
const isNumber = (type: ColumnType): boolean => !type.array && classOf(type) === 'number';
const hasLength = (type: ColumnType): boolean => isText(type) || isArray(type);
const isArray = (type: ColumnType): boolean => type.array === true;
/** Types whose values stand in an order that a bound can be told in. */
const isOrdered = (type: ColumnType): boolean =>
  isNumber(type) ||
  isText(type) ||
  (!type.array && (classOf(type) === 'time' || type.base === 'interval'));

/** THE table of column flags. A new flag is one row here, and a guard function in sql/modules when its behaviour is new. */
export const flags = {
  required: { effect: 'not_null', fits: any },
  default: { effect: 'default', fits: any },
  unique: { effect: 'unique', fits: any },
  indexed: { effect: 'index', fits: any },
  searchable: { effect: 'search', fits: any },
  tracked: { effect: 'history', fits: any },
  immutable: { effect: 'guard', guard: 'guard_immutable', fits: any },
  sudo: { effect: 'guard', guard: 'guard_sudo_columns', fits: any },
  touched: {
    effect: 'guard',
    guard: 'touch',
    fits: (type) => !type.array && classOf(type) === 'time' && type.base !== 'time',
  },
  minimum: {
    effect: 'check',
    fits: isOrdered,
    check: (column) => bound(column, '>=', column.minimum),
  },
  maximum: {
    effect: 'check',
    fits: isOrdered,
    check: (column) => bound(column, '<=', column.maximum),
  },
  exclusiveMinimum: {
    effect: 'check',
    fits: isOrdered,
    check: (column) => bound(column, '>', column.exclusiveMinimum),
  },
  exclusiveMaximum: {
    effect: 'check',
    fits: isOrdered,
    check: (column) => bound(column, '<', column.exclusiveMaximum),
  },
  minLength: {
    effect: 'check',
    fits: (type, { format }) => hasLength(type) || format === 'json_array',
    check: (column) => length(column, '>=', column.minLength),
  },
  maxLength: {
    effect: 'check',
    fits: (type, { format }) => hasLength(type) || format === 'json_array',
    check: (column) => length(column, '<=', column.maxLength),
  },
  pattern: {
    effect: 'check',
    fits: isText,
    check: (column) =>
      column.pattern === undefined
        ? undefined
        : sql`${ident(column.name)} ~ ${literal(patternOf(column))}`,
  },
  enum: {
    effect: 'check',
    fits: (type) => classOf(type) !== 'json',
    check: (column) => (column.enum?.length ? oneOf(column, column.enum) : undefined),
  },
  oneOf: {
    effect: 'check',
    fits: ({ base }) => base !== 'point',
    check: ({ name, type, oneOf: values }) =>
      values &&
      sql`${join(
        values.map((value) => sql`${ident(name)} = ${constant(value, type)}`),
        ' or ',
      )}`,
  },
  format: {
    effect: 'check',
    fits: (type, { format }) => format !== undefined && formats[format](type),
    check: ({ name, format }) =>
      format && sql`rowhouse.has_format(${ident(name)}, ${literal(format)})`,
  },
} as const satisfies Record<Flag, FlagRow>;

export const flagNames = Object.keys(flags) as readonly Flag[];

/** Whether a column carries a flag. */
export function carries(column: Column, flag: Flag): boolean {
  const value = column[flag];
  return value !== undefined && value !== false;
}

type Comparison = '>=' | '<=' | '>' | '<';

/** A regular expression as Postgres gets it. */
export function patternOf({ pattern = '', whole }: Pick<Column, 'pattern' | 'whole'>): string {
  return whole ? `\\A(?:${pattern})\\Z` : pattern;
}

/**
 * Bounds speak of the value of the type; a number bounds the length of text. `::numeric` lets a fraction bound an integer. Texts are
 * compared by code points.
 */
function bound({ name, type }: Column, operator: Comparison, limit: number | string | undefined) {
  if (limit === undefined) return undefined;
  const column = ident(name);
  if (isNumber(type)) return compared(column, operator, sql`${literal(String(limit))}::numeric`);
  if (!isText(type)) return compared(column, operator, constant(limit, type));
  return typeof limit === 'number'
    ? length({ name, type }, operator, limit)
    : compared(sql`${column} collate "C"`, operator, literal(limit));
}

function length(
  { name, type }: Pick<Column, 'name' | 'type'>,
  operator: Comparison,
  limit: number | undefined,
): Sql | undefined {
  if (limit === undefined) return undefined;
  const column = ident(name);
  const size = isText(type)
    ? sql`char_length(${column})`
    : isArray(type)
      ? sql`cardinality(${column})`
      : // A CHECK judges all its parts: the length of what is no array can't be asked for.
        sql`case when jsonb_typeof(${column}) = 'array' then jsonb_array_length(${column}) end`;
  return compared(size, operator, sql`${literal(String(limit))}::numeric`);
}

function compared(left: Sql, operator: Comparison, right: Sql): Sql {
  return sql`${left} ${raw(operator)} ${right}`;
}

/** Texts are compared as `text`: a cast to varchar(n) would cut the listed values silently. */
function oneOf(column: Column, values: readonly string[]): Sql {
  const text = classOf(column.type) === 'text';
  const element: ColumnType = { base: text ? 'text' : column.type.base };
  const list = sql`array[${join(values.map((value) => literal(value)))}]::${typeName({ ...element, array: true })}`;
  if (!column.type.array) return sql`${ident(column.name)} = any (${list})`;
  const cast = text ? sql`::text[]` : sql``;
  return sql`${ident(column.name)}${cast} <@ ${list}`;
}

/** A type's name as a fragment: parsed from our own table of types, with integers for length and precision. */
export function typeName(type: ColumnType): Sql {
  return raw(typeText(type));
}

/** A value of a definition as a constant of the type. */
export function constant(value: Json, type: ColumnType): Sql {
  if (type.array && Array.isArray(value)) {
    const { array: _, ...element } = type;
    const items = (value as readonly Json[]).map((item) => literalOf(item, element));
    return sql`array[${join(items)}]::${castName(type)}`;
  }
  return sql`${literalOf(value, type)}::${castName(type)}`;
}

/** A cast to varchar(n) cuts; assignment of a text to it refuses. */
export function castName(type: ColumnType): Sql {
  return classOf(type) === 'text'
    ? typeName({ base: 'text', array: type.array ?? false })
    : typeName(type);
}

function literalOf(value: Json, type: ColumnType): Sql {
  if (classOf(type) === 'json') return literal(JSON.stringify(value));
  if (value === null) return literal(null);
  return literal(typeof value === 'object' ? JSON.stringify(value) : String(value));
}
