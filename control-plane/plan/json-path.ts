import { isExactNumber, isNumber, type Json } from '../base/json.ts';
import { bind, join, raw, type Sql, sql } from '../base/sql.ts';
import type { Operator } from '../statement/operators.ts';
import type { Resolved } from './field.ts';
import { jsonText, misfit, type Place, plainText } from './operand.ts';
import {
  foldedList,
  listOf,
  nullTest,
  pairOf,
  sizeCondition,
  spellings,
  textCondition,
} from './operators.ts';
import type { Context } from './scope.ts';

type JsonField = Extract<Resolved, { kind: 'json' }>;

/**
 * A condition on a JSON value. A string operand compares with the text, a number only with JSON numbers, a boolean only with
 * booleans: a value of another type counts as NULL, as does a missing key and JSON null. Array operators see only arrays. `positive`: only
 * truth matters, so that a condition an inverted index can answer may stand before the exact one, where false and unknown are one.
 */
export function jsonCondition(
  field: JsonField,
  operator: Operator,
  operand: Json,
  place: Place,
  context: Context,
  positive = true,
): Sql {
  const spelling = spellings[operator];
  switch (spelling.form) {
    case 'null':
      return nullTest(field.value, operand, place);
    case 'compare': {
      const value = comparable(field, operand, place);
      return sql`${value.field} ${raw(spelling.symbol)} ${value.operand}`;
    }
    case 'between': {
      const [low, high] = pairOf(operand, place);
      const from = comparable(field, low, place);
      const to = comparable(field, high, place);
      if (typeof low !== typeof high) return misfit(place, 'type');
      return sql`(${from.field} >= ${from.operand} and ${to.field} <= ${to.operand})`;
    }
    case 'list': {
      const test = among(field, listOf(operand, place), place);
      return spelling.negated ? sql`not ${test}` : test;
    }
    case 'pattern':
    case 'literal':
      return textCondition(field.text, operator, operand, place, context);
    case 'array': {
      const values = listOf(operand, place);
      if (values.includes(null)) return misfit(place, 'null_operand');
      const test = elements(field, spelling.symbol, values, place, positive && !spelling.negated);
      // What is no array neither holds the elements nor lacks them.
      return spelling.negated ? unlessNull(only(field, 'array'), sql`not ${test}`) : test;
    }
    case 'json_contains':
      return sql`${field.value} @> ${bind(jsonText(operand, place))}::jsonb`;
    case 'json_value': {
      const values = operator === 'json_equals' ? [operand] : listOf(operand, place);
      return jsonValue(field, values, spelling.holds, place);
    }
    case 'json_list':
      return jsonList(field, listOf(operand, place), place, positive);
    case 'folded_list':
      return foldedList(field.text, operand, place);
    case 'search':
    case 'range':
      return misfit(place, 'operator');
    case 'size': {
      const count = sql`jsonb_array_length(${only(field, 'array')})`;
      return sizeCondition(count, operand, place, context);
    }
    default: {
      const never: never = spelling;
      return never;
    }
  }
}

/** The value where it is of a JSON type, else NULL. */
function only(field: JsonField, type: 'array' | 'number' | 'boolean'): Sql {
  const name = raw(`'${type}'`);
  return sql`(case when jsonb_typeof(${field.column}) = ${name} then ${field.column} end)`;
}

/** Both sides of a comparison, by the JSON type of the operand. jsonb compares numbers by value. */
function comparable(field: JsonField, operand: Json, place: Place): { field: Sql; operand: Sql } {
  if (isExactNumber(operand)) {
    return { field: only(field, 'number'), operand: sql`${bind(operand.rawJSON)}::jsonb` };
  }
  switch (typeof operand) {
    case 'string':
      return { field: field.text, operand: sql`${bind(plainText(operand, place))}::text` };
    case 'number':
    case 'boolean':
      return {
        field: only(field, typeof operand === 'number' ? 'number' : 'boolean'),
        operand: sql`${bind(JSON.stringify(operand))}::jsonb`,
      };
    default:
      if (operand === null) return misfit(place, 'null_operand');
      return { field: field.value, operand: sql`${bind(jsonText(operand, place))}::jsonb` };
  }
}

/** Equality with any member; one array parameter per JSON type that occurs. */
function among(field: JsonField, values: readonly Json[], place: Place): Sql {
  if (values.includes(null)) return misfit(place, 'null_operand');
  const strings = values.filter((value) => typeof value === 'string');
  const tests: Sql[] = [];
  if (strings.length > 0) {
    const texts = strings.map((value) => plainText(value, place));
    tests.push(sql`${field.text} = any(${bind(texts)}::text[])`);
  }
  for (const type of ['number', 'boolean'] as const) {
    const some = values.filter((value) =>
      type === 'number' ? isNumber(value) : typeof value === type,
    );
    if (some.length === 0) continue;
    const list = sql`${bind(some.map((value) => JSON.stringify(value)))}::jsonb[]`;
    tests.push(sql`${only(field, type)} = any(${list})`);
  }
  const others = values.filter((value) => typeof value === 'object' && !isExactNumber(value));
  if (others.length > 0) {
    const list = sql`${bind(others.map((value) => jsonText(value, place)))}::jsonb[]`;
    tests.push(sql`${field.value} = any(${list})`);
  }
  // As on columns: nothing is among no values, whatever the field holds.
  return tests.length === 0 ? sql`false` : sql`(${join(tests, ' or ')})`;
}

/** What `&&`, `@>`, `<@` are for arrays, for JSON arrays; elements are equal as JSON. */
function elements(
  field: JsonField,
  symbol: string,
  values: readonly Json[],
  place: Place,
  positive: boolean,
): Sql {
  const array = only(field, 'array');
  const wanted = sql`${bind(values.map((value) => jsonText(value, place)))}::jsonb[]`;
  const own = sql`jsonb_array_elements(${array}) as own (value)`;
  if (symbol === '&&') {
    return unlessNull(array, sql`exists (select from ${own} where own.value = any(${wanted}))`);
  }
  if (symbol === '<@') {
    return unlessNull(
      array,
      sql`not exists (select from ${own} where own.value <> all(${wanted}))`,
    );
  }
  const missing = sql`not exists (select from ${own} where own.value = wanted.value)`;
  const all = sql`not exists (select from unnest(${wanted}) as wanted (value) where ${missing})`;
  // Containment first: it is cheaper, and whatever holds all elements contains them. NULL stays NULL for the negation.
  const held = unlessNull(array, all);
  const text = jsonText(values, place);
  const contained = sql`${array} @> ${bind(text)}::jsonb and ${held}`;
  const lookup = positive && field.within ? sql`${inside(field.within, text)} and ` : sql``;
  return sql`(${lookup}${contained})`;
}

/** The JSON column contains this text at the path: a question that an inverted index answers. */
function inside({ column, path }: NonNullable<JsonField['within']>, value: string): Sql {
  const text = path.reduceRight((inner, key) => `{${JSON.stringify(key)}:${inner}}`, value);
  return sql`${column} @> ${bind(text)}::jsonb`;
}

/** The value is one of some, types included; unknown where it is missing or null. */
function jsonList(field: JsonField, values: readonly Json[], place: Place, positive: boolean): Sql {
  if (values.includes(null)) return misfit(place, 'null_operand');
  const texts = values.map((value) => jsonText(value, place));
  const exact = sql`${field.value} = any(${bind(texts)}::jsonb[])`;
  const { within } = field;
  if (!positive || !within || texts.length === 0 || texts.length > mostLookups) return exact;
  const lookups = texts.map((text) => inside(within, text));
  return sql`((${join(lookups, ' or ')}) and ${exact})`;
}

function unlessNull(value: Sql, test: Sql): Sql {
  return sql`(case when ${value} is not null then ${test} end)`;
}

/** More alternatives than this are better judged row by row than looked up one by one. */
const mostLookups = 16;

/**
 * The value is one of some, types included, or an array with one of them among its elements. Where an inverted index could find the
 * rows, containment is asked first: it lets in every row wanted, and some that the exact test then throws out.
 */
function jsonValue(
  field: JsonField,
  values: readonly Json[],
  holds: 'value or element' | 'element',
  place: Place,
): Sql {
  if (values.length === 0) return sql`false`;
  // Missing and null are one; an array that holds a null is neither.
  if (holds === 'value or element' && values.includes(null)) {
    const others = values.filter((value) => value !== null);
    return sql`(${field.value} is null or ${jsonValue(field, others, holds, place)})`;
  }
  const texts = values.map((value) => jsonText(value, place));
  const wanted = texts.length === 1 ? sql`${bind(texts[0])}::jsonb` : undefined;
  const list = sql`${bind(texts)}::jsonb[]`;
  const isWanted = (value: Sql): Sql =>
    wanted ? sql`${value} = ${wanted}` : sql`${value} = any(${list})`;
  const array = only(field, 'array');
  const own = sql`jsonb_array_elements(${array}) as own (value)`;
  const element = sql`exists (select from ${own} where ${isWanted(sql`own.value`)})`;
  const exact = holds === 'element' ? element : sql`(${isWanted(field.column)} or ${element})`;
  if (!field.within || values.length > mostLookups || values.includes(null)) {
    return sql`coalesce(${exact}, false)`;
  }
  const { within } = field;
  const lookups = texts.flatMap((text) => [
    ...(holds === 'element' ? [] : [inside(within, text)]),
    inside(within, `[${text}]`),
  ]);
  return sql`((${join(lookups, ' or ')}) and coalesce(${exact}, false))`;
}
