import type { AggregateCall, AggregateFunction, Expression } from '../../statement/aggregate.ts';
import type { Field } from '../../statement/predicate.ts';
import { refuse } from './errors.ts';
import { splitList, unquoted } from './split.ts';

/** The field of a name, given in its parts; undefined: there is none. @throws ServiceError where the name leads to another table */
export type FieldOf = (parts: readonly string[]) => Field | undefined;

/** A function as the caller wrote it, under the name it goes by. */
export interface Call {
  readonly call: AggregateCall;
  readonly name: string;
}

const functions: Readonly<Record<string, AggregateFunction>> = {
  count: 'count',
  sum: 'sum',
  avg: 'avg',
  min: 'min',
  max: 'max',
  array_agg: 'array_agg',
  string_agg: 'string_agg',
  json_agg: 'json_agg',
  stddev: 'stddev',
  variance: 'variance',
};

/**
 * `fn(argument)`, `count(*)`, `count(distinct f)` or `string_agg(f, 'separator')`. Undefined: the text has not the form of a call.
 * @throws ServiceError bad_request for an unknown function or a wrong argument, column_not_found
 */
export function parseCall(text: string, fieldOf: FieldOf, parameter: string): Call | undefined {
  const [, word, inner] = /^([A-Za-z_]\w*)\s*\(([\s\S]*)\)$/.exec(text) ?? [];
  if (word === undefined || inner === undefined) return undefined;
  const spelt = word.toLowerCase();
  const fn = Object.hasOwn(functions, spelt) ? functions[spelt] : undefined;
  if (fn === undefined) return refuse(`${parameter}: unknown function ${word}`, parameter);
  if (inner.trim() === '*') {
    return fn === 'count'
      ? { call: { fn }, name: 'count' }
      : refuse(`${parameter}: ${spelt} takes no *`, parameter);
  }
  const [first = '', second, ...more] = splitList(inner, parameter);
  const [, argument] = /^distinct\s([\s\S]*)$/i.exec(first) ?? [];
  if (argument !== undefined && fn !== 'count') {
    refuse(`${parameter}: distinct goes with count only`, parameter);
  }
  if ((second !== undefined && fn !== 'string_agg') || more.length > 0) {
    refuse(`${parameter}: ${spelt} takes one argument`, parameter);
  }
  const operand = (argument ?? first).trim();
  const of = parseExpression(operand, fieldOf, parameter);
  const separator = second === undefined ? undefined : unquoted(second, "'");
  if (second !== undefined && separator === undefined) {
    refuse(`${parameter}: the separator of string_agg must be a text in quotes`, parameter);
  }
  return {
    call: {
      fn: argument === undefined ? fn : 'count_distinct',
      of,
      ...(separator === undefined ? {} : { separator }),
    },
    name: nameOf(argument === undefined ? spelt : `${spelt}_distinct`, of, operand),
  };
}

/** `fn_f` of a column; of anything else whatever is no part of a word becomes `_`. */
function nameOf(fn: string, of: Expression, text: string): string {
  if (of.kind === 'field' && of.field.kind === 'column') return `${fn}_${of.field.name}`;
  return wordOf(`${fn}_${text}`);
}

/** A name made of an expression. */
export function wordOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}_]+/gu, '_').replace(/^_+|_+$/g, '');
}

type Token =
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: string };

const token =
  /\s*(?:((?:[\p{L}_][\p{L}\p{N}_]*|"(?:[^"]|"")+")(?:\.(?:[\p{L}\p{N}_]+|"(?:[^"]|"")+"))*)|((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)|([-+*/()]))/uy;

const mostTokens = 200;
const mostDigits = 100;
const deepest = 32;

/** Fields, numbers, `+ - * /` and parentheses, with the usual precedence. @throws ServiceError bad_request, column_not_found */
function parseExpression(text: string, fieldOf: FieldOf, parameter: string): Expression {
  // A column may be called anything: its whole name goes before what it could mean.
  const whole = fieldOf([text]);
  if (whole) return { kind: 'field', field: whole };
  const tokens = tokensOf(text, parameter);
  let at = 0;
  const next = (): Token | undefined => tokens[at];
  const isSign = (...signs: readonly string[]): boolean => {
    const here = next();
    return here?.kind === 'sign' && signs.includes(here.text);
  };
  const malformed = (): never => refuse(`${parameter}: ${text} is no expression`, parameter);

  const sum = (depth: number): Expression => binary(['+', '-'], product, depth);
  const product = (depth: number): Expression => binary(['*', '/'], factor, depth);
  function binary(
    signs: readonly ('+' | '-' | '*' | '/')[],
    operand: (depth: number) => Expression,
    depth: number,
  ): Expression {
    let left = operand(depth);
    for (;;) {
      const operator = signs.find((sign) => isSign(sign));
      if (operator === undefined) return left;
      at += 1;
      left = { kind: 'arithmetic', operator, left, right: operand(depth) };
    }
  }
  function factor(depth: number): Expression {
    if (depth > deepest) refuse(`${parameter}: nested too deep`, parameter, 'limit_exceeded');
    const here = next() ?? malformed();
    at += 1;
    if (here.kind === 'number') return { kind: 'number', digits: here.text };
    if (here.kind === 'name') return { kind: 'field', field: named(here.text) };
    if (here.text === '-') return { kind: 'negate', of: factor(depth + 1) };
    if (here.text === '+') return factor(depth + 1);
    if (here.text !== '(') return malformed();
    const inner = sum(depth + 1);
    if (!isSign(')')) return malformed();
    at += 1;
    return inner;
  }
  function named(name: string): Field {
    return (
      fieldOf(partsOf(name)) ??
      refuse(`${parameter}: no such field ${name}`, name, 'column_not_found')
    );
  }

  const expression = sum(0);
  return at === tokens.length ? expression : malformed();
}

/** The parts of a dotted name, without the quotes around any of them. */
export function partsOf(name: string): readonly string[] {
  return (name.match(/"(?:[^"]|"")+"|[^.]+/g) ?? []).map((part) => unquoted(part, '"') ?? part);
}

function tokensOf(text: string, parameter: string): readonly Token[] {
  const tokens: Token[] = [];
  const source = text.trim();
  for (token.lastIndex = 0; token.lastIndex < source.length; ) {
    const start = token.lastIndex;
    const [found, name, number, sign] = token.exec(source) ?? [];
    if (found === undefined) {
      const rest = source.slice(start, start + 20);
      refuse(`${parameter}: not understood: ${rest}`, parameter);
    }
    if ((number?.length ?? 0) > mostDigits || tokens.length === mostTokens) {
      refuse(`${parameter}: an expression is too long`, parameter, 'limit_exceeded');
    }
    if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else tokens.push({ kind: 'sign', text: sign ?? '' });
  }
  return tokens;
}
