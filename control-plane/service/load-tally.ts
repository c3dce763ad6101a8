/** What is wrong with a row of a file. */
export interface LoadFault {
  /** Its number, from 1. */
  readonly row: number;
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

export interface LoadReport {
  readonly inserted: number;
  readonly updated: number;
  /** Rows that were not written, and the first of their faults. */
  readonly skipped: number;
  readonly faults: readonly LoadFault[];
}

/** Faults told of at most. */
export const mostFaults = 100;

/** Rows read, those staged of them, and rows refused, before they were staged or after. */
export class Tally {
  read = 0;
  staged = 0;
  refused = 0;
  readonly faults: LoadFault[] = [];

  refuse(fault: LoadFault): void {
    this.refused++;
    if (this.faults.length < mostFaults) this.faults.push(fault);
  }

  report(done: { readonly inserted: number; readonly updated: number }): LoadReport {
    const faults = this.faults.toSorted((a, b) => a.row - b.row);
    return { ...done, skipped: this.refused, faults };
  }
}
