import type { DialectRequest } from '../dialect.ts';
import { refuse } from './errors.ts';

/** The parameters of a call that has no search: each at most once, none besides those known. */
export function params(
  query: DialectRequest['query'],
  known: readonly string[],
): ReadonlyMap<string, string> {
  const sent = new Map<string, string>();
  for (const [key, values] of query) {
    if (!known.includes(key)) refuse(`Unknown parameter ${key}`, key, 'unknown_parameter');
    sent.set(key, once(key, values));
  }
  return sent;
}

export function once(key: string, values: readonly string[]): string {
  const [value = '', more] = values;
  if (more !== undefined) refuse(`The parameter ${key} is repeated`, key);
  return value;
}

export function boolean(sent: ReadonlyMap<string, string>, key: string): boolean {
  const value = sent.get(key)?.toLowerCase();
  if (value === undefined || value === '' || value === 'false') return false;
  return value === 'true' || refuse(`${key} must be true or false`, key);
}

/** `limit` absent, empty, 0 or -1: no wish, so as many as there may be. */
export function page(
  sent: ReadonlyMap<string, string>,
  cap: number,
): {
  readonly limit: number;
  readonly offset: number;
} {
  const limit = integer(sent, 'limit') ?? 0;
  const offset = integer(sent, 'offset') ?? 0;
  if (limit < -1 || limit > cap) refuse(`limit must be from 1 to ${cap}`, 'limit');
  if (offset < 0) refuse('offset must not be negative', 'offset');
  return { limit: limit > 0 ? limit : cap, offset };
}

function integer(sent: ReadonlyMap<string, string>, key: string): number | undefined {
  const text = sent.get(key)?.trim();
  if (text === undefined || text === '') return undefined;
  if (!/^[+-]?\d{1,15}$/.test(text)) refuse(`${key} must be a whole number`, key);
  return Number(text);
}
