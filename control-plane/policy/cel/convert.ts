import { raw, type Sql, sql } from '../../base/sql.ts';
import { CelFault } from './fault.ts';
import { attempted, type Type, typeLabel, type Value } from './value.ts';

/** What a value of JSON is asked to be. */
type Wanted = 'string' | 'number' | 'integer' | 'boolean' | 'strings';

/** A value of JSON as SQL of a type; NULL where it is something else. What the caller alone decides stays evaluated once. */
export function jsonAs(value: Value, wanted: Wanted): Sql {
  const call = sql`${raw(`rowhouse.cel_${wanted}`)}(${value.sql})`;
  return value.ofRow ? call : sql`(select ${call})`;
}

/** The value as jsonb. */
export function asJson(value: Value): Sql {
  if (value.type === 'json') return value.sql;
  return isNumber(value.type)
    ? sql`to_jsonb((${value.sql})::numeric)`
    : sql`to_jsonb(${value.sql})`;
}

export function isNumber(type: Type): boolean {
  return type === 'int' || type === 'double';
}

/** The SQL of a value where one of these types is needed. @throws CelFault when it can't be one */
export function need(value: Value, wanted: 'string' | 'bool' | 'timestamp', position: number): Sql {
  if (value.type === wanted) return value.sql;
  if (value.type === 'json' && wanted !== 'timestamp') {
    return jsonAs(value, wanted === 'bool' ? 'boolean' : 'string');
  }
  throw new CelFault(`a ${wanted} is needed, not a ${typeLabel(value.type)}`, position);
}

/** The value as one that is a truth. */
export function needTruth(value: Value, position: number): Value {
  if (value.type === 'bool') return value;
  const text = need(value, 'bool', position);
  const { nullable: _, constant: __, ...rest } = value;
  return { ...rest, type: 'bool', sql: text, nullable: false, mayFail: true };
}

/** Both values, the one of JSON as a time where the other is one: JSON writes times as text. */
export function timely(left: Value, right: Value): readonly [Value, Value] {
  const time = (value: Value, other: Value): Value =>
    value.type === 'json' && other.type === 'timestamp' ? jsonTime(value) : value;
  return [time(left, right), time(right, left)];
}

/** A value of JSON as a time. */
export function jsonTime(value: Value): Value {
  return attempted('timestamp', sql`rowhouse.cel_timestamp(${jsonAs(value, 'string')})`, [value]);
}
