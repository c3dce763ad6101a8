import type { Connection } from '../catalog/connection.ts';
import type { Operation } from '../catalog/store.ts';
import type { Evolution } from '../compile/prepared.ts';
import type { Step } from '../compile/step.ts';
import type { Catalog, NamedValues } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';

/** A definition worked out against a catalog: what to run and what to store. */
export interface Change {
  readonly before: Catalog;
  readonly after: Catalog;
  readonly steps: readonly Step[];
  readonly removed?: { readonly table: Table; readonly retain: boolean };
  /** The table or view made or changed. */
  readonly table?: Table;
  /** Further tables made or changed. */
  readonly tables?: readonly Table[];
  /** The edge table made or changed with its node table. */
  readonly edges?: Table;
  /** Views that went with what was dropped, and the edge table that went with its node table. */
  readonly gone?: readonly Table[];
  readonly enums?: readonly NamedValues[];
  readonly role?: RoleChange;
  /** What else is to be stored, besides tables. */
  readonly rows?: (connection: Connection, tenantId: number, by: string) => Promise<void>;
  /** Once the steps have run: what is to be stored, with what only the database could tell. */
  readonly finish?: (connection: Connection) => Promise<Table>;
  readonly operation: Omit<Operation, 'principal' | 'requestId'>;
  /** Changes of tables that have rows: what is to be made ahead where they have many. */
  readonly evolution?: Evolution;
  /** The operation that this one takes back. */
  readonly takesBack?: string;
  readonly lastRelation: number;
}

/** A role made, or who holds it changed. */
export type RoleChange =
  | { readonly kind: 'create'; readonly name: string; readonly description: string }
  | {
      readonly kind: 'grant' | 'revoke';
      readonly name: string;
      readonly sub: string;
    };
