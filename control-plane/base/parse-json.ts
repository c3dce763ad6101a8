import { gather, type RepeatedKeys } from './gather-json.ts';
import { exactNumber, type Json, type JsonObject } from './json.ts';

/** Deeper values only serve to exhaust whatever walks them. Postgres itself stops at some thousands. */
const deepest = 256;

/** A number token that a double might not hold: 16 or more digits, or an exponent. Strings with such text only cost time. */
const riskyNumber = /(?:^|[[:,\s])-?(?:\d[\d.]{15,}|\d[\d.]*[eE])/;
const surrogateEscape = /\\u[dD][89a-fA-F]/;

/**
 * JSON text as a value, without silent change:
 * - a number that a double would change (integers beyond ±(2^53−1), long decimals, 1e400) is kept as its digits, see ExactNumber.
 *   Every other number is a number.
 * - U+0000 and lone surrogates are refused: Postgres can't store them, and UTF-8 would replace the latter.
 * - of repeated keys the last counts, as everywhere in JavaScript; `__proto__` is a key like any other.
 * @throws SyntaxError with a message fit for the sender
 */
export function parseJson(text: string, repeated?: RepeatedKeys): Json {
  const { members, risky } = survey(text);
  checkNul(text);
  const value = parseExact(text, risky);
  // Only a text with more members than its value has keys is read twice.
  if (repeated === undefined || countKeys(value) === members) return value;
  return gather(text, repeated, parseExact);
}

/** The same for JSON that Postgres has made, and therefore could store: numbers are looked at, nothing else. */
export function parseExact(text: string, risky = riskyNumber.test(text)): Json {
  if (!risky && !surrogateEscape.test(text)) return JSON.parse(text) as Json;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown) as Json;
}

function exact(key: string, value: unknown, context: { source?: string }): unknown {
  if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
    throw new SyntaxError('Half of a surrogate pair is not a character');
  }
  const { source } = context;
  const exactly = typeof value !== 'number' || source === undefined || isExact(value, source);
  return exactly ? value : exactNumber(source);
}

function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false;
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)) {
    return false;
  }
  return significant(source) === significant(String(value));
}

/** Sign, digits and exponent without redundant zeros: equal for equal decimals. */
function significant(number: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number);
  const digits = (match?.[2] ?? '') + (match?.[3] ?? '');
  const kept = digits.replace(/0+$/, '');
  const bare = kept.replace(/^0+/, '');
  if (bare === '') return '0';
  const exponent =
    Number(match?.[4] ?? 0) - (match?.[3]?.length ?? 0) + (digits.length - kept.length);
  return `${match?.[1]}${bare}e${exponent}`;
}

const quote = 34;
const backslash = 92;
const nul = '\\u0000';

/**
 * One pass over the text before it is parsed; strings are skipped with indexOf. Checks the depth, counts the members of its objects and
 * looks for risky numbers: the expression for these would go through the strings too.
 */
function survey(text: string): { readonly members: number; readonly risky: boolean } {
  let depth = 0;
  let members = 0;
  let risky = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = stringEnd(text, at);
    // [ and {, ] and }
    else if (code === 91 || code === 123) {
      if (++depth > deepest) throw new SyntaxError(`Nested deeper than ${deepest} levels`);
    } else if (code === 93 || code === 125) depth--;
    else if (code === 58) members++;
    else if (isDigit(code)) {
      const start = at;
      while (isDigit(text.charCodeAt(at + 1)) || text.charCodeAt(at + 1) === 46) at++;
      // e and E differ by one bit.
      risky ||= at - start >= 15 || (text.charCodeAt(at + 1) | 32) === 101;
    }
  }
  return { members, risky };
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function countKeys(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countKeys(item as Json);
  } else {
    const members = value as JsonObject;
    for (const key of Object.keys(members)) count += 1 + countKeys(members[key] ?? null);
  }
  return count;
}

/** Position of the closing quote; the end of the text when there is none (the parser will say so). */
function stringEnd(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
  } while (isEscaped(text, end));
  return end;
}

function checkNul(text: string): void {
  for (let at = text.indexOf(nul); at !== -1; at = text.indexOf(nul, at + nul.length)) {
    if (!isEscaped(text, at)) throw new SyntaxError('The character U+0000 cannot be stored');
  }
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === backslash) slashes++;
  return slashes % 2 === 1;
}
