import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { classOf } from '../../base/types.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import { refuse } from './codes.ts';
import { inner, isJson, type Place, place } from './fields.ts';
import { columnOperators, type Lower } from './filter-operators.ts';
import { checkLength, isText, misfit } from './values.ts';

const deepest = 32;
const mostConditions = 1000;

const logical: readonly string[] = ['$and', '$or', '$not', '$nand', '$nor'];

/** Counts the conditions of one request. */
interface Scope {
  readonly table: Table;
  conditions: number;
}

/** A `where` of section 8.1 as a predicate. Every condition means something: nothing is skipped. */
export function parseWhere(table: Table, where: Json): Predicate {
  if (!isObject(where)) return refuse('FILTER_INVALID_WHERE', 'where must be an object');
  return conditions(where, { table, conditions: 0 }, 0);
}

/** All of them, without a node around a single one. */
export function all(of: readonly Predicate[]): Predicate {
  const [only] = of;
  if (only === undefined) return { kind: 'constant', value: true };
  return of.length === 1 ? only : { kind: 'and', of };
}

function conditions(where: JsonObject, scope: Scope, depth: number): Predicate {
  checkDepth(depth);
  return all(Object.entries(where).flatMap(([key, value]) => condition(key, value, scope, depth)));
}

function condition(key: string, value: Json, scope: Scope, depth: number): readonly Predicate[] {
  if (key === '') return refuse('FILTER_INVALID_FIELD_FORMAT', 'A condition needs a field name');
  if (logical.includes(key)) return [logicalOf(key, value, scope, depth + 1)];
  if (key === '$search') {
    count(scope);
    return [topSearch(value, scope.table)];
  }
  if (Object.hasOwn(columnOperators, key)) {
    const message = `Operator '${key}' needs a field`;
    return refuse('FILTER_UNSUPPORTED_LOGICAL_OPERATOR', message, { field: key });
  }
  if (key.startsWith('$') && !scope.table.columns.some(({ name }) => name === key)) {
    return refuse('FILTER_UNSUPPORTED_OPERATOR', `Unknown operator '${key}'`, { field: key });
  }
  return onPlace(place(scope.table, key), value, scope, depth);
}

function onPlace(at: Place, value: Json, scope: Scope, depth: number): readonly Predicate[] {
  checkDepth(depth);
  if (Array.isArray(value)) return [lower('$in', at, value, scope)];
  if (!isObject(value)) return [lower('$eq', at, value, scope)];
  const entries = Object.entries(value);
  const operators = entries.filter(([key]) => key.startsWith('$')).length;
  if (operators === 0 && entries.length > 0 && isJson(at.type)) {
    return entries.flatMap(([key, each]) => {
      if (key === '') refuse('FILTER_INVALID_FIELD_FORMAT', 'A condition needs a field name');
      return onPlace(inner(at, key), each, scope, depth + 1);
    });
  }
  if (operators < entries.length) misfit(at, `The condition on '${at.label}' is not understood`);
  return entries.map(([operator, operand]) => lower(operator, at, operand, scope));
}

function lower(operator: string, at: Place, operand: Json, scope: Scope): Predicate {
  count(scope);
  if (operator === '$search') return columnSearch(at, operand);
  if (logical.includes(operator)) {
    const message = `Operator '${operator}' does not go under a field`;
    return refuse('FILTER_UNSUPPORTED_LOGICAL_OPERATOR', message, { field: operator });
  }
  const rule: Lower | undefined = Object.hasOwn(columnOperators, operator)
    ? columnOperators[operator]
    : undefined;
  if (rule === undefined) {
    const message = `Unknown operator '${operator}'`;
    return refuse('FILTER_UNSUPPORTED_OPERATOR', message, { field: operator });
  }
  return rule(at, operand);
}

function count(scope: Scope): void {
  scope.conditions += 1;
  if (scope.conditions <= mostConditions) return;
  refuse('PARAMETER_LIMIT_EXCEEDED', `A filter has at most ${mostConditions} conditions`);
}

function checkDepth(depth: number): void {
  if (depth > deepest) refuse('FILTER_TOO_DEEP', `A filter nests at most ${deepest} levels`);
}

function logicalOf(key: string, value: Json, scope: Scope, depth: number): Predicate {
  checkDepth(depth);
  if (key === '$not') return { kind: 'not', of: negated(value, scope, depth) };
  const members = membersOf(key, value, scope, depth);
  switch (key) {
    case '$and':
      return all(members);
    case '$or':
      return { kind: 'or', of: members };
    case '$nand':
      return members.length === 0 ? all([]) : { kind: 'not', of: all(members) };
    default:
      return members.length === 0 ? all([]) : { kind: 'not', of: { kind: 'or', of: members } };
  }
}

function negated(value: Json, scope: Scope, depth: number): Predicate {
  if (isObject(value)) return conditions(value, scope, depth);
  if (!Array.isArray(value) || !value.every((member) => isObject(member))) {
    return refuse('FILTER_INVALID_NOT_CONDITION', '$not takes a condition or an array of them');
  }
  checkLength({ label: '$not' }, value);
  return all((value as readonly JsonObject[]).map((member) => conditions(member, scope, depth)));
}

function membersOf(key: string, value: Json, scope: Scope, depth: number): readonly Predicate[] {
  if (!Array.isArray(value)) {
    return refuse('FILTER_INVALID_LOGICAL_OPERATOR', `${key} takes an array`, { field: key });
  }
  if (value.length === 0 && (key === '$and' || key === '$or')) {
    refuse('FILTER_EMPTY_LOGICAL_ARRAY', `${key} takes at least one condition`, { field: key });
  }
  checkLength({ label: key }, value);
  return (value as readonly Json[]).map((member) => {
    if (isObject(member)) return conditions(member, scope, depth);
    const message = `${key} takes condition objects`;
    return refuse('FILTER_INVALID_LOGICAL_CONDITION', message, { field: key });
  });
}

/** `{"query","operator"}`, both checked; `undefined` for a query without content. */
function searchTerms(label: string, operand: JsonObject): Predicate & { kind: 'search' } {
  const { query, operator = 'and' } = operand as { query?: Json; operator?: Json };
  if (query === undefined || !isText(query))
    return misfit({ label }, 'A search needs a text query');
  if (operator !== 'and' && operator !== 'or') misfit({ label }, "operator is 'and' or 'or'");
  return { kind: 'search', query, mode: operator === 'or' ? 'any' : 'all', language: 'english' };
}

function known(label: string, operand: JsonObject, keys: readonly string[]): void {
  const stranger = Object.keys(operand).find((key) => !keys.includes(key));
  if (stranger !== undefined) misfit({ label }, `Unknown key '${stranger}' in a search`);
}

const nowhere: Predicate = { kind: 'constant', value: false };

function columnSearch(at: Place, operand: Json): Predicate {
  const terms = typeof operand === 'string' ? { query: operand } : operand;
  if (!isObject(terms)) return misfit(at, 'A search takes a text or {query, operator}');
  known(at.label, terms, ['query', 'operator']);
  const search = searchTerms(at.label, terms);
  const columns = [textColumn(at)];
  return search.query.trim() === '' ? nowhere : { ...search, columns };
}

function topSearch(operand: Json, table: Table): Predicate {
  const label = '$search';
  if (!isObject(operand)) return misfit({ label }, '$search takes {fields, query, operator}');
  known(label, operand, ['fields', 'query', 'operator']);
  const { fields } = operand as { fields?: Json };
  const search = searchTerms(label, operand);
  const columns = fields === undefined ? searchable(table) : named(fields, table);
  return search.query.trim() === '' ? nowhere : { ...search, columns };
}

function searchable(table: Table): readonly string[] {
  const columns = table.columns.filter((column) => column.searchable).map(({ name }) => name);
  if (columns.length > 0) return columns;
  return refuse('FILTER_INVALID_COLUMN', 'No field of this schema is searchable: name fields', {
    field: '$search',
  });
}

function named(fields: Json, table: Table): readonly string[] {
  if (!Array.isArray(fields) || fields.length === 0) {
    return misfit({ label: '$search' }, 'fields is an array of field names');
  }
  return (fields as readonly Json[]).map((field) =>
    typeof field === 'string' ? textColumn(place(table, field)) : misfit({ label: '$search' }),
  );
}

function textColumn(at: Place): string {
  const { field, type } = at;
  if (field.kind !== 'column' || type.array || classOf(type) !== 'text') {
    return misfit(at, `'${at.label}' is no text field`);
  }
  return field.name;
}
