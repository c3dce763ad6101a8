import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A resource of a data package, as far as the oracle looks. */
export interface Described {
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly format: string;
  readonly schema?: {
    readonly fields: readonly { readonly name: string; readonly type: string }[];
  };
}

export type OracleRow = Readonly<Record<string, unknown>>;

/** The rows of a CSV, TSV or JSON file, read without any of the code that is tested; undefined for other formats. */
export function rowsOfFile(folder: string, { path, format }: Described): OracleRow[] | undefined {
  if (!['csv', 'tsv', 'json'].includes(format)) return undefined;
  const text = readFileSync(join(folder, path), 'utf8').replace(/^\uFEFF/, '');
  if (format === 'json') {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as OracleRow[]) : undefined;
  }
  const [names = [], ...records] = separated(text, format === 'tsv' ? '\t' : ',');
  return records.map((cells) =>
    Object.fromEntries(
      Array.from({ length: Math.max(names.length, cells.length) }, (_, at) => [
        names[at] ?? `(cell ${at + 1})`,
        cells[at] === '' ? null : cells[at],
      ]),
    ),
  );
}

/** RFC 4180, character by character. */
function separated(text: string, delimiter: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = '';
  let quoted = false;
  const endRecord = (): void => {
    record.push(cell);
    if (record.length > 1 || cell !== '') records.push(record);
    record = [];
    cell = '';
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === delimiter) {
      record.push(cell);
      cell = '';
    } else if (char === '\n') endRecord();
    else if (char !== '\r') cell += char;
  }
  if (cell !== '' || record.length > 0) endRecord();
  return records;
}

/** Whether rows have the described fields and no others, and each value is one of its field's type (Table Schema, field types). */
export function matches(rows: readonly OracleRow[], { schema }: Described): boolean {
  if (!schema) return true;
  const types = new Map(schema.fields.map(({ name, type }) => [name, type]));
  const found = new Set<string>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      found.add(name);
      if (!isOf(types.get(name), value)) return false;
    }
  }
  return schema.fields.every(({ name }) => found.has(name));
}

function isOf(type: string | undefined, value: unknown): boolean {
  if (type === undefined) return false;
  if (value === null || value === undefined) return true;
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'integer':
      return typeof value === 'number'
        ? Number.isInteger(value)
        : typeof value === 'string' && /^[+-]?\d+$/.test(value);
    case 'number':
      return (
        typeof value === 'number' ||
        (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
      );
    case 'boolean':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    case 'date':
      return typeof value === 'string' && isDay(value);
    case 'datetime':
      return (
        typeof value === 'string' &&
        /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/.test(value) &&
        isDay(value.slice(0, 10))
      );
    default:
      throw new Error(`the oracle does not know ${type}`);
  }
}

function isDay(text: string): boolean {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return (
    year !== '' && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  );
}
