import { isObject, type Json } from '../base/json.ts';
import { bind, raw, type Sql, sql } from '../base/sql.ts';
import { type BaseType, boundsOf, type ColumnType } from '../base/types.ts';
import type { Operator } from '../statement/operators.ts';
import { bindList, bindScalar, misfit, type Place, plainText } from './operand.ts';
import type { Context } from './scope.ts';

/** How an operator is spelt in SQL: one row per operator, used for columns, JSON paths and access lists alike. */
export type Spelling =
  | { readonly form: 'compare'; readonly symbol: string }
  | { readonly form: 'list'; readonly negated: boolean }
  | { readonly form: 'between' }
  | { readonly form: 'null' }
  /** A pattern that the caller writes. */
  | { readonly form: 'pattern'; readonly symbol: string; readonly language: 'like' | 'regex' }
  /** Literal text; % _ \ mean themselves. */
  | { readonly form: 'literal'; readonly test: (text: Sql, operand: Sql) => Sql }
  | { readonly form: 'array'; readonly symbol: string; readonly negated: boolean }
  | { readonly form: 'json_contains' }
  | { readonly form: 'json_value'; readonly holds: 'value or element' | 'element' }
  | { readonly form: 'json_list' }
  | { readonly form: 'size' }
  /** A list of texts, compared in lower case. */
  | { readonly form: 'folded_list' }
  | { readonly form: 'search' }
  | { readonly form: 'range'; readonly symbol: string; readonly operand: 'range' | 'element' };

const compare = (symbol: string): Spelling => ({ form: 'compare', symbol });
const like = (symbol: string): Spelling => ({ form: 'pattern', symbol, language: 'like' });
const regex = (symbol: string): Spelling => ({ form: 'pattern', symbol, language: 'regex' });
const literal = (test: (text: Sql, operand: Sql) => Sql): Spelling => ({ form: 'literal', test });
const range = (symbol: string): Spelling => ({ form: 'range', symbol, operand: 'range' });
const array = (symbol: string, negated = false): Spelling => ({ form: 'array', symbol, negated });

/** THE SQL of the filter operators. `intarray` takes over && on int[], hence the schema. */
export const spellings: Readonly<Record<Operator, Spelling>> = {
  eq: compare('='),
  ne: compare('<>'),
  gt: compare('>'),
  gte: compare('>='),
  lt: compare('<'),
  lte: compare('<='),
  between: { form: 'between' },
  in: { form: 'list', negated: false },
  not_in: { form: 'list', negated: true },
  iin: { form: 'folded_list' },
  is_null: { form: 'null' },
  like: like('~~'),
  not_like: like('!~~'),
  ilike: like('~~*'),
  not_ilike: like('!~~*'),
  matches: regex('~'),
  not_matches: regex('!~'),
  contains: literal((text, part) => sql`strpos(${text}, ${part}) > 0`),
  icontains: literal((text, part) => sql`strpos(${folded(text)}, ${folded(part)}) > 0`),
  starts_with: literal((text, part) => sql`starts_with(${text}, ${part})`),
  istarts_with: literal((text, part) => sql`starts_with(${folded(text)}, ${folded(part)})`),
  ends_with: literal((text, part) => sql`starts_with(reverse(${text}), reverse(${part}))`),
  iends_with: literal(
    (text, part) => sql`starts_with(reverse(${folded(text)}), reverse(${folded(part)}))`,
  ),
  search: { form: 'search' },
  array_overlaps: array('&&'),
  not_array_overlaps: array('&&', true),
  array_contains: array('@>'),
  not_array_contains: array('@>', true),
  array_contained_by: array('<@'),
  json_contains: { form: 'json_contains' },
  json_equals: { form: 'json_value', holds: 'value or element' },
  json_among: { form: 'json_value', holds: 'value or element' },
  json_overlaps: { form: 'json_value', holds: 'element' },
  json_in: { form: 'json_list' },
  size: { form: 'size' },
  range_contains: range('@>'),
  range_holds: { form: 'range', symbol: '@>', operand: 'element' },
  range_contained_by: range('<@'),
  range_overlaps: range('&&'),
  range_adjacent: range('-|-'),
  range_left_of: range('<<'),
  range_right_of: range('>>'),
};

/** A condition on a typed expression: a column, an array column, an element count, an access list. */
export function columnCondition(
  field: Sql,
  type: ColumnType,
  operator: Operator,
  operand: Json,
  place: Place,
  context: Context,
): Sql {
  const spelling = spellings[operator];
  switch (spelling.form) {
    case 'null':
      return nullTest(field, operand, place);
    case 'compare': {
      const value = bindScalar(operand, type, place, context);
      return sql`${field} ${raw(spelling.symbol)} ${value}`;
    }
    case 'list': {
      const values = listOf(operand, place);
      if (type.array) return misfit(place, 'operator');
      const bound = bindList(values, type, place, context);
      return spelling.negated ? sql`${field} <> all(${bound})` : sql`${field} = any(${bound})`;
    }
    case 'between': {
      if (type.array) return misfit(place, 'operator');
      const [low, high] = pairOf(operand, place);
      const from = bindScalar(low, type, place, context);
      return sql`${field} between ${from} and ${bindScalar(high, type, place, context)}`;
    }
    case 'pattern':
    case 'literal':
    case 'folded_list': {
      const text = textOf(field, type, place);
      return spelling.form === 'folded_list'
        ? foldedList(text, operand, place)
        : textCondition(text, operator, operand, place, context);
    }
    case 'array': {
      if (!type.array) return misfit(place, 'operator');
      const values = bindList(listOf(operand, place), type, place, context);
      const symbol = raw(`operator(pg_catalog.${spelling.symbol})`);
      const test = sql`${field} ${symbol} ${values}`;
      return spelling.negated ? sql`not (${test})` : test;
    }
    case 'size':
      if (!type.array) return misfit(place, 'operator');
      return sizeCondition(sql`cardinality(${field})`, operand, place, context);
    case 'range': {
      const bounds = boundsOf(type);
      if (!bounds || type.array) return misfit(place, 'operator');
      const asked = spelling.operand === 'element' ? bounds : { base: rangeOf(type.base) };
      const value = bindScalar(operand, asked, place, context);
      return sql`${field} ${raw(spelling.symbol)} ${value}`;
    }
    case 'json_contains':
    case 'json_value':
    case 'json_list':
    case 'search':
      return misfit(place, 'operator');
    default: {
      const never: never = spelling;
      return never;
    }
  }
}

/** The type of the ranges in a multirange; a range's own. */
function rangeOf(base: BaseType): BaseType {
  return base.replace('multirange', 'range') as BaseType;
}

/** The text of a column of letters. */
function textOf(field: Sql, type: ColumnType, place: Place): Sql {
  if (type.base === 'enum' && !type.array) return sql`${field}::text`;
  if (type.array || (type.base !== 'text' && type.base !== 'varchar')) {
    return misfit(place, 'operator');
  }
  return field;
}

/** Without regard to case, of any letter: what compares by code points knows the case of ASCII alone. */
function folded(text: Sql): Sql {
  return sql`lower(${text} collate "default")`;
}

/** The list is lowered once, not once a row: an index on lower(column) finds its members. */
export function foldedList(text: Sql, operand: Json, place: Place): Sql {
  const texts = listOf(operand, place).map((value) => plainText(value, place));
  const list = sql`array(select lower(item.value) from unnest(${bind(texts)}::text[]) as item (value))`;
  return sql`${folded(text)} = any(${list})`;
}

/** A pattern or literal-text condition on a text expression. */
export function textCondition(
  text: Sql,
  operator: Operator,
  operand: Json,
  place: Place,
  context: Context,
): Sql {
  const spelling = spellings[operator];
  const value = plainText(operand, place);
  const bound = sql`${bind(value)}::text`;
  if (spelling.form === 'literal') return spelling.test(text, bound);
  if (spelling.form !== 'pattern') return misfit(place, 'operator');
  if (spelling.language === 'like') {
    // Postgres would raise for a dangling escape only if a row gets so far.
    const slashes = /\\*$/.exec(value)?.[0].length ?? 0;
    if (slashes % 2 === 1) misfit(place, 'pattern');
  } else {
    context.suspects.push({ field: place.field, value, test: 'pattern' });
    context.checks.push(sql`('' ~ ${bound}) is not null`);
  }
  return sql`${text} ${raw(spelling.symbol)} ${bound}`;
}

/** Whether the field is NULL, or is not, as the operand says. @throws ServiceError invalid_operand */
export function nullTest(field: Sql, operand: Json, place: Place): Sql {
  if (typeof operand !== 'boolean') return misfit(place, 'not_boolean');
  return operand ? sql`${field} is null` : sql`${field} is not null`;
}

const sizeOperators: ReadonlySet<string> = new Set<Operator>([
  'eq',
  'ne',
  'gt',
  'gte',
  'lt',
  'lte',
  'between',
  'in',
  'not_in',
]);

/** An element count against a number or several scalar operators. */
export function sizeCondition(count: Sql, operand: Json, place: Place, context: Context): Sql {
  const tests: readonly [string, Json][] = isObject(operand)
    ? Object.entries(operand)
    : [['eq', operand]];
  if (tests.length === 0) return misfit(place, 'type');
  const conditions = tests.map(([name, value]) => {
    if (!isSizeOperator(name)) return misfit(place, 'operator');
    // An empty list says something of every row; the size of NULL is no number to speak of.
    if ((name === 'in' || name === 'not_in') && Array.isArray(value) && value.length === 0) {
      const known = raw(name === 'not_in' ? 'true' : 'false');
      return sql`(case when ${count} is not null then ${known} end)`;
    }
    return columnCondition(count, { base: 'integer' }, name, value, place, context);
  });
  return conditions.reduce((left, right) => sql`${left} and ${right}`);
}

function isSizeOperator(name: string): name is Operator {
  return sizeOperators.has(name);
}

/** The operand as a list. @throws ServiceError invalid_operand */
export function listOf(operand: Json, place: Place): readonly Json[] {
  return Array.isArray(operand) ? operand : misfit(place, 'not_array');
}

/** The operand as two ends. @throws ServiceError invalid_operand */
export function pairOf(operand: Json, place: Place): readonly [Json, Json] {
  const [low, high, ...rest] = listOf(operand, place);
  if (low === undefined || high === undefined || rest.length > 0) return misfit(place, 'not_pair');
  return [low, high];
}
