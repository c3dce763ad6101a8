/** How a CSV is written (RFC 4180 with what the CSV Dialect of Frictionless lets differ). */
export interface CsvForm {
  readonly delimiter: string;
  readonly quote: string;
  /** A line that begins so is no row. */
  readonly comment?: string;
  /** Blanks before a cell don't count. */
  readonly trimmed: boolean;
}

/** One record and the line on which it begins, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A text that is no CSV. */
export class CsvFault extends Error {
  readonly line: number;

  constructor(line: number) {
    super('a quotation mark is not closed, or stands where none may');
    this.name = 'CsvFault';
    this.line = line;
  }
}

const lineFeed = 10;
const carriageReturn = 13;
const blank = 32;

/**
 * Takes a CSV text piece by piece. Lines end in LF, CRLF or CR, also mixed; empty ones are skipped. A record of which the end has not come
 * yet is read again when there is twice as much of it, so that a cell of any length costs time in proportion.
 */
export class CsvReader {
  readonly #form: CsvForm;
  readonly #delimiter: number;
  readonly #quote: number;
  #text = '';
  #waiting = 0;
  #line = 1;
  /** Where the record being read goes on, and how many lines have ended in it. */
  #at = 0;
  #ended = 0;

  constructor(form: CsvForm) {
    this.#form = form;
    this.#delimiter = form.delimiter.charCodeAt(0);
    this.#quote = form.quote.charCodeAt(0);
  }

  /** The records that end in this piece. @throws CsvFault */
  *take(piece: string): Generator<CsvRecord> {
    this.#text += piece;
    if (this.#text.length >= this.#waiting) yield* this.#records(false);
  }

  /** What is left after the last piece. @throws CsvFault */
  *end(): Generator<CsvRecord> {
    yield* this.#records(true);
  }

  *#records(last: boolean): Generator<CsvRecord> {
    const text = this.#text;
    let start = 0;
    while (start < text.length) {
      const line = this.#line;
      this.#at = start;
      this.#ended = 0;
      const cells = this.#record(text, last);
      if (cells === undefined) break;
      start = this.#at;
      this.#line += this.#ended;
      if (cells.length > 0) yield { line, cells };
    }
    this.#text = text.slice(start);
    this.#waiting = 2 * this.#text.length;
  }

  /** The cells of the record that begins here, none of a line to skip; undefined when its end is not there. */
  #record(text: string, last: boolean): string[] | undefined {
    const { comment } = this.#form;
    if (comment !== undefined && text.startsWith(comment, this.#at)) {
      const end = text.slice(this.#at).search(/[\r\n]/);
      this.#at = end === -1 ? text.length : this.#at + end;
      if (end === -1 && !last) return undefined;
      return this.#endOfLine(text, last) === undefined ? undefined : [];
    }
    const start = this.#at;
    const cells: string[] = [];
    for (;;) {
      if (this.#form.trimmed) while (text.charCodeAt(this.#at) === blank) this.#at++;
      const quoted = text.charCodeAt(this.#at) === this.#quote;
      const cell = quoted ? this.#quoted(text, last) : this.#bare(text);
      if (cell === undefined) return undefined;
      cells.push(cell);
      if (this.#at < text.length && text.charCodeAt(this.#at) === this.#delimiter) {
        this.#at++;
        continue;
      }
      const empty = this.#at === start;
      if (this.#endOfLine(text, last) === undefined) return undefined;
      return empty ? [] : cells;
    }
  }

  #bare(text: string): string {
    const start = this.#at;
    let at = start;
    for (; at < text.length; at++) {
      const char = text.charCodeAt(at);
      if (char === this.#delimiter || char === lineFeed || char === carriageReturn) break;
      if (char === this.#quote) throw new CsvFault(this.#line + this.#ended);
    }
    this.#at = at;
    return text.slice(start, at);
  }

  #quoted(text: string, last: boolean): string | undefined {
    const { quote } = this.#form;
    let cell = '';
    let from = this.#at + 1;
    for (;;) {
      const end = text.indexOf(quote, from);
      // Where the text ends, another quotation mark may follow.
      if (end === -1 || (end === text.length - 1 && !last)) {
        if (last) throw new CsvFault(this.#line);
        return undefined;
      }
      cell += text.slice(from, end);
      from = end + 1;
      if (text.charCodeAt(from) !== this.#quote) break;
      cell += quote;
      from++;
    }
    this.#at = from;
    this.#ended += linesIn(cell);
    const next = from < text.length ? text.charCodeAt(from) : lineFeed;
    if (next !== this.#delimiter && next !== lineFeed && next !== carriageReturn) {
      throw new CsvFault(this.#line + this.#ended);
    }
    return cell;
  }

  /** Passes the end of a line; undefined when it may not be all there. */
  #endOfLine(text: string, last: boolean): true | undefined {
    if (this.#at >= text.length) return last ? true : undefined;
    const isReturn = text.charCodeAt(this.#at) === carriageReturn;
    if (isReturn && this.#at === text.length - 1 && !last) return undefined;
    this.#at += isReturn && text.charCodeAt(this.#at + 1) === lineFeed ? 2 : 1;
    this.#ended++;
    return true;
  }
}

function linesIn(cell: string): number {
  return cell.includes('\n') || cell.includes('\r') ? cell.split(/\r\n|\n|\r/).length - 1 : 0;
}
