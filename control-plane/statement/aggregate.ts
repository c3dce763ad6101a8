import type { Json } from '../base/json.ts';
import type { Field } from './predicate.ts';

/** A value computed from one row. Arithmetic is that of numbers without bounds; a division by zero refuses the statement. */
export type Expression =
  | { readonly kind: 'field'; readonly field: Field }
  /** Digits, with fraction and exponent as a JSON number has them. */
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'negate'; readonly of: Expression }
  | {
      readonly kind: 'arithmetic';
      readonly operator: '+' | '-' | '*' | '/';
      readonly left: Expression;
      readonly right: Expression;
    };

/**
 * What is made of the values of a group. `sum`, `avg`, `stddev`, `variance` (of a sample) take numbers; of JSON values, those that are
 * numbers. `array_agg` and `json_agg` list the values in the order of the primary key, `string_agg` joins their text.
 */
export type AggregateFunction =
  | 'count'
  | 'count_distinct'
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'stddev'
  | 'variance'
  | 'array_agg'
  | 'json_agg'
  | 'string_agg';

/** A function over the rows of a group. `of` absent: count(*). */
export interface AggregateCall {
  readonly fn: AggregateFunction;
  readonly of?: Expression;
  /** Between the texts of string_agg. */
  readonly separator?: string;
}

/** Units that times are cut to. */
export const periods = [
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
  'decade',
  'century',
] as const;

export type Period = (typeof periods)[number];

/** What rows of a group have in common. */
export type GroupKey =
  | { readonly kind: 'field'; readonly field: Field }
  /** The beginning of the period a time falls into: in UTC, or by the clock of a time zone (then without zone itself). */
  | {
      readonly kind: 'period';
      readonly period: Period;
      readonly field: Field;
      readonly zone?: string;
    };

/** A condition on groups: an output, or a function that is not shown, compared with a value. */
export interface GroupCondition {
  readonly of: { readonly output: string } | AggregateCall;
  readonly operator: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte';
  readonly operand: Json;
  /** Names the condition in errors, as the caller wrote it. */
  readonly label: string;
}

/** A term of the order of groups. NULLs stand as Postgres places them. */
export interface GroupOrder {
  readonly output: string;
  readonly descending: boolean;
}
