import format from 'pg-format';
import type { OracleColumn } from './oracle-filter.ts';
import { isRecord, type Value } from './values.ts';

/**
 * The condition a person would write in psql for a simple filter: one column, one comparison. Undefined for anything else; written
 * here on its own, so that it agrees with the planner only by meaning the same.
 */
export function plainSql(where: Value, columns: readonly OracleColumn[]): string | undefined {
  if (!isRecord(where)) return undefined;
  const [entry, ...more] = Object.entries(where);
  if (entry === undefined || more.length > 0) return undefined;
  const [key, value] = entry;
  if (key === '$not') {
    const inner = plainSql(value, columns);
    return inner === undefined ? undefined : `not (${inner})`;
  }
  const column = columns.find((each) => each.name === key);
  if (column === undefined || column.type === 'jsonb') return undefined;
  const name = format.ident(key);
  const type = sqlTypes[column.type];
  const literal = (operand: Value): string => `${format.literal(String(operand))}::${type}`;
  const array = (operand: readonly Value[]): string =>
    `array[${operand.map(literal).join(', ')}]::${type}[]`;

  if (value === null) return `${name} is null`;
  if (!isRecord(value)) {
    return column.array || Array.isArray(value) ? undefined : `${name} = ${literal(value)}`;
  }
  const [condition, ...others] = Object.entries(value);
  if (condition === undefined || others.length > 0) return undefined;
  const [operator, operand] = condition;
  if (operator === '$exists' || operator === '$null') {
    return `${name} is ${(operator === '$null') === operand ? '' : 'not '}null`;
  }
  if (operand === null) {
    return operator === '$eq' ? `${name} is null` : `${name} is not null`;
  }
  const list = Array.isArray(operand) && !operand.includes(null) ? (operand as Value[]) : undefined;
  if (column.array) {
    if (list === undefined || list.length === 0) return undefined;
    if (operator === '$any') return `${name} && ${array(list)}`;
    if (operator === '$nany') return `not (${name} && ${array(list)})`;
    if (operator === '$all' || operator === '$contains') return `${name} @> ${array(list)}`;
    return operator === '$nall' ? `not (${name} @> ${array(list)})` : undefined;
  }
  if (operator === '$between' && list !== undefined) {
    return `${name} between ${list.map(literal).join(' and ')}`;
  }
  if (list !== undefined && list.length > 0) {
    if (operator === '$in') return `${name} in (${list.map(literal).join(', ')})`;
    if (operator === '$nin') return `${name} not in (${list.map(literal).join(', ')})`;
  }
  const infix = infixes[operator];
  return infix === undefined || typeof operand === 'object'
    ? undefined
    : `${name} ${infix} ${literal(operand)}`;
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
