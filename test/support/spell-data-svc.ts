/**
 * A filter of the corpus in the words of Data Svc, where it has words that mean the same: a list of filters, all of which must hold.
 * Imports nothing of the product.
 */
import type { OracleColumn } from './oracle-filter.ts';
import { cannot } from './unspeakable.ts';
import { isRecord, type Value } from './values.ts';

export interface Filter {
  readonly op: string;
  readonly fields?: readonly string[];
  /** JSON text: numbers keep their digits. */
  readonly valuesJson?: string;
  readonly subFilters?: readonly Filter[];
}

/** @throws Unspeakable with the reason */
export function spell(where: Value, columns: readonly OracleColumn[]): readonly Filter[] {
  if (!isRecord(where)) return cannot('no object');
  return Object.entries(where).flatMap(([key, value]) => {
    switch (key) {
      case '$and':
        return members(value).flatMap((member) => spell(member, columns));
      case '$or': {
        const of = members(value).map((member) => spell(member, columns));
        if (of.length === 0) return cannot('no rows, whatever they are');
        return [{ op: 'or', subFilters: of.map(([only, more]) => alone(only, more)) }];
      }
      case '$not':
      case '$nand':
      case '$nor':
        return cannot('a negation');
      case '$search':
        return cannot('text search');
      default:
        return onField(key, value, columns);
    }
  });
}

function alone(only: Filter | undefined, more: Filter | undefined): Filter {
  if (only === undefined) return cannot('all rows as an alternative');
  return more === undefined ? only : cannot('an alternative of several conditions');
}

function members(value: Value): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : cannot('no list');
}

function onField(name: string, value: Value, columns: readonly OracleColumn[]): readonly Filter[] {
  if (Array.isArray(value)) return [condition(name, '$in', value, columns)];
  if (!isRecord(value)) return [condition(name, '$eq', value, columns)];
  const entries = Object.entries(value);
  if (entries.some(([operator]) => !operator.startsWith('$'))) return cannot('a nested path');
  return entries.flatMap(([operator, operand]) => {
    if (operator !== '$all' && operator !== '$between') {
      return [condition(name, operator, operand, columns)];
    }
    const [word, pair] = operator === '$all' ? ['$contains', members(operand)] : ['', []];
    if (operator === '$all') {
      // What holds all of nothing is any array: there is no word for that.
      if (pair.length === 0) return cannot('all of nothing');
      return pair.map((each) => condition(name, word, each, columns));
    }
    const [low = null, high = null] = members(operand);
    return [condition(name, '$gte', low, columns), condition(name, '$lte', high, columns)];
  });
}

const ranges: Readonly<Record<string, string>> = {
  $gt: 'greaterThan',
  $gte: 'greaterThanOrEqual',
  $lt: 'lessThan',
  $lte: 'lessThanOrEqual',
};

function condition(
  name: string,
  operator: string,
  operand: Value,
  columns: readonly OracleColumn[],
): Filter {
  const column = columns.find((each) => each.name === name);
  if (['trashed_at', 'deleted_at'].includes(name)) return cannot('a column of the service');
  if (column && ['timestamp', 'date'].includes(column.type)) return cannot('a time in a column');
  const say = (op: string, ...values: readonly string[]): Filter => ({
    op,
    fields: [column && name === 'id' ? 'id' : `data.${name}`],
    valuesJson: `[${values.join(',')}]`,
  });
  const [absent, present] = [operator === '$null', operator === '$exists'];
  if (absent || present)
    return operand === absent ? say('equals', 'null') : cannot('what is there');
  if (operator === '$eq' && operand === null) return say('equals', 'null');
  const range = ranges[operator];
  if (column === undefined || (column.type === 'jsonb' && !column.array)) {
    if (range === undefined)
      return cannot('equality in a document, which an array meets by a member');
    if (typeof operand !== 'number') return cannot('text compared in a document');
    return say(range, String(operand));
  }
  if (column.array) return onArray(column, operator, operand, say);
  switch (operator) {
    case '$eq':
      return say('equals', scalar(operand, column));
    case '$in':
      return say('isInList', ...members(operand).map((each) => scalar(each, column)));
    case '$find':
    case '$text':
      if (column.type !== 'text') return cannot('text of a value that is none');
      return say('containsSubstring', scalar(operand, column));
    default:
      if (range === undefined) return cannot(`no operator ${operator}`);
      if (column.type !== 'integer' && column.type !== 'decimal')
        return cannot('an order of texts');
      return say(range, scalar(operand, column));
  }
}

function onArray(
  column: OracleColumn,
  operator: string,
  operand: Value,
  say: (op: string, ...values: readonly string[]) => Filter,
): Filter {
  const single = { ...column, array: false };
  if (operator === '$any') {
    return say('intersects', ...members(operand).map((each) => scalar(each, single)));
  }
  if (operator === '$contains' && !Array.isArray(operand))
    return say('equals', scalar(operand, single));
  return cannot(`no operator ${operator} on arrays`);
}

/** The JSON of a value as the column prints it; values are compared by their JSON. */
function scalar(value: Value, { type, name }: OracleColumn): string {
  if (value === null) return cannot('null in a list');
  const text = String(value);
  switch (type) {
    case 'text':
      return typeof value === 'string' ? JSON.stringify(value) : cannot('a text that is none');
    case 'uuid':
      if (name === 'id') return JSON.stringify(text);
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
        ? JSON.stringify(text)
        : cannot('a uuid in another spelling');
    case 'boolean':
      return typeof value === 'boolean' ? text : cannot('a boolean in another spelling');
    case 'integer':
    case 'decimal':
      return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? text : cannot('a number in another spelling');
    default:
      return cannot(`values of type ${type}`);
  }
}
