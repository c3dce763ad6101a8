import type { Bench } from './environment.ts';
import type { ResultTable } from './table.ts';

/** What a scenario found: tables of ratios, goals with whether they were met, and what a reader must know. */
export interface Report {
  readonly tables: readonly ResultTable[];
  readonly goals?: readonly { readonly text: string; readonly met: boolean }[];
  readonly notes?: readonly string[];
  /** SVG pictures by file name, for bench/results. */
  readonly charts?: Readonly<Record<string, string>>;
}

export type Scenario = (bench: Bench) => Promise<Report>;
