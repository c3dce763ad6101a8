import { type Sql, sql } from '../../base/sql.ts';
import { jsonTime, need } from './convert.ts';
import { CelFault } from './fault.ts';
import { textLiteral } from './literal.ts';
import { pattern } from './pattern.ts';
import { durationLiteral, timestampLiteral } from './time.ts';
import { attempted, certain, computed, truth, typeLabel, type Value } from './value.ts';

export type Call = (operands: readonly Value[]) => Value;

interface Served {
  readonly operands: number;
  readonly make: (operands: readonly Value[], position: number) => Value;
}

const texts = (make: (text: Sql, part: Sql) => Sql): Served => ({
  operands: 2,
  make: (operands, position) => {
    const [text, part] = operands.map((value) => need(value, 'string', position));
    if (!text || !part) throw new TypeError('two operands');
    const value = truth(make(text, part), operands);
    return { ...value, mayFail: value.mayFail || operands.some(({ type }) => type === 'json') };
  },
});

/** THE table of functions. A receiver is the first operand. */
const table: Readonly<Record<string, Served>> = {
  size: { operands: 1, make: size },
  startsWith: texts((text, part) => sql`starts_with(${text}, ${part})`),
  endsWith: texts((text, part) => sql`(right(${text}, length(${part})) = ${part})`),
  contains: texts((text, part) => sql`(strpos(${text}, ${part}) > 0)`),
  matches: { operands: 2, make: matches },
  timestamp: { operands: 1, make: timestamp },
  duration: { operands: 1, make: duration },
  now: { operands: 0, make: () => certain('timestamp', sql`now()`) },
};

const methods = new Set(['size', 'startsWith', 'endsWith', 'contains', 'matches']);
const functions = new Set(['size', 'matches', 'timestamp', 'duration', 'now']);

/** A function, or a method with its receiver as first operand. @throws CelFault for those not served */
export function served(name: string, receiver: boolean, position: number): Call {
  const found = (receiver ? methods : functions).has(name) ? table[name] : undefined;
  if (!found) throw new CelFault(`'${name}' is not served`, position);
  return (operands) => {
    if (operands.length !== found.operands) {
      throw new CelFault(`'${name}' takes ${found.operands} operands`, position);
    }
    return found.make(operands, position);
  };
}

function size([value]: readonly Value[], position: number): Value {
  if (!value) throw new TypeError('one operand');
  const of = [value];
  if (value.type === 'string') return computed('int', sql`char_length(${value.sql})`, of);
  if (value.type === 'json') return attempted('int', sql`rowhouse.cel_size(${value.sql})`, of);
  if (typeof value.type === 'object' && !value.elements) {
    return computed('int', sql`cardinality(${value.sql})`, of);
  }
  throw new CelFault(`a ${typeLabel(value.type)} has no size`, position);
}

function matches([value, expression]: readonly Value[], position: number): Value {
  if (!value || !expression) throw new TypeError('two operands');
  if (typeof expression.constant !== 'string') {
    throw new CelFault('a pattern is a literal', position);
  }
  const text = need(value, 'string', position);
  const regex = textLiteral(pattern(expression.constant, position));
  return { ...truth(sql`(${text} collate "C" ~ ${regex})`, [value]), mayFail: true };
}

function timestamp([value]: readonly Value[], position: number): Value {
  if (!value) throw new TypeError('one operand');
  if (value.type === 'timestamp') return value;
  if (typeof value.constant === 'string') return timestampLiteral(value.constant, position);
  if (value.type === 'json') return jsonTime(value);
  const text = need(value, 'string', position);
  return attempted('timestamp', sql`rowhouse.cel_timestamp(${text})`, [value]);
}

function duration([value]: readonly Value[], position: number): Value {
  if (value?.type === 'duration') return value;
  if (typeof value?.constant === 'string') return durationLiteral(value.constant, position);
  throw new CelFault('a duration is a literal such as duration("1h30m")', position);
}
