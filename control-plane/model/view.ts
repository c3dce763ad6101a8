/** What makes a view: its checked query and who may read it. */
export interface ViewFacts {
  /** One SELECT over relations of the tenant, as printed from the checked tree. */
  readonly query: string;
  /** Roles that a reader must hold, all of them. */
  readonly rules: readonly string[];
  /** Rows are stored, and change when it is refreshed. */
  readonly materialized: boolean;
  /** The query may leave rows out, so nothing of a reader's may be computed before it. Absent: it may. */
  readonly narrows?: boolean;
  /** Ids of the relations it reads, directly. */
  readonly reads: readonly number[];
  /** The definition as its maker wrote it, by the words of the dialect it was made in. */
  readonly source: Readonly<Record<string, string>>;
}
