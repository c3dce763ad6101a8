import type { AppDefinition } from './app-definition.ts';
import type { NamedValues } from './catalog.ts';
import type { TableDraft, TableName } from './table.ts';

/**
 * What of stored rows a change may cost. False, or absent: nothing. `dropped`: what is dropped or replaced goes, values that stay are
 * never rounded or cut. True: those too.
 */
export type DataLoss = boolean | 'dropped';

/** A change of the model: one transaction with its DDL, recorded as one schema operation. */
export type Definition =
  | {
      readonly kind: 'create_table';
      readonly table: TableDraft;
      /** Retire a table of this name first. */
      readonly replace?: boolean;
      /** Enumerated types that its columns use and the tenant has not got yet. */
      readonly enums?: readonly NamedValues[];
    }
  /** Made by the first row meant for it: no change where a table of the name exists. Refused beyond `most` tables of its datasource. */
  | { readonly kind: 'ensure_table'; readonly table: TableDraft; readonly most: number }
  | {
      readonly kind: 'change_table';
      readonly from: TableName;
      /** Columns are known by id, where they have one: a new name under an old id is a rename. */
      readonly to: TableDraft;
      readonly allowDataLoss?: DataLoss;
      /** Changes nothing: the outcome says what would be done. */
      readonly dryRun?: boolean;
    }
  /** Takes a change of a table back, by its uuid; conflict when that was done before or when later changes stand on it. */
  | { readonly kind: 'rollback_operation'; readonly table: TableName; readonly operation: string }
  /**
   * Several tables of one app at once, all or none: those that are there change, the others are made, whatever order they refer to one
   * another in. What loses stored values is refused unless allowed. `dryRun`: tried and undone.
   */
  | {
      readonly kind: 'define_tables';
      readonly app: string;
      readonly tables: readonly TableDraft[];
      readonly allowDataLoss?: boolean;
      readonly dryRun?: boolean;
    }
  | {
      readonly kind: 'drop_table';
      readonly table: TableName;
      /** Keep the rows aside for the operator. */
      readonly retain: boolean;
      /** What becomes of references and views of others: refuse while there are any, or drop them too. Absent: references go. */
      readonly dependents?: 'refuse' | 'drop';
    }
  | { readonly kind: 'create_role'; readonly name: string; readonly description: string }
  | {
      readonly kind: 'grant_role' | 'revoke_role';
      readonly name: string;
      readonly sub: string;
    }
  | { readonly kind: 'create_view'; readonly view: TableDraft }
  | { readonly kind: 'change_view'; readonly from: TableName; readonly to: TableDraft }
  | { readonly kind: 'drop_view' | 'refresh_view'; readonly view: TableName }
  | AppDefinition;

/** Definitions carried out one after the other in one transaction, all or none; each sees what those before it made. */
export interface Series {
  readonly kind: 'series';
  readonly definitions: readonly Definition[];
}
