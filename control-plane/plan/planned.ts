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
}
