import { isExactNumber, type Json } from '../../base/json.ts';
import { type ColumnType, classOf } from '../../base/types.ts';
import type { Operator } from '../../statement/operators.ts';
import type { Predicate } from '../../statement/predicate.ts';
import { refuse } from './errors.ts';

/** How an operator of this dialect becomes one of the engine. */
interface Row {
  readonly operator: Operator;
  readonly negated?: boolean;
  readonly value: 'one' | 'list' | 'pair' | 'text' | 'truth';
  readonly symbols: readonly string[];
  /** What the symbol says by itself. */
  readonly implied?: boolean;
}

/** THE table of operators: by word, with the symbols that where stanzas may use. */
const table: Readonly<Record<string, Row>> = {
  eq: { operator: 'eq', value: 'one', symbols: ['=', '=='] },
  neq: { operator: 'ne', value: 'one', symbols: ['!=', '<>'] },
  lt: { operator: 'lt', value: 'one', symbols: ['<'] },
  lte: { operator: 'lte', value: 'one', symbols: ['<='] },
  gt: { operator: 'gt', value: 'one', symbols: ['>'] },
  gte: { operator: 'gte', value: 'one', symbols: ['>='] },
  in: { operator: 'in', value: 'list', symbols: ['in'] },
  nin: { operator: 'not_in', value: 'list', symbols: ['not in'] },
  between: { operator: 'between', value: 'pair', symbols: ['between'] },
  nbetween: { operator: 'between', negated: true, value: 'pair', symbols: ['not between'] },
  like: { operator: 'like', value: 'text', symbols: ['like', '~~'] },
  nlike: { operator: 'not_like', value: 'text', symbols: ['not like', '!~~'] },
  null: { operator: 'is_null', value: 'truth', symbols: [] },
  'is null': { operator: 'is_null', value: 'truth', symbols: ['is null'], implied: true },
  'is not null': { operator: 'is_null', value: 'truth', symbols: ['is not null'], implied: false },
};

/** The words for operators: all but those that only where stanzas have. */
export const operatorWords: readonly string[] = Object.keys(table).filter(
  (word) => !word.includes(' '),
);

/** The operator of a word in any case; in where stanzas also with a leading dot, or as a symbol. */
export function operatorOf(text: string, stanza: boolean): Row | undefined {
  const word = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const plain = stanza ? word.replace(/^\./, '') : text.toLowerCase();
  if (operatorWords.includes(plain)) return table[plain];
  return stanza ? Object.values(table).find(({ symbols }) => symbols.includes(word)) : undefined;
}

const mostItems = 10_000;

/** One condition as a predicate. `text`: the value comes from a query string, and is cast. */
export function compare(
  column: { readonly name: string; readonly type: ColumnType },
  row: Row,
  value: Json | undefined,
  label: string,
): Predicate {
  const operand = operandOf(column.type, row, value, label);
  const field = { kind: 'column', name: column.name } as const;
  // NULL is never none of a list, not even of an empty one.
  if (row.operator === 'not_in' && Array.isArray(operand) && operand.length === 0) {
    return { kind: 'compare', field, operator: 'is_null', operand: false, label };
  }
  const test: Predicate = { kind: 'compare', field, operator: row.operator, operand, label };
  return row.negated ? { kind: 'not', of: test } : test;
}

function operandOf(type: ColumnType, row: Row, value: Json | undefined, label: string): Json {
  if (row.value === 'truth') return truth(row, value, label);
  if (value === undefined) return refuse(`${label}: value is missing`, label);
  if (value === null) return refuse(`${label}: use null to ask for NULL`, label, 'invalid_operand');
  switch (row.value) {
    case 'list':
      return items(value, label).map((item) => one(type, item, label));
    case 'pair': {
      const pair = items(value, label);
      if (pair.length !== 2) refuse(`${label} takes exactly two values`, label, 'invalid_operand');
      return pair.map((item) => one(type, item, label));
    }
    case 'text':
      return typeof value === 'string'
        ? value
        : refuse(`${label} takes text`, label, 'invalid_operand');
    case 'one':
      return one(type, value, label);
  }
}

function truth(row: Row, value: Json | undefined, label: string): boolean {
  if (row.implied !== undefined) {
    if (value === undefined || value === null) return row.implied;
    const asked = truthOf(value);
    if (asked === undefined) refuse(`${label} takes true or false`, label, 'invalid_operand');
    return asked ? row.implied : !row.implied;
  }
  const asked = value === undefined ? undefined : truthOf(value);
  return asked ?? refuse(`${label} takes true or false`, label, 'invalid_operand');
}

function truthOf(value: Json): boolean | undefined {
  const text = String(value).toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

function items(value: Json, label: string): readonly Json[] {
  const list = Array.isArray(value)
    ? (value as readonly Json[])
    : typeof value === 'string'
      ? splitList(value)
      : refuse(`${label} takes a list`, label, 'invalid_operand');
  if (list.length > mostItems) refuse(`${label}: more than ${mostItems} values`, label);
  return list;
}

/** A comma list; `\,` is a comma, and nothing is trimmed. */
export function splitList(text: string): readonly string[] {
  const found: string[] = [''];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '\\' && text[at + 1] === ',') {
      found[found.length - 1] += ',';
      at++;
    } else if (character === ',') found.push('');
    else found[found.length - 1] += character;
  }
  return found;
}

/** A value as the engine takes it: text casts the way Postgres reads it, JSON is used as it is. */
function one(type: ColumnType, value: Json, label: string): Json {
  if (value === null) return refuse(`${label}: use null to ask for NULL`, label, 'invalid_operand');
  if (type.array) {
    if (Array.isArray(value)) return value;
    const list = typeof value === 'string' ? parseArray(value) : undefined;
    return list ?? refuse(`${label} takes an array`, label, 'invalid_operand');
  }
  if (isExactNumber(value)) return value;
  if (typeof value === 'object')
    return refuse(`${label} takes one value`, label, 'invalid_operand');
  if (type.base !== 'boolean' || typeof value !== 'string') return value;
  const read = truthWord(value);
  return read ?? refuse(`${label} takes true or false`, label, 'invalid_operand');
}

/** Postgres' own words for truth, and their unambiguous beginnings. */
function truthWord(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (word === '1' || word === 'on') return true;
  if (word === '0' || word === 'of' || word === 'off') return false;
  if (word === '') return undefined;
  if ('true'.startsWith(word) || 'yes'.startsWith(word)) return true;
  return 'false'.startsWith(word) || 'no'.startsWith(word) ? false : undefined;
}

/** A JSON array or Postgres' `{1,2}`; undefined: neither. */
export function parseArray(text: string): readonly Json[] | undefined {
  const bare = text.trim();
  if (bare.startsWith('[')) {
    try {
      const value = JSON.parse(bare) as Json;
      return Array.isArray(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }
  if (!/^\{.*\}$/s.test(bare)) return undefined;
  const inner = bare.slice(1, -1);
  if (inner.trim() === '') return [];
  const item = /\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}\\]+?))\s*(,|$)/gsy;
  const found: Json[] = [];
  for (;;) {
    const match = item.exec(inner);
    if (!match) return undefined;
    found.push(match[1] === undefined ? (match[2] ?? '') : match[1].replace(/\\(.)/gs, '$1'));
    if (match[3] === '') return found;
  }
}

/** Whether patterns can be matched with the column. */
export function isPatternable(type: ColumnType): boolean {
  return !type.array && (classOf(type) === 'text' || type.base === 'enum');
}
