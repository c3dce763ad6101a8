import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { isObject, type JsonObject } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
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
  const rows = format === 'ndjson' ? await readLines(file) : await readArray(file);
  return { name, file, textual: false, rows };
}

/** The rows of a CSV file, every cell text or null. */
export async function readCsv(
  file: string,
  dialect: CsvDialect,
  names?: readonly string[],
): Promise<{ fields: readonly string[]; rows: SourceRow[] }> {
  const rows: SourceRow[] = [];
  let fields: readonly string[] = [];
  const text = textOf(file, createReadStream(file), dialect.encoding);
  for await (const row of csvRows(file, text, dialect, names, (found) => {
    fields = found;
  })) {
    if (row.fault !== undefined) throw new RowError(file, row.line, '', row.fault);
    rows.push(row);
  }
  return { fields, rows };
}

/** The rows of a CSV text, one by one (RFC 4180). `onFields` is told the header before the first of them. @throws RowError */
export async function* csvRows(
  file: string,
  text: Iterable<string> | AsyncIterable<string>,
  dialect: CsvDialect,
  names: readonly string[] | undefined,
  onFields: (fields: readonly string[]) => void,
): AsyncGenerator<SourceRow> {
  const missing = new Set(dialect.missing ?? ['']);
  // Unlike pipe, pipeline hands an error of the file on to the parser, and so to the loop below.
  const parser = pipeline(
    Readable.from(text),
    parse({
      bom: true,
      info: true,
      delimiter: dialect.delimiter ?? ',',
      quote: dialect.quoteChar ?? '"',
      ltrim: dialect.skipInitialSpace ?? false,
      skip_empty_lines: true,
      relax_column_count: true,
      ...(dialect.commentChar === undefined ? {} : { comment: dialect.commentChar }),
    }),
    () => undefined,
  );
  let fields: readonly string[] | undefined = dialect.header === false ? names : undefined;
  if (fields) onFields(fields);
  let doubled = 0;
  try {
    for await (const item of parser) {
      const { record, info } = item as { record: string[]; info: { lines: number } };
      // The parser counts both characters of a CRLF inside a cell as lines.
      const cells = record.join('');
      doubled += cells.split('\r').length - 1;
      const line = info.lines - doubled - cells.split('\n').length + 1;
      if (fields === undefined) {
        fields = header(file, line, record);
        onFields(fields);
        continue;
      }
      const values: Record<string, string | null> = {};
      for (const [index, field] of fields.entries()) {
        const cell = record[index] ?? '';
        values[field] = missing.has(cell) ? null : cell;
      }
      const whole = record.length === fields.length;
      yield whole ? { line, values } : { line, values, fault: ragged };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = (Number(error['lines']) || 1) - doubled;
    throw new RowError(file, line, '', plainReason(error));
  }
  if (fields === undefined) throw new RowError(file, 1, '', 'the file is empty');
}

const ragged = 'the row has more or fewer cells than the header';

function header(file: string, line: number, record: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  for (const [index, name] of record.entries()) {
    const place = name === '' ? `column ${index + 1}` : name;
    if (name.trim() === '')
      throw new RowError(file, line, place, 'the header names no column here');
    if (seen.has(name)) throw new RowError(file, line, name, 'the header names this column twice');
    seen.add(name);
  }
  return [...record];
}

function plainReason(error: CsvError): string {
  if (error.code.includes('INCONSISTENT')) return ragged;
  if (error.code.includes('QUOTE'))
    return 'a quotation mark is not closed, or stands where none may';
  return error.message;
}

/** The rows of a JSON array of objects. */
export async function readArray(file: string): Promise<SourceRow[]> {
  return arrayRows(file, await wholeText(file));
}

/** The rows of the text of a JSON array. */
export function arrayRows(file: string, text: string): SourceRow[] {
  const values = jsonOf(file, 1, text);
  if (!Array.isArray(values)) throw new RowError(file, 1, '', 'the file is no JSON array');
  const lines = elementLines(text);
  return values.map((value, index) => ({
    line: lines[index] ?? 1,
    values: objectOf(file, lines[index] ?? 1, value),
  }));
}

async function readLines(file: string): Promise<SourceRow[]> {
  return lineRows(file, await wholeText(file));
}

/** The rows of NDJSON text. */
export function lineRows(file: string, text: string): SourceRow[] {
  return text.split('\n').flatMap((each, index) => {
    const line = index + 1;
    return each.trim() === ''
      ? []
      : [{ line, values: objectOf(file, line, jsonOf(file, line, each)) }];
  });
}

function jsonOf(file: string, line: number, text: string) {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = /line (\d+)/.exec(error.message)?.[1];
    throw new RowError(file, at === undefined ? line : line + Number(at) - 1, '', error.message);
  }
}

function objectOf(file: string, line: number, value: unknown): JsonObject {
  if (isObject(value)) return value;
  throw new RowError(file, line, '', 'the row is not a JSON object');
}

/** Line on which each element of the outermost array begins. The text is known to be valid JSON. */
function elementLines(text: string): number[] {
  const lines: number[] = [];
  let line = 1;
  let depth = 0;
  let expected = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\n') line += 1;
    else if (char === ' ' || char === '\r' || char === '\t') continue;
    else {
      if (expected && depth === 1 && char !== ']') lines.push(line);
      expected = false;
      if (char === '"') at = endOfString(text, at);
      else if (char === '[' || char === '{') {
        depth += 1;
        expected = depth === 1;
      } else if (char === ']' || char === '}') depth -= 1;
      else if (char === ',') expected = depth === 1;
    }
  }
  return lines;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

async function wholeText(file: string): Promise<string> {
  let text = '';
  for await (const part of textOf(file, createReadStream(file))) text += part;
  return text.replace(/^\uFEFF/, '');
}

/** Text of the file piece by piece. Bytes that are no text of its encoding are an error, not a question mark. */
export async function* textOf(
  file: string,
  bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  encoding = 'utf-8',
): AsyncGenerator<string> {
  const decoder = decoderOf(file, encoding);
  let line = 1;
  try {
    for await (const chunk of bytes) {
      const part = decoder.decode(chunk, { stream: true });
      line += part.split('\n').length - 1;
      yield part;
    }
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new RowError(file, line, '', `at or below this line are bytes that are not ${encoding}`);
  }
}

function decoderOf(file: string, encoding: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  } catch {
    throw new RowError(file, 1, '', `the encoding ${encoding} is not known`);
  }
}

type FileFormat = 'csv' | 'json' | 'ndjson';

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
  const head = (await firstText(file)).split('\n')[0] ?? '';
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
