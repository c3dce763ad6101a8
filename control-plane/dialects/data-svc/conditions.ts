import { isNumber, type Json, memberOf } from '../../base/json.ts';
import type { Operator } from '../../statement/operators.ts';
import type { Field, Predicate } from '../../statement/predicate.ts';
import { type Caller, entry } from './caller.ts';
import type { Place } from './fields.ts';
import { refuse } from './refuse.ts';
import type { View } from './tables.ts';
import { timeText } from './times.ts';

/** What a filter word wants of its values. */
const ops = {
  equals: 'one',
  isInList: 'many',
  intersects: 'many',
  containsSubstring: 'text',
  startsWith: 'text',
  lessThan: 'range',
  lessThanOrEqual: 'range',
  greaterThan: 'range',
  greaterThanOrEqual: 'range',
  or: 'none',
} as const;

export type Op = keyof typeof ops;

const opNames = Object.keys(ops) as readonly Op[];
const otherSpellings: Readonly<Record<string, Op>> = { contains: 'containsSubstring' };

/** The words that filters may have. */
export const opWords: readonly string[] = [...opNames, ...Object.keys(otherSpellings)];

/** @throws ServiceError bad_request */
export function opOf(op: string | undefined, key: string): Op {
  if (op === undefined || op === '') return refuse(key, 'is required');
  const name = memberOf(otherSpellings, op) ?? op;
  const known = opNames.find((each) => each === name);
  return known ?? refuse(key, `unknown op '${op}'`, 'unknown_operator');
}

/** Where a condition stands in the request, for errors, and who asks. */
interface About {
  readonly label: string;
  readonly key: string;
  readonly valuesKey: string;
  readonly view: View;
  readonly caller: Caller;
}

const ranges = {
  lessThan: 'lt',
  lessThanOrEqual: 'lte',
  greaterThan: 'gt',
  greaterThanOrEqual: 'gte',
} as const;

const texts = { containsSubstring: 'icontains', startsWith: 'istarts_with' } as const;

const nothing: Predicate = { kind: 'constant', value: false };

/** One op on one field. */
export function conditionOn(
  place: Place,
  op: Exclude<Op, 'or'>,
  values: readonly Json[],
  about: About,
): Predicate {
  checkValues(op, values, about);
  switch (place.kind) {
    case 'data':
      return onData(place, op, values, about.label);
    case 'id':
      return onText(place.field, op, values, about.label);
    case 'table':
      return onName(about.view.name, op, values);
    case 'list':
      return onList(place.field, op, values, about);
    case 'time':
      return onTime(place.field, op, values, about);
    case 'absent':
      return {
        kind: 'constant',
        value: (op === 'equals' || op === 'isInList') && values.includes(null),
      };
  }
}

/** Number and type of the values, as far as they don't depend on the field. */
function checkValues(op: Exclude<Op, 'or'>, values: readonly Json[], { valuesKey }: About): void {
  const [wants, [value]] = [ops[op], values];
  if (wants === 'many') return;
  if (values.length !== 1) refuse(valuesKey, `${op} takes exactly one value`);
  if (wants === 'text' && typeof value !== 'string') refuse(valuesKey, `${op} takes a string`);
  if (wants === 'range' && typeof value !== 'string' && !isNumber(value)) {
    refuse(valuesKey, `${op} takes a number or a string`);
  }
}

function compare(field: Field, operator: Operator, operand: Json, label: string): Predicate {
  return { kind: 'compare', field, operator, operand, label };
}

function onData(
  { column, path }: Extract<Place, { kind: 'data' }>,
  op: Exclude<Op, 'or'>,
  values: readonly Json[],
  label: string,
): Predicate {
  const field = { kind: 'json', column, path } as const;
  const [value = null] = values;
  switch (op) {
    case 'equals':
      return compare(field, 'json_equals', value, label);
    case 'isInList':
      return values.length === 0 ? nothing : compare(field, 'json_among', values, label);
    case 'intersects':
      return values.length === 0 ? nothing : compare(field, 'json_overlaps', values, label);
    case 'containsSubstring':
    case 'startsWith':
      return compare({ ...field, only: 'string' }, texts[op], value, label);
    default: {
      const only = typeof value === 'string' ? 'string' : 'number';
      const operand = only === 'string' ? value : JSON.stringify(value);
      return compare({ ...field, only }, ranges[op], operand, label);
    }
  }
}

/** The id: a text that is always there. */
function onText(
  field: Field,
  op: Exclude<Op, 'or'>,
  values: readonly Json[],
  label: string,
): Predicate {
  const strings = values.filter((value) => typeof value === 'string');
  const [value] = strings;
  if (op === 'intersects' || value === undefined) return nothing;
  if (op === 'equals') return compare(field, 'eq', value, label);
  if (op === 'isInList') return compare(field, 'in', strings, label);
  if (op === 'containsSubstring' || op === 'startsWith')
    return compare(field, texts[op], value, label);
  return compare(field, ranges[op], value, label);
}

/** The table's name is known before any row is. */
function onName(name: string, op: Exclude<Op, 'or'>, values: readonly Json[]): Predicate {
  const holds = values.some((value) => {
    if (typeof value !== 'string') return false;
    switch (op) {
      case 'equals':
      case 'isInList':
        return name === value;
      case 'containsSubstring':
        return name.toLowerCase().includes(value.toLowerCase());
      case 'startsWith':
        return name.toLowerCase().startsWith(value.toLowerCase());
      case 'lessThan':
        return name < value;
      case 'lessThanOrEqual':
        return name <= value;
      case 'greaterThan':
        return name > value;
      case 'greaterThanOrEqual':
        return name >= value;
      default:
        return false;
    }
  });
  return { kind: 'constant', value: holds };
}

function onList(
  field: Field,
  op: Exclude<Op, 'or'>,
  values: readonly Json[],
  about: About,
): Predicate {
  if (op !== 'equals' && op !== 'isInList' && op !== 'intersects') {
    return refuse(`${about.key}.op`, `${op} does not go with ${about.label}`);
  }
  const operand = values.map((value) => entry(value, about.valuesKey, about.caller));
  return operand.length === 0 ? nothing : compare(field, 'array_overlaps', operand, about.label);
}

function onTime(
  field: Field,
  op: Exclude<Op, 'or'>,
  values: readonly Json[],
  about: About,
): Predicate {
  if (op === 'containsSubstring' || op === 'startsWith') {
    return refuse(`${about.key}.op`, `${op} does not go with ${about.label}`);
  }
  const times = values
    .filter((value) => value !== null)
    .map((value) => {
      const time = typeof value === 'string' ? timeText(value) : undefined;
      return time ?? refuse(about.valuesKey, `${about.label} takes RFC 3339 times`);
    });
  const [time] = times;
  if (op === 'intersects' || time === undefined) return nothing;
  if (op === 'equals') return compare(field, 'eq', time, about.label);
  if (op === 'isInList') return compare(field, 'in', times, about.label);
  return compare(field, ranges[op], time, about.label);
}
