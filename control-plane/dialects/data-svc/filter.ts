import type { Json } from '../../base/json.ts';
import type { Predicate } from '../../statement/predicate.ts';
import { isRecord, jsonArray, list, text } from './body.ts';
import type { Caller } from './caller.ts';
import { conditionOn, type Op, opOf } from './conditions.ts';
import { placeOf } from './fields.ts';
import { refuse } from './refuse.ts';
import type { View } from './tables.ts';

const deepest = 32;
const mostFilters = 1_000;
const mostValues = 10_000;

/** What one request may still use up. */
interface Budget {
  filters: number;
  values: number;
}

/** All filters of a list together. @throws ServiceError bad_request naming the key */
export function filtersOf(
  filters: readonly Json[],
  key: string,
  view: View,
  caller: Caller,
): Predicate {
  const budget = { filters: mostFilters, values: mostValues };
  return { kind: 'and', of: all(filters, key, 1, { view, caller, budget }) };
}

interface Scope {
  readonly view: View;
  readonly caller: Caller;
  readonly budget: Budget;
}

function all(filters: readonly Json[], key: string, depth: number, scope: Scope): Predicate[] {
  if (depth > deepest) refuse(key, `nested deeper than ${deepest}`);
  return filters.map((filter, at) => one(filter, `${key}[${at}]`, depth, scope));
}

function one(filter: Json, key: string, depth: number, scope: Scope): Predicate {
  if (--scope.budget.filters < 0) refuse(key, `more than ${mostFilters} filters`);
  if (!isRecord(filter)) return refuse(key, 'must be an object');
  const op = opOf(text(filter, 'op', `${key}.op`), `${key}.op`);
  const sent = jsonArray(filter, ['valuesJson', 'jsonValues'], `${key}.`);
  scope.budget.values -= sent?.values.length ?? 0;
  if (scope.budget.values < 0) refuse(key, `more than ${mostValues} values`);
  if (op === 'or') {
    const subs = list(filter, 'subFilters', `${key}.subFilters`) ?? [];
    if (subs.length === 0) return refuse(`${key}.subFilters`, 'must not be empty');
    if ((sent?.values.length ?? 0) > 0) refuse(sent?.key ?? key, 'has no place beside or');
    return { kind: 'or', of: all(subs, `${key}.subFilters`, depth + 1, scope) };
  }
  const fields = list(filter, 'fields', `${key}.fields`) ?? [];
  if (fields.length === 0) return refuse(`${key}.fields`, 'must name a field');
  if (sent === undefined) return refuse(`${key}.valuesJson`, 'is required');
  const of = fields.map((name) => onField(name, op, sent.values, key, sent.key, scope));
  return of.length === 1 && of[0] ? of[0] : { kind: 'or', of };
}

function onField(
  name: Json,
  op: Exclude<Op, 'or'>,
  values: readonly Json[],
  key: string,
  valuesKey: string,
  { view, caller }: Scope,
): Predicate {
  if (typeof name !== 'string' || name === '')
    return refuse(`${key}.fields`, 'must be field names');
  const place = placeOf(name, view, `${key}.fields`);
  return conditionOn(place, op, values, { label: name, key, valuesKey, view, caller });
}
