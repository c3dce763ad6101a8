import { isObject, type Json, type JsonObject, memberOf } from '../base/json.ts';
import { parseExact } from '../base/parse-json.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Result } from '../statement/statement.ts';
import type { Export } from '../statement/transfer.ts';
import type { Caller } from './call.ts';

/** Rows as the parts of a file. What is wrong with the request shows before the first part. */
export type ExportRows = (
  request: Export,
  catalog: Catalog,
  caller: Caller,
) => Promise<AsyncIterable<string>>;

/** Reads pages of one statement as of one moment. */
export type ReadPages = (
  request: Export['read'],
  size: number,
  catalog: Catalog,
  caller: Caller,
) => AsyncGenerator<Result>;

/** Rows held at a time. */
const pageSize = 1_000;

/** Exports of rows, page by page of one snapshot. */
export function createExport(pages: ReadPages): ExportRows {
  return async (request, catalog, caller) => {
    const reading = pages(request.read, pageSize, catalog, caller);
    const first = await reading.next();
    return written(request, first, reading);
  };
}

async function* written(
  { format }: Export,
  first: IteratorResult<Result>,
  rest: AsyncGenerator<Result>,
): AsyncGenerator<string> {
  const parts = partsOf(format);
  let any = false;
  try {
    yield parts.before;
    for (let page = first; page.done !== true; page = await rest.next()) {
      if (page.value.count === 0) continue;
      yield (any ? parts.between : '') + parts.rows(page.value.rows);
      any = true;
    }
    yield parts.after;
  } finally {
    // Who stops reading lets go of the transaction.
    await rest.return(undefined);
  }
}

interface Parts {
  readonly before: string;
  /** A page of rows as JSON text, as the file has it. */
  readonly rows: (page: string) => string;
  readonly between: string;
  readonly after: string;
}

function partsOf(format: Export['format']): Parts {
  switch (format.kind) {
    case 'json':
      return { ...format, rows: (page) => page.slice(1, -1), between: ',' };
    case 'ndjson': {
      const rows = (page: string): string =>
        objectsOf(page)
          .map((row) => `${JSON.stringify(row)}\n`)
          .join('');
      return { before: '', rows, between: '', after: '' };
    }
    case 'csv': {
      const { names, delimiter } = format;
      const line = (cells: readonly Json[]): string =>
        `${cells.map((cell) => cellOf(cell, delimiter)).join(delimiter)}\r\n`;
      const rows = (page: string): string =>
        objectsOf(page)
          .map((row) => line(names.map((name) => memberOf(row, name) ?? null)))
          .join('');
      return { before: line(names), rows, between: '', after: '' };
    }
    default: {
      const never: never = format;
      return never;
    }
  }
}

/** Numbers keep their digits. */
function objectsOf(page: string): readonly JsonObject[] {
  const rows = parseExact(page);
  return Array.isArray(rows) ? rows.filter(isObject) : [];
}

/** RFC 4180: quoted where it has to be; nothing else is altered. An empty text is quoted, for an empty cell is no value. */
function cellOf(value: Json, delimiter: string): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const quoted = text === '' || text.includes(delimiter) || /["\r\n]/.test(text);
  return quoted ? `"${text.replaceAll('"', '""')}"` : text;
}
