import { exactNumber, isObject, type Json } from '../../base/json.ts';

/**
 * JSON text built in Postgres as a value that prints as it was: numbers of jsonb columns that a double would change are kept as their
 * text. Such a number is an object of its own kind.
 */
export function parseReply(text: string): Json {
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown) as Json;
}

function keepDigits(_key: string, value: unknown, { source }: { source?: string }): unknown {
  const changed = typeof value === 'number' && source !== undefined && String(value) !== source;
  return changed ? exactNumber(source) : value;
}

/** The texts of the members of an array's JSON text. */
export function memberTexts(rows: string): string[] {
  const members = parseReply(rows);
  return Array.isArray(members) ? members.map((member) => JSON.stringify(member)) : [];
}

/** The text of the only row: the array's text without its brackets; `null` when there is none. */
export function singleRow(rows: string): string {
  const text = rows.trim().slice(1, -1).trim();
  return text === '' ? 'null' : text;
}

/** A value of the first row, for a statement that builds on an earlier one. */
export function firstValue(rows: string, key: string): Json {
  const members = parseReply(rows);
  const first = Array.isArray(members) ? (members[0] as Json | undefined) : undefined;
  if (first === undefined || !isObject(first)) return null;
  return first[key] ?? null;
}
