import { isNumber, type Json } from '../../base/json.ts';
import { classOf } from '../../base/types.ts';
import type { Operator } from '../../statement/operators.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Place } from './names.ts';
import {
  isRange,
  listOf,
  meanings,
  misfit,
  numberOrText,
  pairOf,
  rangeOf,
  type Sent,
  scalarOf,
  textOf,
  truthOf,
} from './operands.ts';
import type { Row } from './operators.ts';

/**
 * One condition on the row that has the field. NULL satisfies nothing but a test for it, whatever stands around the condition: so what is
 * said of an empty list depends on `odd`, whether an odd number of negations is around it.
 * @throws ServiceError naming the field
 */
export function conditionOn(at: Place, row: Row, sent: Sent, odd: boolean): Predicate {
  if (!row.on.includes(at.kind)) misfit(at, `the operator does not go with a field of this type`);
  if (row.operand === 'truth') return isNull(at, truthOf(at, sent.value) !== row.negated);
  const test = testOf(at, row, sent, odd !== row.negated);
  return row.negated ? { kind: 'not', of: test } : test;
}

/** The condition without its negation. */
function testOf(at: Place, row: Row, sent: Sent, odd: boolean): Predicate {
  const { operator } = row;
  const { value } = sent;
  if (row.direction) return isBeyond(at, row.direction, value);
  if (value === null) {
    return operator === 'eq' ? isNull(at, true) : misfit(at, 'takes a value, not null');
  }
  switch (row.operand) {
    case 'value':
      return equals(at, sent);
    case 'ordered':
      return compare(
        at,
        operator,
        at.kind === 'path' ? numberOrText(at, sent) : scalarOf(at, value),
      );
    case 'pair':
      return compare(at, operator, boundsOf(at, sent));
    case 'list':
      return among(at, row, sent, odd);
    case 'texts': {
      const items = withoutNull(at, listOf(at, sent).items);
      if (items.length === 0) return none(at, odd);
      return compare(
        at,
        operator,
        items.map((item) => textOf(at, item)),
      );
    }
    case 'text':
    case 'words':
      return compare(at, operator, textOf(at, value));
    case 'elements':
      return overElements(at, operator, sent);
    case 'member':
      return holds(at, sent);
    case 'range':
      return compare(at, operator, rangeOf(at, value));
    case 'extent':
      return isRange(value)
        ? compare(at, operator, rangeOf(at, value))
        : compare(at, 'range_holds', scalarOf(at, value));
    default:
      return misfit(at, 'takes no value');
  }
}

/** Below or above the row of a key. */
function isBeyond(at: Place, direction: 'descendants' | 'ancestors', value: Json): Predicate {
  const { field, label } = at;
  if (value === null || field.kind !== 'column') misfit(at, 'takes the key of a row');
  return { kind: 'reach', direction, column: field.name, key: scalarOf(at, value), label };
}

function compare({ field, label }: Place, operator: Operator, operand: Json): Predicate {
  return { kind: 'compare', field, operator, operand, label };
}

function isNull(at: Place, operand: boolean): Predicate {
  return compare(at, 'is_null', operand);
}

function either(of: readonly Predicate[]): Predicate {
  const [only] = of;
  return only !== undefined && of.length === 1 ? only : { kind: 'or', of };
}

/** False for every value; for NULL neither this nor its negation may hold. */
function none(at: Place, odd: boolean): Predicate {
  return odd ? isNull(at, true) : { kind: 'constant', value: false };
}

function equals(at: Place, sent: Sent): Predicate {
  switch (at.kind) {
    case 'json':
    case 'path':
      return isOneOf(at, meanings(sent));
    case 'array':
      return compare(at, 'eq', withoutNull(at, elementsOf(at, sent)));
    case 'range':
      return compare(at, 'eq', wholeRange(at, sent.value));
    default:
      return compare(at, 'eq', scalarOf(at, sent.value));
  }
}

/** A multirange is a list of ranges, of which one may stand alone. */
function wholeRange(at: Place, value: Json): Json {
  if (classOf(at.type) === 'range') return rangeOf(at, value);
  const several = Array.isArray(value) && value.every((each) => isRange(each));
  return several ? value.map((each: Json) => rangeOf(at, each)) : [rangeOf(at, value)];
}

/** Inside a document null is missing. */
function isOneOf(at: Place, values: readonly Json[]): Predicate {
  const list = values.filter((value) => value !== null);
  const options = [
    ...(list.length > 0 ? [compare(at, 'json_in', list)] : []),
    ...(list.length < values.length ? [isNull(at, true)] : []),
  ];
  return either(options);
}

function among(at: Place, row: Row, sent: Sent, odd: boolean): Predicate {
  const { items, typed } = listOf(at, sent);
  // Something is none of a list whether or not the list holds null.
  const asked = row.negated ? items.filter((item) => item !== null) : items;
  if (asked.length === 0) return none(at, odd);
  if (at.kind === 'json' || at.kind === 'path') {
    return isOneOf(
      at,
      asked.flatMap((value) => meanings({ value, typed })),
    );
  }
  const values = asked.filter((item) => item !== null).map((item) => scalarOf(at, item));
  const options = [
    ...(values.length > 0 ? [compare(at, 'in', values)] : []),
    ...(values.length < asked.length ? [isNull(at, true)] : []),
  ];
  return either(options);
}

/** In a document: both as numbers, or else both as texts. */
function boundsOf(at: Place, sent: Sent): readonly [Json, Json] {
  const [low, high] = pairOf(at, sent);
  if (at.kind !== 'path') return [scalarOf(at, low), scalarOf(at, high)];
  const { typed } = listOf(at, sent);
  const bounds = [low, high].map((value) => numberOrText(at, { value, typed }));
  return bounds.every((bound) => isNumber(bound))
    ? (bounds as [Json, Json])
    : [textOf(at, low), textOf(at, high)];
}

function withoutNull(at: Place, items: readonly Json[]): readonly Json[] {
  return items.includes(null) ? misfit(at, 'the list holds null') : items;
}

/** Elements of a typed array: of text, whatever they look like. */
function elementsOf(at: Place, sent: Sent): readonly Json[] {
  const { items } = listOf(at, sent);
  const textual = at.type.base === 'text' || at.type.base === 'varchar';
  return items.map((item) => (item !== null && textual ? textOf(at, item) : item));
}

function overElements(at: Place, operator: Operator, sent: Sent): Predicate {
  if (at.kind === 'array') return compare(at, operator, withoutNull(at, elementsOf(at, sent)));
  const { items, typed } = listOf(at, sent);
  const options = withoutNull(at, items).map((value) => elementMeanings({ value, typed }));
  if (operator !== 'array_contains') return compare(at, operator, options.flat());
  // One containment for what can only mean one thing, and alternatives for the rest.
  const sure = options.filter(({ length }) => length === 1).flat();
  const open = options.filter(({ length }) => length > 1);
  const parts = [
    ...(sure.length > 0 || open.length === 0 ? [compare(at, operator, sure)] : []),
    ...open.map((values) => either(values.map((value) => compare(at, operator, [value])))),
  ];
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : { kind: 'and', of: parts };
}

/** An element is asked for by its value: null has none, whatever spells it. */
function elementMeanings(sent: Sent): readonly Json[] {
  return meanings(sent).filter((value) => value !== null);
}

/** The value is an element. */
function holds(at: Place, sent: Sent): Predicate {
  const { value } = sent;
  if (at.kind !== 'array') {
    return either(elementMeanings(sent).map((each) => compare(at, 'array_contains', [each])));
  }
  const textual = at.type.base === 'text' || at.type.base === 'varchar';
  return compare(at, 'array_contains', [textual ? textOf(at, value) : value]);
}
