import { raw, type Sql, sql } from '../../base/sql.ts';
import { asJson, isNumber, jsonAs, timely } from './convert.ts';
import { CelFault } from './fault.ts';
import { failure, type Type, truth, typeLabel, type Value } from './value.ts';

const canonicalUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** `==` and `!=`: null is a value like any other to them; errors stay errors. */
export function equality(a: Value, b: Value, negated: boolean, position: number): Value {
  const [left, right] = timely(a, b);
  const of = [left, right];
  if (left.type === 'null' || right.type === 'null') {
    return nullTest(left.type === 'null' ? right : left, negated);
  }
  requireComparable(left.type, right.type, position);
  if (
    of.some(({ type, elements }) => elements && typeof type === 'object' && type.list === 'json')
  ) {
    throw new CelFault('a list of several types is only for in', position);
  }
  const json = left.type === 'json' || right.type === 'json';
  const l = json ? asJson(left) : comparable(left);
  const r = json ? asJson(right) : comparable(right);
  const nullable = left.nullable || right.nullable;
  const core = nullable
    ? sql`${l} is ${raw(negated ? '' : 'not ')}distinct from ${r}`
    : sql`${l} ${raw(negated ? '<>' : '=')} ${r}`;
  const exact = nullable ? guarded(core, of) : sql`(${core})`;
  const facts = { mayFail: left.mayFail || right.mayFail };
  // With one side never null, a NULL comparison is as good as false: the plain form serves, and indexes with it.
  const plain = !negated && !(left.nullable && right.nullable);
  return truth(exact, of, plain ? { ...facts, holds: plainEqual(left, right) } : facts);
}

/** Lists of numbers as lists of one type. */
function comparable({ type, sql: text }: Value): Sql {
  const numbers = typeof type === 'object' && (type.list === 'int' || type.list === 'double');
  return numbers ? sql`(${text})::numeric[]` : text;
}

function nullTest(value: Value, negated: boolean): Value {
  if (value.type === 'null') return truth(raw(negated ? 'false' : 'true'), []);
  const test = value.nullable
    ? sql`${value.sql} is ${raw(negated ? 'not ' : '')}null`
    : raw(negated ? 'true' : 'false');
  return { ...truth(guarded(test, [value]), [value]), mayFail: value.mayFail };
}

/** The test, or NULL where an operand is an error. */
function guarded(test: Sql, of: readonly Value[]): Sql {
  const [first, ...others] = of.flatMap((value) => failure(value) ?? []);
  if (!first) return sql`(${test})`;
  const failed = others.reduce((left, right) => sql`${left} or ${right}`, first);
  return sql`case when ${failed} then null else ${test} end`;
}

function plainEqual(left: Value, right: Value): Sql {
  if (left.type === 'json' && right.type === 'json') return sql`(${left.sql} = ${right.sql})`;
  if (right.type === 'json') return plainEqual(right, left);
  if (left.type === 'json') {
    if (right.type === 'string') return textEqual(right, { ...left, sql: jsonAs(left, 'string') });
    if (right.type === 'bool') return sql`(${right.sql} = ${jsonAs(left, 'boolean')})`;
    if (right.type === 'int') return sql`(${right.sql} = ${jsonAs(left, 'integer')})`;
    if (right.type === 'double') return sql`(${right.sql} = ${jsonAs(left, 'number')})`;
    return sql`(${asJson(right)} = ${left.sql})`;
  }
  if (typeof left.type === 'object') return sql`(${comparable(left)} = ${comparable(right)})`;
  if (right.native || !left.native) return textEqual(right, left);
  return textEqual(left, right);
}

/** Two strings; the first may be the text of another type, which is then what an index can find. */
function textEqual(left: Value, right: Value): Sql {
  const { native } = left;
  if (native && right.native) return sql`(${native.sql} = ${right.native.sql})`;
  if (native && typeof right.constant === 'string' && canonicalUuid.test(right.constant)) {
    return sql`(${native.sql} = ${right.sql}::uuid)`;
  }
  if (native && !right.ofRow && right.constant === undefined) {
    return sql`(${native.sql} = (select rowhouse.cel_uuid(${right.sql})))`;
  }
  return sql`(${left.sql} = ${right.sql})`;
}

const orderings = new Set(['<', '<=', '>', '>=']);

/** `<` and its kin: an error on null. */
export function ordering(a: Value, b: Value, operator: string, position: number): Value {
  const [left, right] = timely(a, b);
  if (!orderings.has(operator)) throw new TypeError(`not an ordering: ${operator}`);
  const of = [left, right];
  const facts = { mayFail: of.some(({ mayFail, nullable }) => mayFail || nullable) };
  requireComparable(left.type, right.type, position);
  if (typeof left.type === 'object' || left.type === 'null' || right.type === 'null') {
    throw new CelFault(`${typeLabel(left.type)} has no order`, position);
  }
  const sign = raw(operator);
  if (left.type === 'json' && right.type === 'json') {
    const compared = sql`rowhouse.cel_compare(${left.sql}, ${right.sql})`;
    return truth(sql`(${compared} ${sign} 0)`, of, { mayFail: true });
  }
  const type = left.type === 'json' ? right.type : left.type;
  const operand = (value: Value): Sql => {
    if (value.type !== 'json') return value.sql;
    return jsonAs(value, type === 'string' ? 'string' : type === 'bool' ? 'boolean' : 'number');
  };
  // By code point, whatever the column's collation.
  const [l, r] = [operand(left), operand(right)];
  const collated = type === 'string' ? sql`${l} collate "C" ${sign} ${r}` : sql`${l} ${sign} ${r}`;
  const json = left.type === 'json' || right.type === 'json';
  return truth(sql`(${collated})`, of, json ? { mayFail: true } : facts);
}

function requireComparable(left: Type, right: Type, position: number): void {
  const fault = (): never => {
    const message = `a ${typeLabel(left)} can't be compared with a ${typeLabel(right)}`;
    throw new CelFault(message, position);
  };
  if (typeof left === 'object' || typeof right === 'object') {
    const lists = typeof left === 'object' && typeof right === 'object';
    const fits = lists
      ? listed(left.list) === listed(right.list) || left.list === 'none' || right.list === 'none'
      : left === 'json' || right === 'json' || left === 'null' || right === 'null';
    if (!fits) fault();
    return;
  }
  if (left === right || left === 'null' || right === 'null') return;
  if (isNumber(left) && isNumber(right)) return;
  const other = left === 'json' ? right : right === 'json' ? left : undefined;
  if (other === undefined || other === 'timestamp' || other === 'duration') fault();
}

/** Elements by what they are compared as. */
function listed(element: string): string {
  return element === 'int' ? 'double' : element;
}
