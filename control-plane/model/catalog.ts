import type { Table, TableName } from './table.ts';

/** A tenant's definitions at one version. Immutable; a definition makes the next version. */
export interface Catalog {
  readonly tenant: string;
  /** Postgres schema and role of the tenant: `t_<slug>`. */
  readonly schema: string;
  readonly version: number;
  readonly tables: readonly Table[];
}

/** The table of this app and name, or undefined. */
export function findTable(catalog: Catalog, name: TableName): Table | undefined {
  return catalog.tables.find((table) => table.app === name.app && table.name === name.name);
}
