import type { ErrorKind } from '../base/errors.ts';
import type { Query } from '../base/sql.ts';
import type { BaseType } from '../base/types.ts';
import type { Table } from '../model/table.ts';
import type { Intent, Show } from '../statement/statement.ts';

/** A condition whose operand only Postgres can judge: when a statement fails on a value, these are the suspects. */
export interface Suspect {
  /** The condition as the caller wrote it. */
  readonly field: string;
  readonly value: string;
  readonly test: 'pattern' | 'zone' | BaseType;
}

/** What is known of how much of a table the caller sees, which decides the way to a page of it. Only ever a matter of speed. */
export interface Sight {
  /** Of a page that ends at about this row. Undefined: not known. Postgres is asked along with the page, and says so in the answer. */
  readonly seesLittle: (table: Table, page: number) => boolean | undefined;
  readonly learn: (table: Table, page: number, little: boolean) => void;
}

/** A statement resolved against a catalog. The text depends on its shape only; every value is bound. */
export interface Planned {
  /** Answers with exactly one row, that of answer-row.ts. */
  readonly query: Query;
  /** What the session must show and intend for it. */
  readonly show: Show;
  readonly intent: Intent;
  readonly readOnly: boolean;
  /** The table written or read. */
  readonly table: Table;
  readonly suspects: readonly Suspect[];
  /** What a value that doesn't fit means: row_not_found where it can only be a key. */
  readonly misfit?: ErrorKind;
  /** The page for which the answer tells, behind the cursor, whether the caller sees little of the table. */
  readonly asksSight?: number;
}
