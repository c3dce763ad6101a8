import { ident, join, literal, raw, type Sql, sql } from '../base/sql.ts';
import { type ColumnType, classOf, typeText } from '../base/types.ts';
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
  | 'pattern'
  | 'enum'
  | 'default';

/** How a flag becomes part of the table. `fits`: which column types may carry it. */
export type FlagRow = { readonly fits: (type: ColumnType) => boolean } & (
  | { readonly effect: 'not_null' | 'default' | 'unique' | 'index' | 'search' | 'history' }
  /** A check constraint `<column>_<flag>_check`. NULL passes, as in SQL. */
  | { readonly effect: 'check'; readonly check: (column: Column) => Sql | undefined }
  /** A row trigger calling this function of schema rowhouse with the flagged columns. */
  | { readonly effect: 'guard'; readonly guard: 'guard_sudo_columns' | 'guard_immutable' | 'touch' }
);

const any = (): boolean => true;
const isText = (type: ColumnType): boolean => !type.array && classOf(type) === 'text';
const isNumber = (type: ColumnType): boolean => !type.array && classOf(type) === 'number';

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
    fits: (type) => isNumber(type) || isText(type),
    check: (column) => bound(column, '>=', column.minimum),
  },
  maximum: {
    effect: 'check',
    fits: (type) => isNumber(type) || isText(type),
    check: (column) => bound(column, '<=', column.maximum),
  },
  pattern: {
    effect: 'check',
    fits: isText,
    check: (column) =>
      column.pattern === undefined
        ? undefined
        : sql`${ident(column.name)} ~ ${literal(column.pattern)}`,
  },
  enum: {
    effect: 'check',
    fits: (type) => classOf(type) !== 'json',
    check: (column) => (column.enum?.length ? oneOf(column, column.enum) : undefined),
  },
} as const satisfies Record<Flag, FlagRow>;

export const flagNames = Object.keys(flags) as readonly Flag[];

/** Whether a column carries a flag. */
export function carries(column: Column, flag: Flag): boolean {
  const value = column[flag];
  return value !== undefined && value !== false;
}

/** Bounds speak of the value of numbers and of the length of text. `::numeric` lets a fraction bound an integer. */
function bound(column: Column, operator: '>=' | '<=', limit: number | undefined): Sql | undefined {
  if (limit === undefined) return undefined;
  const subject = isText(column.type)
    ? sql`char_length(${ident(column.name)})`
    : ident(column.name);
  const value = sql`${literal(String(limit))}::numeric`;
  return operator === '>=' ? sql`${subject} >= ${value}` : sql`${subject} <= ${value}`;
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
