import { isObject, type Json } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import { nearestName } from '../../model/catalog.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import { refuse } from './errors.ts';
import { compare, isPatternable, operatorOf } from './operators.ts';

const deepest = 32;
const mostConditions = 1_000;

/** @throws ServiceError when the conditions of a request are too many */
export function checkCount(conditions: readonly Predicate[]): void {
  if (conditions.length > mostConditions) refuse(`More than ${mostConditions} conditions`, 'where');
}

/** Conditions of a stanza, all of which must hold. @throws ServiceError naming the column, operator or key */
export function parseWhere(value: Json, table: Pick<Table, 'columns'>): readonly Predicate[] {
  if (depthOf(value) > deepest) refuse(`where is nested deeper than ${deepest} levels`, 'where');
  if (!isObject(value)) return refuse('where must be an object', 'where');
  const found = Object.entries(value).flatMap(([name, sent]) => {
    const conditions = Array.isArray(sent) ? (sent as readonly Json[]) : [sent];
    return conditions.map((condition) => one(name, condition, table));
  });
  checkCount(found);
  return found;
}

function one(name: string, condition: Json, table: Pick<Table, 'columns'>): Predicate {
  if (!isObject(condition)) return refuse(`where: ${name} must be an object`, name);
  const other = Object.keys(condition).find((key) => key !== 'operator' && key !== 'value');
  if (other !== undefined) refuse(`where: unknown key ${other}`, other);
  const column = nearestName(table.columns, name);
  if (!column) return refuse(`There is no column ${name}`, name, 'column_not_found');
  const { operator } = condition;
  if (operator === undefined) return refuse(`where: operator of ${name} is missing`, name);
  const row = typeof operator === 'string' ? operatorOf(operator, true) : undefined;
  if (!row) return refuse(`Unknown operator ${String(operator)}`, name, 'unknown_operator');
  if (condition['value'] === undefined && row.implied === undefined) {
    refuse(`where: value of ${name} is missing`, name);
  }
  const label = `${name} ${String(operator)}`;
  if (row.value === 'text' && !isPatternable(column.type)) {
    refuse(`${label} goes with text only`, label, 'invalid_operand');
  }
  return compare(column, row, condition['value'], label);
}

/** The stanza of a `where` parameter: bare, or as `{"where": …}`. */
export function readWhere(text: string): Json {
  let value: Json;
  try {
    value = parseJson(
      text,
      (path) => path.length === 0 || (path.length === 1 && path[0] === 'where'),
    );
  } catch (error) {
    return refuse(`where is not valid JSON: ${(error as Error).message}`, 'where');
  }
  // A column called where has an operator in it; a stanza of stanzas has not.
  const inner = isObject(value) && Object.keys(value).length === 1 ? value['where'] : undefined;
  return isObject(inner) && !Object.hasOwn(inner, 'operator') ? inner : value;
}

function depthOf(value: Json, above = 0): number {
  if (typeof value !== 'object' || value === null) return above;
  const parts = Array.isArray(value) ? (value as readonly Json[]) : Object.values(value);
  return parts.reduce(
    (deepest: number, part) => Math.max(deepest, depthOf(part, above + 1)),
    above + 1,
  );
}
