import { raw, type Sql, sql } from '../../base/sql.ts';
import { isNumber, jsonAs, jsonTime, timely } from './convert.ts';
import { CelFault } from './fault.ts';
import { integer } from './literal.ts';
import { attempted, computed, typeLabel, type Value } from './value.ts';

/** `+ - * / %` of numbers, times and strings. Nothing of it raises: what has no result is NULL. */
export function arithmetic(a: Value, b: Value, operator: string, position: number): Value {
  const timed = a.type === 'duration' || b.type === 'duration';
  const read = (value: Value): Value => (timed && value.type === 'json' ? jsonTime(value) : value);
  const [left, right] = timely(read(a), read(b));
  const of = [left, right];
  const [l, r] = [left.type, right.type];
  const text = operator === '+' && (l === 'string' || r === 'string');
  if (text && (l === r || l === 'json' || r === 'json')) {
    const part = (value: Value): Sql =>
      value.type === 'json' ? jsonAs(value, 'string') : value.sql;
    return { ...computed('string', sql`(${part(left)} || ${part(right)})`, of), mayFail: true };
  }
  if (operator === '+' && l === 'json' && r === 'json') {
    return attempted('json', sql`rowhouse.cel_plus(${left.sql}, ${right.sql})`, of);
  }
  const number = (value: Value): boolean => isNumber(value.type) || value.type === 'json';
  if (number(left) && number(right)) {
    return numbers(left, right, operator, position);
  }
  if (operator === '-' && l === 'timestamp' && r === 'timestamp') {
    return attempted('duration', sql`rowhouse.cel_between(${right.sql}, ${left.sql})`, of);
  }
  if (operator === '+' && l === 'duration' && r === 'timestamp') {
    return attempted('timestamp', sql`rowhouse.cel_later(${right.sql}, ${left.sql})`, of);
  }
  if ((operator === '+' || operator === '-') && r === 'duration') {
    const by = operator === '+' ? right.sql : sql`-(${right.sql})`;
    if (l === 'timestamp') {
      return attempted('timestamp', sql`rowhouse.cel_later(${left.sql}, ${by})`, of);
    }
    if (l === 'duration') {
      return attempted('duration', sql`rowhouse.cel_duration(${left.sql} + ${by})`, of);
    }
  }
  const message = `'${operator}' has no meaning for a ${typeLabel(l)} and a ${typeLabel(r)}`;
  throw new CelFault(message, position);
}

/** In numeric, which neither overflows nor rounds where a result is within the range of the type; cut to that range. */
function numbers(left: Value, right: Value, operator: string, position: number): Value {
  const of = [left, right];
  const rest = operator === '%';
  const whole = rest || (left.type === 'int' && right.type === 'int');
  if (rest && (left.type === 'double' || right.type === 'double')) {
    throw new CelFault("'%' takes whole numbers", position);
  }
  const operand = (value: Value): Sql => {
    if (value.type === 'json') return jsonAs(value, rest ? 'integer' : 'number');
    // A column of numbers can hold what no double can.
    if (value.type === 'double') return sql`rowhouse.cel_real((${value.sql})::numeric)`;
    return sql`(${value.sql})::numeric`;
  };
  const [l, r] = [operand(left), operand(right)];
  const results: Readonly<Record<string, Sql>> = {
    '+': sql`${l} + ${r}`,
    '-': sql`${l} - ${r}`,
    '*': sql`${l} * ${r}`,
    '/': whole ? sql`div(${l}, nullif(${r}, 0))` : sql`${l} / nullif(${r}, 0)`,
    '%': sql`mod(${l}, nullif(${r}, 0))`,
  };
  const result = results[operator];
  if (!result) throw new TypeError(`not an operator: ${operator}`);
  const bounded = sql`${raw(whole ? 'rowhouse.cel_whole' : 'rowhouse.cel_real')}(${result})`;
  return attempted(whole ? 'int' : 'double', bounded, of);
}

/** Unary minus. */
export function negation(value: Value, position: number): Value {
  if (typeof value.constant === 'bigint') return integer(-value.constant, position);
  const zero: Value = { ...value, sql: raw('0'), type: 'int', nullable: false, mayFail: false };
  if (isNumber(value.type) || value.type === 'json') {
    const type = value.type === 'double' ? 'double' : value.type;
    return numbers({ ...zero, type: type === 'int' ? 'int' : 'double' }, value, '-', position);
  }
  throw new CelFault(`'-' has no meaning for a ${typeLabel(value.type)}`, position);
}
