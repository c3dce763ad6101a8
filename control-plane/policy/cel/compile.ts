import { join, raw, type Sql, sql } from '../../base/sql.ts';
import { arithmetic, negation } from './arithmetic.ts';
import { equality, ordering } from './compare.ts';
import { asJson, isNumber, needTruth } from './convert.ts';
import { CelFault } from './fault.ts';
import { served } from './functions.ts';
import { literalValue } from './literal.ts';
import { membership } from './membership.ts';
import { named, type Scope } from './scope.ts';
import { chainOf, type Node, parseTree, positionOf } from './tree.ts';
import {
  certain,
  type Element,
  failure,
  holds,
  most,
  sizeOf,
  type Type,
  truth,
  typeLabel,
  type Value,
} from './value.ts';

/** Postgres plans every condition of a table for every statement. */
const longest = 30_000;

/** An expression as a truth. @throws CelFault when it is not of the served part of CEL, or not a truth */
export function compileCondition(text: string, scope: Scope): Value {
  const tree = parseTree(text);
  return needTruth(compile(tree, scope), positionOf(tree));
}

function compile(node: Node, scope: Scope): Value {
  const value = expression(node, scope);
  if (sizeOf(value.sql) > longest) throw new CelFault('too long a condition', positionOf(node));
  return value;
}

function expression(node: Node, scope: Scope): Value {
  const position = positionOf(node);
  switch (node.op) {
    case 'value':
      return literalValue(node.args, position);
    case 'id':
    case '.':
    case '[]':
      return named(node, scope);
    case 'list':
      return listOf(
        node.args.map((element) => compile(element, scope)),
        position,
      );
    case '&&':
    case '||':
      return junction(node, scope);
    case '!_': {
      const value = needTruth(compile(node.args, scope), position);
      return truth(sql`(not ${value.sql})`, [value]);
    }
    case '-_':
      return negation(compile(node.args, scope), position);
    case '==':
    case '!=':
      return equality(
        compile(node.args[0], scope),
        compile(node.args[1], scope),
        node.op === '!=',
        position,
      );
    case '<':
    case '<=':
    case '>':
    case '>=':
      return ordering(
        compile(node.args[0], scope),
        compile(node.args[1], scope),
        node.op,
        position,
      );
    case 'in':
      return membership(compile(node.args[0], scope), compile(node.args[1], scope), position);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(
        compile(node.args[0], scope),
        compile(node.args[1], scope),
        node.op,
        position,
      );
    case '?:':
      return choice(
        node.args.map((each) => compile(each, scope)),
        position,
      );
    case 'call': {
      const [name, operands] = node.args;
      if (name === 'has') return presence(operands, scope, position);
      return served(name, false, position)(operands.map((each) => compile(each, scope)));
    }
    case 'rcall': {
      const [name, receiver, operands] = node.args;
      const call = served(name, true, position);
      return call([receiver, ...operands].map((each) => compile(each, scope)));
    }
    default:
      throw new CelFault(`'${node.op}' is not served`, position);
  }
}

/** An error beside what decides alone is no error: as NULL in SQL. */
function junction(node: Extract<Node, { op: '&&' | '||' }>, scope: Scope): Value {
  const sides = node.args.map((side) => needTruth(compile(side, scope), positionOf(side)));
  const word = node.op === '&&' ? ' and ' : ' or ';
  // What speaks of the caller alone is asked once, not row by row.
  const mixed = sides.some(({ ofRow }) => ofRow);
  const once = (side: Value, text: Sql): Sql =>
    mixed && !side.ofRow && side.constant === undefined ? sql`(select ${text})` : text;
  const both = (form: (side: Value) => Sql): Sql => {
    return sql`(${join(
      sides.map((side) => once(side, form(side))),
      word,
    )})`;
  };
  return truth(
    both((side) => side.sql),
    sides,
    { holds: both(holds), most: sql`(${join(sides.map(most), word)})` },
  );
}

function choice(parts: readonly Value[], position: number): Value {
  const [test, first, second] = parts;
  if (!test || !first || !second) throw new TypeError('three operands');
  const condition = needTruth(test, position).sql;
  const type = common(first.type, second.type, position);
  const [then, other] = [first, second].map((value) =>
    type === 'json' && value.type !== 'null' ? { ...value, sql: asJson(value) } : value,
  ) as [Value, Value];
  const branches = (yes: Sql, no: Sql, neither: Sql): Sql =>
    sql`case when ${condition} then ${yes} when not ${condition} then ${no} else ${neither} end`;
  const mayFail = parts.some((part) => part.mayFail) || test.nullable;
  const fails = branches(failure(then) ?? sql`false`, failure(other) ?? sql`false`, sql`true`);
  return {
    type,
    sql: branches(then.sql, other.sql, sql`null`),
    nullable: then.nullable || other.nullable,
    mayFail,
    ofRow: parts.some(({ ofRow }) => ofRow),
    ...(mayFail ? { fails } : {}),
  };
}

function common(left: Type, right: Type, position: number): Type {
  if (left === 'null') return right;
  if (right === 'null' || typeLabel(left) === typeLabel(right)) return left;
  if (isNumber(left) && isNumber(right)) return 'double';
  if (left === 'json' || right === 'json') return 'json';
  const message = `both outcomes are of one type, not ${typeLabel(left)} and ${typeLabel(right)}`;
  throw new CelFault(message, position);
}

const elementTypes: Readonly<Record<Exclude<Element, 'none' | 'json'>, string>> = {
  bool: 'boolean[]',
  int: 'numeric[]',
  double: 'numeric[]',
  string: 'text[]',
  timestamp: 'timestamptz[]',
};

/** A list of one type, or with elements of several, which is only for `in`. */
function listOf(elements: readonly Value[], position: number): Value {
  const types = new Set(
    elements.flatMap(({ type }) => (type === 'null' ? [] : [isNumber(type) ? 'double' : type])),
  );
  const [only] = types;
  const one = types.size === 1 ? elementTypes[only as keyof typeof elementTypes] : undefined;
  if (elements.some(({ type }) => typeof type === 'object' || type === 'duration')) {
    throw new CelFault('a list holds texts, numbers, truths or times', position);
  }
  const values = join(elements.map(({ sql: text }) => text));
  return {
    ...certain(
      { list: one === undefined ? (elements.length === 0 ? 'none' : 'json') : (only as Element) },
      one === undefined ? sql`'{}'` : sql`array[${values}]::${raw(one)}`,
      elements.some(({ ofRow }) => ofRow),
    ),
    mayFail: elements.some(({ mayFail }) => mayFail),
    elements,
  };
}

/** `has(x)`: whether a value is there. A null is none. */
function presence(operands: readonly Node[], scope: Scope, position: number): Value {
  const [of, ...others] = operands;
  if (!of || others.length > 0 || of.op === 'id' || !chainOf(of)) {
    throw new CelFault("'has' takes one name such as R.attr.title", position);
  }
  const value = named(of, scope);
  return truth(sql`(${value.sql} is not null)`, [], { ofRow: value.ofRow });
}
