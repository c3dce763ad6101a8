import { isObject, type Json } from '../../base/json.ts';
import { classOf } from '../../base/types.ts';
import type { Operator } from '../../statement/operators.ts';
import type { Predicate } from '../../statement/predicate.ts';
import { type Code, refuse } from './codes.ts';
import { isJson, type Place } from './fields.ts';
import { checkLength, fit, fitList, isText, misfit } from './values.ts';

/** One condition on a place as a predicate. A null operand becomes a null test here; the engine's operators never see one. */
export type Lower = (at: Place, operand: Json) => Predicate;

/** THE spelling of the engine's operators in this dialect. `$search` and the logical ones are in filter.ts. */
export const columnOperators: Readonly<Record<string, Lower>> = {
  $eq: (at, operand) => (operand === null ? isNull(at, true) : compare(at, 'eq', fit(at, operand))),
  $ne: unequal,
  $neq: unequal,
  $gt: ordered('gt'),
  $gte: ordered('gte'),
  $lt: ordered('lt'),
  $lte: ordered('lte'),
  $like: pattern('like'),
  $nlike: pattern('not_like'),
  $ilike: pattern('ilike'),
  $nilike: pattern('not_ilike'),
  $regex: pattern('matches'),
  $nregex: pattern('not_matches'),
  $find: pattern('icontains'),
  $text: pattern('icontains'),
  $in: among,
  $nin: notAmong,
  $any: (at, operand) => compare(at, 'array_overlaps', elements(at, operand)),
  $nany: (at, operand) => empty(at, operand, true) ?? overArray(at, 'not_array_overlaps', operand),
  $all: (at, operand) => empty(at, operand, true) ?? overArray(at, 'array_contains', operand),
  $nall: (at, operand) => empty(at, operand, false) ?? overArray(at, 'not_array_contains', operand),
  $size: size,
  $contains: contains,
  $between: between,
  $exists: (at, operand) => isNull(at, !flag(at, operand, 'FILTER_EXISTS_REQUIRES_BOOLEAN')),
  $null: (at, operand) => isNull(at, flag(at, operand, 'FILTER_NULL_REQUIRES_BOOLEAN')),
};

function compare({ field, label }: Place, operator: Operator, operand: Json): Predicate {
  return { kind: 'compare', field, operator, operand, label };
}

function isNull(at: Place, value: boolean): Predicate {
  return compare(at, 'is_null', value);
}

function constant(value: boolean): Predicate {
  return { kind: 'constant', value };
}

function unequal(at: Place, operand: Json): Predicate {
  return operand === null ? isNull(at, false) : compare(at, 'ne', fit(at, operand));
}

function ordered(operator: Operator): Lower {
  return (at, operand) => {
    if (operand === null) misfit(at, `A comparison of '${at.label}' needs a value, not null`);
    return compare(notArray(at), operator, fit(at, operand));
  };
}

function notArray(at: Place): Place {
  return at.type.array ? misfit(at, `'${at.label}' is an array`) : at;
}

/** Texts, and values inside jsonb, which have a text. */
function pattern(operator: Operator): Lower {
  return (at, operand) => {
    const textual = !at.type.array && classOf(at.type) === 'text';
    if (!textual && !isJson(at.type)) misfit(at, `'${at.label}' is no text`);
    return isText(operand) ? compare(at, operator, operand) : misfit(at);
  };
}

function listOf(at: Place, operand: Json): readonly Json[] {
  if (Array.isArray(operand)) {
    checkLength(at, operand);
    return operand;
  }
  const message = `The operator on '${at.label}' takes an array`;
  return refuse('FILTER_OPERATOR_REQUIRES_ARRAY', message, { field: at.label });
}

function among(at: Place, operand: Json): Predicate {
  const list = listOf(at, operand);
  const values = list.filter((value) => value !== null);
  const null_ = values.length < list.length ? [isNull(at, true)] : [];
  const options = [...equalsAny(at, values), ...null_];
  const [only] = options;
  if (only === undefined) return constant(false);
  return options.length === 1 ? only : { kind: 'or', of: options };
}

/** An array column equals one of several arrays; everything else is one list parameter. */
function equalsAny(at: Place, values: readonly Json[]): readonly Predicate[] {
  if (values.length === 0) return [];
  if (at.type.array) return eachArray(at, 'eq', values);
  return [compare(at, 'in', fitList(at, values))];
}

function notAmong(at: Place, operand: Json): Predicate {
  const list = listOf(at, operand);
  if (list.length === 0) return constant(true);
  const values = list.filter((value) => value !== null);
  if (values.length === 0) return isNull(at, false);
  if (at.type.array) return { kind: 'and', of: eachArray(at, 'ne', values) };
  return compare(at, 'not_in', fitList(at, values));
}

/** Each array is a comparison of its own, so fewer of them are served. */
function eachArray(at: Place, operator: Operator, values: readonly Json[]): readonly Predicate[] {
  if (values.length > 1000) {
    const message = `List of '${at.label}' has more than 1000 arrays`;
    refuse('PARAMETER_LIMIT_EXCEEDED', message, { field: at.label });
  }
  return values.map((value) => compare(at, operator, fit(at, value)));
}

/** Elements for an array column, or for a JSON array, whose elements may be of any kind. */
function elements(at: Place, operand: Json): readonly Json[] {
  const list = listOf(at, operand);
  if (!at.type.array && !isJson(at.type)) misfit(at, `'${at.label}' is no array`);
  if (list.includes(null)) misfit(at, `The list of '${at.label}' holds null`);
  return fitList(at, list);
}

/** What an empty list means regardless of the row. */
function empty(at: Place, operand: Json, meaning: boolean): Predicate | undefined {
  return elements(at, operand).length === 0 ? constant(meaning) : undefined;
}

function overArray(at: Place, operator: Operator, operand: Json): Predicate {
  return compare(at, operator, elements(at, operand));
}

function contains(at: Place, operand: Json): Predicate {
  if (at.field.kind === 'path') return containsInside(at, operand);
  if (isJson(at.type)) return compare(at, 'json_contains', operand);
  if (at.type.array) {
    const list = Array.isArray(operand) ? operand : [operand];
    return compare(at, 'array_contains', elements(at, list));
  }
  return pattern('icontains')(at, operand);
}

/** On a path: of a JSON array, the element or all elements. Of anything else unknown, which `or not array` keeps under a negation. */
function containsInside(at: Place, operand: Json): Predicate {
  const array = compare(at, 'size', { gte: 0 });
  const held = compare(at, 'json_contains', Array.isArray(operand) ? operand : [operand]);
  const both: Predicate = { kind: 'and', of: [array, held] };
  return { kind: 'or', of: [both, { kind: 'not', of: array }] };
}

function between(at: Place, operand: Json): Predicate {
  if (!Array.isArray(operand) || operand.length !== 2) {
    const message = `$between on '${at.label}' takes [low, high]`;
    return refuse('FILTER_BETWEEN_REQUIRES_ARRAY', message, { field: at.label });
  }
  if (operand.includes(null)) misfit(at, `A bound of '${at.label}' is null`);
  return compare(notArray(at), 'between', fitList(at, operand));
}

function flag(at: Place, operand: Json, code: Code): boolean {
  if (typeof operand === 'boolean') return operand;
  return refuse(code, `The operator on '${at.label}' takes true or false`, { field: at.label });
}

const sizeOperators: Readonly<Record<string, string>> = {
  $eq: 'eq',
  $ne: 'ne',
  $neq: 'ne',
  $gt: 'gt',
  $gte: 'gte',
  $lt: 'lt',
  $lte: 'lte',
  $between: 'between',
  $in: 'in',
  $nin: 'not_in',
};

function size(at: Place, operand: Json): Predicate {
  if (!at.type.array && !isJson(at.type)) misfit(at, `'${at.label}' is no array`);
  if (Number.isSafeInteger(operand)) return compare(at, 'size', { eq: operand });
  if (!isObject(operand)) return misfit(at, '$size takes a whole number or comparisons');
  const parts = Object.entries(operand).map(([key, value]) => {
    const operator = Object.hasOwn(sizeOperators, key) ? sizeOperators[key] : undefined;
    if (operator === undefined) return misfit(at, `$size knows no '${key}'`);
    const wanted = sizeOperand(at, key, value);
    // No size is among none: said so that the size of NULL stays unknown.
    if (Array.isArray(wanted) && wanted.length === 0) {
      return compare(at, 'size', key === '$in' ? { lt: 0 } : { gte: 0 });
    }
    return compare(at, 'size', { [operator]: wanted });
  });
  const [only] = parts;
  if (only === undefined) return misfit(at, '$size takes a whole number or comparisons');
  return parts.length === 1 ? only : { kind: 'and', of: parts };
}

function sizeOperand(at: Place, key: string, value: Json): Json {
  if (key !== '$in' && key !== '$nin' && key !== '$between') {
    return Number.isSafeInteger(value) ? value : misfit(at, `${key} of $size takes a whole number`);
  }
  const whole = Array.isArray(value) && value.every((each) => Number.isSafeInteger(each));
  if (!whole || (key === '$between' && (value as readonly Json[]).length !== 2)) {
    misfit(at, `${key} of $size takes whole numbers`);
  }
  return value;
}
