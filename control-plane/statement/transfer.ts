import type { TableName } from '../model/table.ts';
import type { Read } from './statement.ts';

/** How a file spells the values of a column. */
export interface Spelling {
  readonly name: string;
  /** Of true and false, in text. */
  readonly booleans?: { readonly yes: readonly string[]; readonly no: readonly string[] };
  readonly decimalChar?: string;
  readonly groupChar?: string;
  /** `false`: signs and letters around a number don't count. */
  readonly bareNumber?: boolean;
  /** How a date or time is written, in strptime's letters. */
  readonly pattern?: string;
  /** Texts that stand for no value; absent: the empty one in files of text, none in others. */
  readonly missing?: readonly string[];
  /** What stands between the members of a list. */
  readonly list?: string;
  /** Numbers, true and false stand for their own texts in a column of text. */
  readonly mixed?: true;
}

/** Which columns a file must have: all in order, all, all and maybe others, some and no others, at least one. */
export const fieldsMatches = ['exact', 'equal', 'subset', 'superset', 'partial'] as const;

export type FieldsMatch = (typeof fieldsMatches)[number];

/** What a file of rows may be. */
export const fileFormats = ['csv', 'json', 'ndjson'] as const;

export type FileFormat = (typeof fileFormats)[number];

/** Rows of a file into a table, staged and then written under the caller's policy. */
export interface Import {
  readonly table: TableName;
  readonly content: Uint8Array;
  readonly format: FileFormat;
  readonly delimiter?: string;
  readonly spellings: readonly Spelling[];
  readonly fieldsMatch: FieldsMatch;
  /** Columns whose values tell which rows are there already: these are changed. Absent: all rows are new. */
  readonly by?: readonly string[];
  /** Rows that can't be written are left out; else the first ends it all. */
  readonly skip: boolean;
  readonly dryRun: boolean;
  /** Rows at most. */
  readonly most: number;
}

export interface ImportReport {
  readonly inserted: number;
  readonly updated: number;
  /** Rows not written. */
  readonly skipped: number;
  /** The first of what is wrong, by row from 1. */
  readonly faults: readonly {
    readonly row: number;
    readonly field: string;
    readonly code: string;
    readonly message: string;
  }[];
}

/** The rows of a read without limit, page by page as of one moment, as a file. */
export interface Export {
  readonly read: Omit<Read, 'limit' | 'offset' | 'total' | 'more'>;
  /** `names`: the keys of a row, in the order of their cells. */
  readonly format:
    | { readonly kind: 'csv'; readonly names: readonly string[]; readonly delimiter: string }
    | { readonly kind: 'ndjson' }
    /** An array of rows between two texts. */
    | { readonly kind: 'json'; readonly before: string; readonly after: string };
}
