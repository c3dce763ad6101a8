import type { Caller } from './call.ts';
import type { Progress } from './load-table.ts';

/** What to load, for whom, and who is told. */
export interface ImportOptions {
  readonly tenant: string;
  readonly app: string;
  readonly files: readonly string[];
  readonly caller: Caller;
  readonly onProgress?: (progress: Progress) => void;
  /** Told what became of each file or resource as soon as that is settled. */
  readonly onOutcome: (outcome: ImportOutcome) => void;
  /** Told in words of things a user should know: a foreign key left out. */
  readonly notice?: (text: string) => void;
}

/** What became of one file, or of one resource of a data package. */
export type ImportOutcome =
  | {
      readonly kind: 'loaded';
      readonly name: string;
      readonly rows: number;
      readonly created: boolean;
    }
  | { readonly kind: 'refused'; readonly name: string; readonly reason: string }
  | { readonly kind: 'no_table'; readonly name: string; readonly reason: string };
