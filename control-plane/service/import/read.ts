import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { setMember } from '../../base/json.ts';
import type { FileFormat } from '../../statement/transfer.ts';
import { CsvFault, CsvReader, type CsvRecord } from './csv.ts';
import { arrayRows, lineRows } from './json-rows.ts';
import { RowError, type Source, type SourceRow } from './source.ts';

/** How a CSV is written; absent parts are found out or as in RFC 4180. */
export interface CsvDialect {
  readonly delimiter?: string;
  readonly quoteChar?: string;
  readonly commentChar?: string;
  readonly header?: boolean;
  readonly skipInitialSpace?: boolean;
  readonly encoding?: string;
  /** Cells that stand for no value. */
  readonly missing?: readonly string[];
}

/** Reads a CSV, TSV, JSON array or NDJSON file by its ending; a file of another ending by its first character. */
export async function readSource(file: string): Promise<Source> {
  const name = basename(file).replace(/(\.[A-Za-z0-9]+)+$/, '') || basename(file);
  const format = await formatOf(file);
  if (format === 'csv') {
    const { rows, fields } = await readCsv(file, { delimiter: await delimiterOf(file) });
    return { name, file, textual: true, rows, fields: fields.map((field) => ({ name: field })) };
  }
  let text = '';
  for await (const part of textOf(file)) text += part;
  const rows = format === 'ndjson' ? lineRows(file, text) : arrayRows(file, text);
  return { name, file, textual: false, rows };
}

/** The rows of a CSV file, every cell text or null. */
export async function readCsv(
  file: string,
  dialect: CsvDialect,
  names?: readonly string[],
): Promise<{ fields: readonly string[]; rows: SourceRow[] }> {
  const csv = new CsvRows(file, dialect, names);
  const rows: SourceRow[] = [];
  const keep = (row: SourceRow): void => {
    if (row.fault !== undefined) throw new RowError(file, row.line, '', row.fault);
    rows.push(row);
  };
  for await (const part of textOf(file, dialect.encoding))
    for (const row of csv.take(part)) keep(row);
  for (const row of csv.end()) keep(row);
  return { fields: csv.fields, rows };
}

/** The rows of a CSV text that comes piece by piece. */
export class CsvRows {
  readonly #file: string;
  readonly #reader: CsvReader;
  readonly #missing: ReadonlySet<string>;
  #fields: readonly string[] | undefined;

  constructor(file: string, dialect: CsvDialect, names?: readonly string[]) {
    this.#file = file;
    this.#missing = new Set(dialect.missing ?? ['']);
    this.#fields = dialect.header === false ? names : undefined;
    this.#reader = new CsvReader({
      delimiter: dialect.delimiter ?? ',',
      quote: dialect.quoteChar ?? '"',
      trimmed: dialect.skipInitialSpace ?? false,
      ...(dialect.commentChar === undefined ? {} : { comment: dialect.commentChar }),
    });
  }

  /** The header, once the first row is there. @throws RowError when there is none */
  get fields(): readonly string[] {
    if (this.#fields === undefined) throw new RowError(this.#file, 1, '', 'the file is empty');
    return this.#fields;
  }

  /** The rows that end in a piece of text. @throws RowError */
  *take(piece: string): Generator<SourceRow> {
    yield* this.#rows(this.#reader.take(piece));
  }

  /** The last row. @throws RowError */
  *end(): Generator<SourceRow> {
    yield* this.#rows(this.#reader.end());
    // Says so where there was nothing at all.
    void this.fields;
  }

  *#rows(records: Iterable<CsvRecord>): Generator<SourceRow> {
    try {
      for (const { line, cells } of records) {
        if (this.#fields === undefined) this.#fields = header(this.#file, line, cells);
        else yield this.#row(line, cells, this.#fields);
      }
    } catch (error) {
      if (!(error instanceof CsvFault)) throw error;
      throw new RowError(this.#file, error.line, '', error.message);
    }
  }

  #row(line: number, cells: readonly string[], fields: readonly string[]): SourceRow {
    const values: Record<string, string | null> = {};
    for (let at = 0; at < fields.length; at++) {
      const cell = cells[at] ?? '';
      setMember(values, fields[at] ?? '', this.#missing.has(cell) ? null : cell);
    }
    return cells.length === fields.length
      ? { line, values }
      : { line, values, fault: 'the row has more or fewer cells than the header' };
  }
}

function header(file: string, line: number, record: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  for (const [index, name] of record.entries()) {
    const place = name === '' ? `column ${index + 1}` : name;
    if (name.trim() === '')
      throw new RowError(file, line, place, 'the header names no column here');
    if (seen.has(name)) throw new RowError(file, line, name, 'the header names this column twice');
    seen.add(name);
  }
  return record;
}

/** Text of the file piece by piece. @throws RowError */
async function* textOf(file: string, encoding = 'utf-8'): AsyncGenerator<string> {
  const decode = decoderOf(file, encoding);
  for await (const bytes of createReadStream(file, { highWaterMark: 262_144 })) {
    yield decode(bytes as Uint8Array);
  }
  yield decode();
}

/** Bytes into text, piece by piece, without a byte-order mark. Bytes that are no text of the encoding are an error, not a question mark. @throws RowError */
export function decoderOf(file: string, encoding = 'utf-8'): (bytes?: Uint8Array) => string {
  let line = 1;
  const decoder = knownDecoder(file, encoding);
  return (bytes) => {
    try {
      const text = decoder.decode(bytes, { stream: bytes !== undefined });
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) line++;
      return text;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const reason = `at or below this line are bytes that are not ${encoding}`;
      throw new RowError(file, line, '', reason);
    }
  };
}

function knownDecoder(file: string, encoding: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new RowError(file, 1, '', `the encoding ${encoding} is not known`);
  }
}

const endings: Readonly<Record<string, FileFormat>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.tab': 'csv',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

async function formatOf(file: string): Promise<FileFormat> {
  const first = (await firstText(file)).trimStart();
  const known = endings[extname(file).toLowerCase()];
  // Many programs write NDJSON into files called .json.
  if (known === 'json') return first.startsWith('{') ? 'ndjson' : 'json';
  return known ?? (first.startsWith('[') ? 'json' : first.startsWith('{') ? 'ndjson' : 'csv');
}

async function delimiterOf(file: string): Promise<string> {
  if (/\.(tsv|tab)$/i.test(file)) return '\t';
  const head = (await firstText(file)).split(/[\r\n]/)[0] ?? '';
  const bare = head.replace(/"[^"]*"/g, '');
  const counts = [',', ';', '\t', '|'].map((mark) => ({ mark, n: bare.split(mark).length }));
  return counts.reduce((best, each) => (each.n > best.n ? each : best)).mark;
}

async function firstText(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0);
    return buffer.toString('utf8', 0, bytesRead).replace(/^\uFEFF/, '');
  } finally {
    await handle.close();
  }
}
