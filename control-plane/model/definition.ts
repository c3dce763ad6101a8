import type { TableDraft, TableName } from './table.ts';

/** A change of the model: one transaction with its DDL, recorded as one schema operation. */
export type Definition =
  | {
      readonly kind: 'create_table';
      readonly table: TableDraft /** Retire a table of this name first. */;
      readonly replace?: boolean;
    }
  /** Made by the first row meant for it: no change where a table of the name exists. Refused beyond `most` tables of its datasource. */
  | { readonly kind: 'ensure_table'; readonly table: TableDraft; readonly most: number }
  | { readonly kind: 'change_table'; readonly from: TableName; readonly to: TableDraft }
  | {
      readonly kind: 'drop_table';
      readonly table: TableName /** Keep the rows aside for the operator. */;
      readonly retain: boolean;
    };
