import { isObject, type Json } from '../../base/json.ts';

/** Node 24 has these; the `es2024` library doesn't describe them yet. */
interface SourceText {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}

const json = JSON as unknown as SourceText;

/**
 * JSON text built in Postgres as a value that prints as it was: numbers of jsonb columns that a double would change are kept as their
 * text. Such a number is an object of its own kind.
 */
export function parseReply(text: string): Json {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? json.rawJSON(source)
      : value,
  ) as Json;
}

/** Whether a parsed value is a number kept as its text, not an object to look into. */
export function isRawNumber(value: unknown): boolean {
  return json.isRawJSON(value);
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
