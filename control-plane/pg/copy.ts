import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** A value as COPY's text format has it: NULL, or text with its three separators and the backslash escaped (manual, COPY: File Formats). */
export function copyCell(value: string | null): string {
  if (value === null) return '\\N';
  return /[\\\t\n\r]/.test(value)
    ? value.replace(/[\\\t\n\r]/g, (char) => escapes[char] ?? char)
    : value;
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

/** Sends text to `COPY … FROM STDIN`, at the pace at which Postgres takes it. An error of the source, or an abort, ends the COPY and is thrown. */
export async function copyInto(
  client: pg.PoolClient,
  statement: string,
  parts: Iterable<string> | AsyncIterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  const sink = client.query(copyFrom(statement));
  await pipeline(Readable.from(parts, { objectMode: true }), sink, { signal });
}
