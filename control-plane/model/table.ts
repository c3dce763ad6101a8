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
  /**
   * In place of a trash, a declared boolean column: a row where it is true counts as deleted. DELETE sets it, an update may; such rows are
   * hidden like those in a trash. Never together with softDelete.
   */
  readonly mark?: string;
  /** `_acl`: record access lists. */
  readonly acl: boolean;
  /** Changes of tracked columns go to the history. */
  readonly history: boolean;
}

export const tableStatuses = ['pending', 'active', 'disabled'] as const;

export type TableStatus = (typeof tableStatuses)[number];

/** How the rows of a table are kept: in columns of their own, or in one document. */
export const providers = ['flat_table', 'jsonb'] as const;

export type Provider = (typeof providers)[number];

/** A default: a literal of the column's type, or one of the served expressions. */
export type Default =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'now' }
  | { readonly kind: 'today' }
  /** `prefix`: a text column's value begins with it. */
  | { readonly kind: 'uuid'; readonly prefix?: string }
  /** A random uuid (version 4) of Postgres' own. */
  | { readonly kind: 'random_uuid' };

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
  /** Numbered by a sequence of its own; a value given wins. `follows`: and moves the sequence beyond itself. */
  readonly identity?: {
    readonly start: number;
    readonly increment: number;
    readonly follows?: true;
  };
  /** Value bounds, as numbers or as texts of the column's type; a number bounds the length of text. */
  readonly minimum?: number | string;
  readonly maximum?: number | string;
  readonly exclusiveMinimum?: number | string;
  readonly exclusiveMaximum?: number | string;
  /** How many characters a text, or members an array, has. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** POSIX regular expression, unanchored unless `whole`. */
  readonly pattern?: string;
  /** The pattern speaks of the whole value. */
  readonly whole?: true;
  /** Values allowed; of an array, of each member. */
  readonly enum?: readonly string[];
  /** Values allowed, whatever the type; an array is one value. */
  readonly oneOf?: readonly Json[];
  /** What values of the type must look like besides. */
  readonly format?: ValueFormat;
  readonly description?: string;
  /** Its key in the table's holder, in which it lies instead of being a column of Postgres. */
  readonly held?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Facts only one dialect shows and the engine has no meaning for. */
  readonly extra?: JsonObject;
}

/** Forms of values that a type alone doesn't tell: a named check each (model/formats.ts). */
export type ValueFormat =
  | 'email'
  | 'uri'
  | 'base64'
  | 'year_month'
  | 'lon_lat'
  | 'json_object'
  | 'json_array';

export const relationshipTypes = ['owned', 'referenced'] as const;

export type RelationshipType = (typeof relationshipTypes)[number];

/** What a relationship adds to a foreign key. */
export interface Relationship {
  readonly type: RelationshipType;
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

/** An index that a definition asks for: over columns, or over one expression. */
export interface IndexRule {
  /** Its name in Postgres, unique in the tenant. */
  readonly name: string;
  readonly method: 'btree' | 'hash' | 'gin' | 'gist' | 'brin';
  readonly columns?: readonly IndexColumn[];
  /** SQL over this table's columns: as sent in a draft, as printed from its checked tree in a table. */
  readonly expression?: string;
  /** Of the expression. */
  readonly operatorClass?: OperatorClass;
  readonly unique?: true;
  /** Condition of a partial index: as the expression. */
  readonly where?: string;
  readonly comment?: string;
}

export interface IndexColumn {
  readonly name: string;
  readonly descending?: true;
  readonly operatorClass?: OperatorClass;
}

/** Operator classes that an index may name, by method; others are Postgres' defaults. */
export const operatorClasses = {
  btree: ['text_pattern_ops', 'varchar_pattern_ops'],
  hash: [],
  gin: ['jsonb_ops', 'jsonb_path_ops', 'array_ops', 'tsvector_ops', 'gin_trgm_ops'],
  gist: ['range_ops', 'multirange_ops', 'point_ops', 'gist_trgm_ops'],
  brin: [
    'date_minmax_multi_ops',
    'timestamptz_minmax_multi_ops',
    'int4_minmax_multi_ops',
    'int8_minmax_multi_ops',
    'numeric_minmax_multi_ops',
  ],
} as const satisfies Record<IndexRule['method'], readonly string[]>;

export type OperatorClass = (typeof operatorClasses)[IndexRule['method']][number];

/** The text columns of a table's search vector and how much their words weigh. */
export interface SearchRule {
  /** A text search configuration of Postgres. */
  readonly language: string;
  readonly fields: readonly {
    readonly column: string;
    readonly weight: 'A' | 'B' | 'C' | 'D';
  }[];
}

/** What a table can offer to REST clients; SQL logins are not concerned. */
export const endpoints = ['read', 'list', 'create', 'update', 'delete'] as const;

export type Endpoint = (typeof endpoints)[number];

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

/** Whether some stored rows of the table are hidden as deleted ones. */
export function hidesDeleted({ features }: Pick<TableDraft, 'features'>): boolean {
  return features.softDelete || features.mark !== undefined;
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
  readonly provider: Provider;
  readonly access: AccessMode;
  readonly status: TableStatus;
  readonly features: Features;
  readonly freeze: boolean;
  readonly sudo: boolean;
  /** The jsonb column, none of `columns`, that holds the columns marked `held` and whatever else a row is sent. */
  readonly holder?: string;
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

/** Disabled or deactivated: no role has any privilege on it. */
export function isClosed(table: Pick<Table, 'status' | 'active'>): boolean {
  return table.status === 'disabled' || table.active === false;
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
