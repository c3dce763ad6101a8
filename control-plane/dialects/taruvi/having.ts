import type { Json } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { GroupCondition } from '../../statement/aggregate.ts';
import { type FieldOf, parseCall } from './aggregate-expression.ts';
import { refuse } from './errors.ts';
import { cutOutside, splitOutside, unquoted } from './split.ts';

/** An output of the groups. `json`: its values are of any JSON type. */
export interface Output {
  readonly as: string;
  readonly json: boolean;
}

type Operator = GroupCondition['operator'];

const words: Readonly<Record<string, Operator>> = {
  eq: 'eq',
  ne: 'ne',
  gt: 'gt',
  gte: 'gte',
  lt: 'lt',
  lte: 'lte',
};

const signs: Readonly<Record<string, Operator>> = {
  '=': 'eq',
  '==': 'eq',
  '!=': 'ne',
  '<>': 'ne',
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
};

const number = /^-?(?:0|[1-9]\d{0,99})(?:\.\d{1,100})?(?:[eE][+-]?\d{1,3})?$/;

const parameter = '_having';
const mostConditions = 100;

/**
 * Conditions on groups, all of which must hold: `output__op=value` or `output > value`, where a function like `sum(price)` can stand for
 * an output. Commas and `AND` are between them.
 * @throws ServiceError bad_request naming what is not understood
 */
export function parseHaving(
  text: string,
  outputs: readonly Output[],
  fieldOf: FieldOf,
): readonly GroupCondition[] {
  const terms = splitOutside(text, /,|(?<=[\s)'"])and(?=[\s('"])/iy, parameter);
  if (terms.length > mostConditions) {
    refuse(`${parameter}: more than ${mostConditions} conditions`, parameter, 'limit_exceeded');
  }
  return terms.map((term) => parseTerm(term, outputs, fieldOf));
}

function parseTerm(term: string, outputs: readonly Output[], fieldOf: FieldOf): GroupCondition {
  const [left, sign, right] = cutOutside(term, /<=|>=|<>|!=|==|=|<|>/y, parameter) ?? [
    term,
    '',
    '',
  ];
  const operator = Object.hasOwn(signs, sign) ? signs[sign] : undefined;
  if (operator === undefined || right === '') {
    return refuse(`${parameter}: ${term} is no condition`, parameter);
  }
  const whole = subjectOf(left, outputs, fieldOf);
  if (whole) return { ...whole, operator, operand: operandOf(right, whole.json), label: left };
  const [, name = '', word = ''] = /^([\s\S]+)__([a-z]+)$/.exec(left) ?? [];
  const subject = sign === '=' ? subjectOf(name, outputs, fieldOf) : undefined;
  if (!subject) return refuse(`${parameter}: ${left} is no output`, left);
  const spelt = Object.hasOwn(words, word) ? words[word] : undefined;
  if (spelt === undefined) {
    return refuse(`${parameter}: unknown operator ${word}`, left, 'unknown_operator');
  }
  return { ...subject, operator: spelt, operand: operandOf(right, subject.json), label: left };
}

function subjectOf(
  text: string,
  outputs: readonly Output[],
  fieldOf: FieldOf,
): (Pick<GroupCondition, 'of'> & { readonly json: boolean }) | undefined {
  const name = unquoted(text, '"') ?? text;
  const output = outputs.find(({ as }) => as === name);
  if (output) return { of: { output: name }, json: output.json };
  const call = parseCall(text, fieldOf, parameter);
  return call && { of: call.call, json: false };
}

/** A text in quotes or as it stands. Only where any JSON may be found the value has a type of its own. */
function operandOf(text: string, json: boolean): Json {
  const quoted = unquoted(text, "'");
  if (quoted !== undefined) return quoted;
  if (/^'|'$/.test(text)) return refuse(`${parameter}: a quote is not closed`, parameter);
  if (!json) return text;
  if (text === 'true' || text === 'false') return text === 'true';
  return number.test(text) ? parseJson(text) : text;
}
