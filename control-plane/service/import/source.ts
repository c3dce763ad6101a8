import type { Json } from '../../base/json.ts';
import type { ColumnType } from '../../base/types.ts';
import type { Column } from '../../model/table.ts';
import type { Spelling } from '../../statement/transfer.ts';

/** One row of a file, not yet fitted to a table. */
export interface SourceRow {
  /** Line of the file on which the row begins, from 1. */
  readonly line: number;
  readonly values: Readonly<Record<string, Json>>;
  /** Why it is no row at all. */
  readonly fault?: string;
}

/** What a file or its package says of a column. */
export interface SourceField extends Spelling {
  /** Absent: inferred from the values. */
  readonly type?: ColumnType;
  readonly rules?: Partial<Omit<Column, 'id' | 'name' | 'type'>>;
}

/** A foreign key as a package states it. */
export interface SourceReference {
  readonly fields: readonly string[];
  /** Resource name; empty: the resource itself. */
  readonly resource: string;
  readonly targetFields: readonly string[];
}

/** The rows meant for one table. */
export interface Source {
  /** Name of the table. */
  readonly name: string;
  /** As the user named it, for messages. */
  readonly file: string;
  readonly description?: string;
  /** Absent: whatever keys the rows have, in order of appearance. */
  readonly fields?: readonly SourceField[];
  readonly key?: readonly string[];
  readonly references?: readonly SourceReference[];
  /** Cells are text (CSV): types are to be read from their spelling. */
  readonly textual: boolean;
  readonly rows: readonly SourceRow[];
}

/** A row that can't be imported: where, and why. */
export class RowError extends Error {
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly reason: string;

  constructor(file: string, line: number, field: string, reason: string) {
    super(`${file}, line ${line}${field === '' ? '' : `, field ${field}`}: ${reason}`);
    this.name = 'RowError';
    this.file = file;
    this.line = line;
    this.field = field;
    this.reason = reason;
  }
}
