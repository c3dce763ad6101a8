import type { Json, JsonObject } from '../base/json.ts';
import type { ColumnType } from '../base/types.ts';
import type { Graph } from './graph.ts';
import type { ViewFacts } from './view.ts';

/** Which policy template guards the rows of a table. */
export type AccessMode = 'grants' | 'acl' | 'lists' | 'policy';

/** Features switched per table; each brings generated columns, triggers or policies. */
export interface Features {
  /** created_at, updated_at: server-owned times, timestamptz(3). */
  readonly timestamps: boolean;
  /** trashed_at, deleted_at: delete is a mark. */
  readonly softDelete: boolean;
  /** `_acl`: record access lists. */
  readonly acl: boolean;
  /** Changes of tracked columns go to the history. */
  readonly history: boolean;
}

export type TableStatus = 'pending' | 'active' | 'disabled';

/** A default: a literal of the column's type, or one of the served expressions. */
export type Default =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'now' }
  | { readonly kind: 'today' }
  /** `prefix`: a text column's value begins with it. */
  | { readonly kind: 'uuid'; readonly prefix?: string };

/** A user column. Flags are the rows of model/flags.ts. */
export interface Column {
  /** Stable uuid of the definition. Empty in a draft for a column not defined yet, as are its times: the engine gives them. */
  readonly id: string;
  readonly name: string;
  readonly type: ColumnType;
  readonly required: boolean;
  readonly default?: Default;
  readonly unique: boolean;
  readonly indexed: boolean;
  readonly searchable: boolean;
  readonly immutable: boolean;
  readonly sudo: boolean;
  readonly tracked: boolean;
  /** A time that every update sets anew unless the update sets it itself. */
  readonly touched?: boolean;
  /** Numbered by a sequence of its own; a value given wins and doesn't move the sequence. */
  readonly identity?: { readonly start: number; readonly increment: number };
  /** Value bound for numbers, length bound for text. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** POSIX regular expression, unanchored. */
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Facts only one dialect shows and the engine has no meaning for. */
  readonly extra?: JsonObject;
}

/** What a relationship adds to a foreign key. */
export interface Relationship {
  readonly type: 'owned' | 'referenced';
  readonly name?: string;
  /** Trashing the parent trashes these rows, and restoring it restores them. */
  readonly cascade: boolean;
  /** Live rows of this kind stop the deletion of the parent. */
  readonly required: boolean;
}

/** Columns whose values together are unique. */
export interface UniqueRule {
  /** Unique in the tenant. */
  readonly name: string;
  readonly columns: readonly string[];
}

/** What a table can offer to REST clients; SQL logins are not concerned. */
export const endpoints = ['read', 'list', 'create', 'update', 'delete'] as const;

export type Endpoint = (typeof endpoints)[number];

/** An index beyond those that follow from columns, key and unique rules: over columns, or one expression. */
export interface IndexRule {
  /** Unique in the tenant. */
  readonly name: string;
  readonly method: 'btree' | 'gin' | 'hash' | 'brin' | 'gist';
  readonly columns?: readonly IndexColumn[];
  /** Printed from a checked tree, as is `where`. */
  readonly expression?: string;
  readonly unique?: boolean;
  readonly where?: string;
  readonly comment?: string;
}

export interface IndexColumn {
  readonly name: string;
  readonly descending?: boolean;
  readonly operatorClass?: string;
}

/** Full text search over some columns, each with its weight, in one language. */
export interface SearchRule {
  readonly language: string;
  readonly fields: readonly { readonly column: string; readonly weight: 'A' | 'B' | 'C' | 'D' }[];
}

/** A reference of another table, given up while its target is deactivated. */
export interface SuspendedReference {
  /** Id of the table it belongs to. */
  readonly table: number;
  readonly reference: Reference;
}

export type ReferenceAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

/** A foreign key. */
export interface Reference {
  /** Constraint name, unique in the tenant. */
  readonly name: string;
  readonly columns: readonly string[];
  /** Logical target table, `app/name`. */
  readonly target: TableName;
  readonly targetColumns: readonly string[];
  readonly onDelete: ReferenceAction;
  readonly onUpdate: ReferenceAction;
  readonly relationship?: Relationship;
}

/** A table's logical name: unique within the app. */
export interface TableName {
  readonly app: string;
  readonly name: string;
}

/** Whether two names are of one table. */
export function sameName(a: TableName, b: TableName): boolean {
  return a.app === b.app && a.name === b.name;
}

/** What a definition says of a table, before the engine has given it identity. */
export interface TableDraft extends TableName {
  readonly datasource: string;
  readonly kind: 'table' | 'view';
  readonly provider: 'flat_table' | 'jsonb';
  readonly access: AccessMode;
  readonly status: TableStatus;
  readonly features: Features;
  readonly freeze: boolean;
  readonly sudo: boolean;
  /** User columns in order, key columns included. */
  readonly columns: readonly Column[];
  /** Primary key columns; empty for a table without key. */
  readonly key: readonly string[];
  readonly references: readonly Reference[];
  readonly uniques?: readonly UniqueRule[];
  /** Absent: all. */
  readonly endpoints?: readonly Endpoint[];
  /** Under which name REST clients address it; absent: its own. */
  readonly path?: string;
  /** Only, and always, for views. */
  readonly view?: ViewFacts;
  readonly description?: string;
  readonly extra?: JsonObject;
  readonly indexes?: readonly IndexRule[];
  readonly search?: SearchRule;
  readonly graph?: Graph;
  /** The source document of the definition, as its maker wrote it. */
  readonly document?: JsonObject;
  readonly policy?: JsonObject;
  /** Defined, no physical table yet. */
  readonly materialized?: false;
  /** Deactivated: absent from every dialect's and login's reach; the rows stay and the name stays taken. */
  readonly active?: false;
  /** With which parent it was deactivated, and comes back. */
  readonly deactivatedWith?: 'app' | 'datasource' | 'table';
  /** References of others given up when it was deactivated. */
  readonly suspended?: readonly SuspendedReference[];
}

/** A table of the catalog. */
export interface Table extends TableDraft {
  /** Tenant-wide integer id. */
  readonly id: number;
  readonly uuid: string;
  /** Postgres schema (`t_<slug>`) and relation name. */
  readonly schema: string;
  readonly physical: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The five record access lists and the authors. */
export const accessLists = ['read', 'edit', 'full', 'delete', 'deny', 'authors'] as const;

export type AccessList = (typeof accessLists)[number];

/** Physical columns the engine adds, by feature. User columns of these names are refused where the feature is on. */
export const systemColumns = {
  timestamps: ['created_at', 'updated_at'],
  softDelete: ['trashed_at', 'deleted_at'],
  acl: ['_acl'],
  always: ['_xact'],
} as const;
