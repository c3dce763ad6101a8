import { digitsOf, isNumber, isObject, type Json } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import { refuse } from './errors.ts';
import type { Place } from './names.ts';

/** A value as it was sent: a text of the query, which is cast, or JSON, whose types are kept. */
export interface Sent {
  readonly value: Json;
  readonly typed: boolean;
}

const mostItems = 10_000;

/** @throws ServiceError naming the field */
export function misfit({ label }: Place, message: string): never {
  return refuse(`${label}: ${message}`, label, 'invalid_operand');
}

/** Text of a value that is one. */
export function textOf(at: Place, value: Json): string {
  if (isNumber(value)) return digitsOf(value);
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value : misfit(at, 'takes one value');
}

/** One value of the field's type, as far as that can be told here; the engine judges the rest. */
export function scalarOf(at: Place, value: Json): Json {
  if (at.kind === 'text') return textOf(at, value);
  return typeof value === 'object' && !isNumber(value) ? misfit(at, 'takes one value') : value;
}

/** The operand as true or false, also as a query string spells it. @throws ServiceError invalid_operand */
export function truthOf(at: Place, value: Json): boolean {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : misfit(at, 'takes true or false');
}

/** A list: JSON, or text that is a JSON array or has commas. Its items have types where it is JSON. */
export function listOf(
  at: Place,
  sent: Sent,
): { readonly items: readonly Json[]; readonly typed: boolean } {
  const list = read(at, sent);
  if (list.items.length > mostItems) {
    refuse(`${at.label}: more than ${mostItems} values`, at.label, 'limit_exceeded');
  }
  return list;
}

function read(at: Place, { value, typed }: Sent): { items: readonly Json[]; typed: boolean } {
  if (Array.isArray(value)) return { items: value as readonly Json[], typed };
  if (typeof value !== 'string') return misfit(at, 'takes a list');
  if (value === '') return { items: [], typed };
  if (!/^\s*\[[\s\S]*\]\s*$/.test(value)) return { items: value.split(','), typed };
  const items = parsed(value);
  return Array.isArray(items)
    ? { items: items as readonly Json[], typed: true }
    : misfit(at, 'takes a list: comma text or a JSON array');
}

/** Two values. */
export function pairOf(at: Place, sent: Sent): readonly [Json, Json] {
  const [low = null, high = null, ...more] = listOf(at, sent).items;
  if (low === null || high === null || more.length > 0) misfit(at, 'takes two values');
  return [low, high];
}

/** A range as the engine has it: `lower,upper`, with or without brackets, `[lower, upper]` or an object. */
export function rangeOf(at: Place, value: Json): Json {
  if (isObject(value)) return value;
  if (Array.isArray(value) && value.length === 2) {
    const [lower = null, upper = null]: readonly Json[] = value;
    return { lower, upper };
  }
  const match =
    typeof value === 'string' ? /^([[(])?([^,]*),([^,]*?)([\])])?$/.exec(value.trim()) : null;
  const [, open, lower = '', upper = '', close] = match ?? [];
  if (!match || (open === undefined) !== (close === undefined)) {
    return misfit(at, 'takes a range: lower,upper');
  }
  const bound = (text: string): Json => (text.trim() === '' ? null : text.trim());
  const bounds = open === undefined ? {} : { bounds: `${open}${close}` };
  return { lower: bound(lower), upper: bound(upper), ...bounds };
}

/** Whether an operand is a range, and no single value. */
export function isRange(value: Json): boolean {
  return typeof value === 'string'
    ? value.includes(',')
    : typeof value === 'object' && !isNumber(value);
}

/** The JSON values that a value may mean inside a document: text of the query is that text, and what it spells as JSON. */
export function meanings({ value, typed }: Sent): readonly Json[] {
  if (typed || typeof value !== 'string') return [value];
  const spelt = parsed(value);
  return spelt === undefined || typeof spelt === 'string' ? [value] : [value, spelt];
}

/** A number where the value is one, and text where it isn't. */
export function numberOrText(at: Place, { value, typed }: Sent): Json {
  if (isNumber(value)) return value;
  const spelt = !typed && typeof value === 'string' ? parsed(value) : undefined;
  return spelt !== undefined && isNumber(spelt) ? spelt : textOf(at, value);
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
