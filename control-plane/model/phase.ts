/** Locks on tables, weakest first, as Postgres names them. */
export type Lock =
  | 'ROW EXCLUSIVE'
  | 'SHARE UPDATE EXCLUSIVE'
  | 'SHARE ROW EXCLUSIVE'
  | 'ACCESS EXCLUSIVE';

/** A part of a change that ends before the next begins; the table stays in use between them and, but for moments, during them. */
export interface Phase {
  /**
   * transaction: all statements in one. concurrent: one statement that can't be in any. fill: one UPDATE, run again and again over the
   * blocks of the table, `$1` to `$2`, each time in a transaction.
   */
  readonly kind: 'transaction' | 'concurrent' | 'fill';
  readonly description: string;
  readonly statements: readonly string[];
  readonly lock: Lock;
  /** Takes it back, whether it was done, half done or never begun. */
  readonly undo: readonly string[];
  /** Query of one boolean: it was done and still stands. */
  readonly proof?: string;
  /** Of a fill: the table, quoted. */
  readonly table?: string;
  /** As in a step. */
  readonly field?: string;
  readonly conflicts?: readonly string[];
  readonly misfits?: string;
  readonly hopeless?: string;
}
