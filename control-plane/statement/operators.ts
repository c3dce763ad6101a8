/**
 * THE table of filter operators. Names state the semantics; a dialect spells each or lists it in its `omits`.
 * operand: what JSON the operand must be. on: which fields it takes (`scalar` any non-array, `text`, `array`, `json`, `range`, `any`).
 * Semantics follow SQL: NULL satisfies neither an operator nor its negation. A null operand never reaches these (dialects lower it to
 * is_null). `icontains`… are literal: % _ \ have no special meaning.
 */
export const operators = {
  eq: { operand: 'scalar', on: 'any' },
  ne: { operand: 'scalar', on: 'any' },
  gt: { operand: 'scalar', on: 'scalar' },
  gte: { operand: 'scalar', on: 'scalar' },
  lt: { operand: 'scalar', on: 'scalar' },
  lte: { operand: 'scalar', on: 'scalar' },
  between: { operand: 'pair', on: 'scalar' },
  in: { operand: 'list', on: 'scalar' },
  not_in: { operand: 'list', on: 'scalar' },
  /** `in`, whatever the case of the letters. */
  iin: { operand: 'list', on: 'text' },
  is_null: { operand: 'boolean', on: 'any' },
  like: { operand: 'text', on: 'text' },
  not_like: { operand: 'text', on: 'text' },
  ilike: { operand: 'text', on: 'text' },
  not_ilike: { operand: 'text', on: 'text' },
  matches: { operand: 'text', on: 'text' },
  not_matches: { operand: 'text', on: 'text' },
  contains: { operand: 'text', on: 'text' },
  icontains: { operand: 'text', on: 'text' },
  starts_with: { operand: 'text', on: 'text' },
  istarts_with: { operand: 'text', on: 'text' },
  ends_with: { operand: 'text', on: 'text' },
  iends_with: { operand: 'text', on: 'text' },
  /** Full text in web-search syntax, in the language of the table's search vector. */
  search: { operand: 'text', on: 'text' },
  array_overlaps: { operand: 'list', on: 'array' },
  not_array_overlaps: { operand: 'list', on: 'array' },
  array_contains: { operand: 'list', on: 'array' },
  not_array_contains: { operand: 'list', on: 'array' },
  array_contained_by: { operand: 'list', on: 'array' },
  json_contains: { operand: 'any', on: 'json' },
  /** Equal as JSON, types included (9 = 9.0, 9 ≠ "9"), or an array holding an element that is. `null`: missing or null. */
  json_equals: { operand: 'any', on: 'json' },
  /** json_equals any of them. */
  json_among: { operand: 'list', on: 'json' },
  /** An array holding any of them. */
  json_overlaps: { operand: 'list', on: 'json' },
  /** The value itself is one of them, types included. Unlike the three above it says nothing of what is missing or null. */
  json_in: { operand: 'list', on: 'json' },
  /** Element count compared by the given scalar operator: {"eq"|"ne"|"gt"|"gte"|"lt"|"lte": n, "between": [a,b], "in"|"not_in": [..]}. */
  size: { operand: 'any', on: 'array' },
  /** Ranges and multiranges; the operand is `{"lower","upper","bounds"}`, a bound that is null or absent being none. */
  range_contains: { operand: 'range', on: 'range' },
  /** One value within the range. */
  range_holds: { operand: 'scalar', on: 'range' },
  range_contained_by: { operand: 'range', on: 'range' },
  range_overlaps: { operand: 'range', on: 'range' },
  range_adjacent: { operand: 'range', on: 'range' },
  /** Wholly below the operand. */
  range_left_of: { operand: 'range', on: 'range' },
  /** Wholly above it. */
  range_right_of: { operand: 'range', on: 'range' },
} as const satisfies Record<
  string,
  {
    operand: 'scalar' | 'pair' | 'list' | 'boolean' | 'text' | 'range' | 'any';
    on: 'any' | 'scalar' | 'text' | 'array' | 'json' | 'range';
  }
>;

export type Operator = keyof typeof operators;
