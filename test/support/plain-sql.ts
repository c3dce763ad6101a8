import format from 'pg-format';
import type { OracleColumn } from './oracle-filter.ts';
import { cannot } from './unspeakable.ts';
import { isRecord, type Value } from './values.ts';

/**
 * The condition a person would write in psql for a filter of comparisons; written here on its own, so that it agrees with the planner
 * only by meaning the same. Nothing is given for what takes a function: paths in documents, search, sizes.
 * @throws Unspeakable with the reason
 */
export function plainSql(where: Value, columns: readonly OracleColumn[]): string {
  if (!isRecord(where)) return cannot('no object');
  const inner = (members: Value): readonly string[] =>
    list(members).map((member) => plainSql(member, columns));
  return joined(
    Object.entries(where).map(([key, value]) => {
      switch (key) {
        case '$and':
          return joined(inner(value), 'and');
        case '$or':
          return joined(inner(value), 'or');
        case '$nand':
          // An empty one returns all rows.
          return list(value).length === 0 ? 'true' : `not (${joined(inner(value), 'and')})`;
        case '$nor':
          return `not (${joined(inner(value), 'or')})`;
        case '$not':
          return `not (${Array.isArray(value) ? joined(inner(value), 'and') : plainSql(value, columns)})`;
        case '$search':
          return cannot('text search');
        default:
          return onColumn(key, value, columns);
      }
    }),
    'and',
  );
}

function joined(parts: readonly string[], word: 'and' | 'or'): string {
  const [only, more] = parts;
  if (only === undefined) return String(word === 'and');
  return more === undefined ? only : parts.map((part) => `(${part})`).join(` ${word} `);
}

function onColumn(key: string, value: Value, columns: readonly OracleColumn[]): string {
  const column = columns.find((each) => each.name === key);
  if (column === undefined) return cannot('a path in a document');
  if (Array.isArray(value)) return condition(column, '$in', value);
  if (!isRecord(value)) return condition(column, '$eq', value);
  return joined(
    Object.entries(value).map(([operator, operand]) => condition(column, operator, operand)),
    'and',
  );
}

function condition(column: OracleColumn, operator: string, operand: Value): string {
  const name = format.ident(column.name);
  const type = sqlTypes[column.type];
  const literal = (value: Value): string => `${format.literal(String(value))}::${type}`;
  const array = (values: readonly Value[]): string =>
    `array[${values.map(literal).join(', ')}]::${type}[]`;
  if (operator === '$exists' || operator === '$null') {
    return `${name} is ${(operator === '$null') === operand ? '' : 'not '}null`;
  }
  if (operand === null) {
    if (operator === '$eq') return `${name} is null`;
    return ['$ne', '$neq'].includes(operator) ? `${name} is not null` : cannot('null as a value');
  }
  if (column.type === 'jsonb') return cannot('comparison of a document');
  if (column.array) {
    const values = Array.isArray(operand) ? (operand as readonly Value[]) : [operand];
    if (values.includes(null)) return cannot('null in a list');
    if (values.length === 0) return cannot('an empty list');
    if (operator === '$any') return `${name} && ${array(values)}`;
    if (operator === '$nany') return `not (${name} && ${array(values)})`;
    if (operator === '$all' || operator === '$contains') return `${name} @> ${array(values)}`;
    if (operator === '$nall') return `not (${name} @> ${array(values)})`;
    return operator === '$eq' && Array.isArray(operand)
      ? `${name} = ${array(values)}`
      : cannot(`no operator ${operator} on arrays`);
  }
  if (operator === '$between') return `${name} between ${list(operand).map(literal).join(' and ')}`;
  if (operator === '$in' || operator === '$nin') {
    if (list(operand).includes(null)) return cannot('null in a list');
    if (list(operand).length === 0) return cannot('an empty list');
    return `${name} ${operator === '$in' ? 'in' : 'not in'} (${list(operand).map(literal).join(', ')})`;
  }
  const infix = infixes[operator];
  return infix === undefined || typeof operand === 'object'
    ? cannot(`no operator ${operator}`)
    : `${name} ${infix} ${literal(operand)}`;
}

function list(value: Value): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : cannot('no list');
}

const sqlTypes = {
  text: 'text',
  integer: 'bigint',
  decimal: 'numeric',
  boolean: 'boolean',
  timestamp: 'timestamptz',
  date: 'date',
  uuid: 'uuid',
  jsonb: 'jsonb',
} as const;

const infixes: Readonly<Record<string, string>> = {
  $eq: '=',
  $ne: '<>',
  $neq: '<>',
  $gt: '>',
  $gte: '>=',
  $lt: '<',
  $lte: '<=',
  $like: 'like',
  $nlike: 'not like',
  $ilike: 'ilike',
  $nilike: 'not ilike',
  $regex: '~',
  $nregex: '!~',
};
