import type { Fault } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { AccessList, TableName } from '../model/table.ts';
import type { AggregateCall, GroupCondition, GroupKey, GroupOrder } from './aggregate.ts';
import type { Format, Output } from './output.ts';
import type { Field, Hop, Predicate } from './predicate.ts';
import type { Path, Traverse } from './traverse.ts';

/** Which rows of a soft-deleting table take part: live ones; also trashed; also permanently deleted (needs sudo). */
export type Show = 'live' | 'trashed' | 'deleted';

/** What a transaction means to do with rows: the row policies and triggers read it from the session. Reads are for `edit` unless for an aggregate or an export. */
export type Intent = 'edit' | 'delete' | 'share' | 'aggregate' | 'export';

export interface Order {
  readonly field: Field;
  /** Forward hops to the row whose field it is; nothing is there where the caller may not see that row. */
  readonly via?: readonly Hop[];
  readonly descending: boolean;
  /** Absent: as Postgres places them (last ascending, first descending). */
  readonly nulls?: 'first' | 'last';
  /**
   * How values of any type stand in the order: what is a number, or a string holding one; the text of any scalar by code points (times
   * by time); the time of an RFC 3339 or day string; no order at all. What doesn't fit counts as missing.
   */
  readonly sort?: 'number' | 'text' | 'time' | 'random';
}

/**
 * Rows of one table. The primary key is always appended to the order. In an order by rank no more than about 30,000 matches are ranked:
 * of more, some that many.
 */
export interface Read {
  readonly kind: 'read';
  readonly table: TableName;
  /** The rows leave as a whole: policies can tell that from other reading. */
  readonly purpose?: 'export';
  readonly where?: Predicate;
  readonly output: Output;
  readonly order?: readonly Order[];
  readonly limit?: number;
  readonly offset?: number;
  /** Key of the row behind which the page begins, in the given order (keyset); not visible → invalid_cursor. */
  readonly after?: string;
  /** Values of the first terms of the order, behind which the page begins; one more than the order has is the key. */
  readonly behind?: readonly Json[];
  /** Also answer with the `behind` of the next page, when the limit left matches over. */
  readonly cursor?: boolean;
  /** Also count all matches, ignoring limit, offset and after. */
  readonly total?: boolean;
  /** Also tell whether matches follow the page: `matched` is then 1, else 0. Needs a limit. */
  readonly more?: boolean;
  readonly show: Show;
  /** Refuse with limit_required when more rows than this match and no limit was given. Never cut silently. */
  readonly cap: number;
  /** Refuse with row_not_found when no row comes, naming the key if there is one (reads by key, and "the first match or nothing"). */
  readonly require?: { readonly key?: string };
}

/** New rows, in order, all or none, in one statement. */
export interface Insert {
  readonly kind: 'insert';
  readonly table: TableName;
  readonly rows: readonly NewRow[];
  readonly output: Output;
}

/**
 * New rows, or changes of those that have their key already: all or none, in one statement, without a read before. Named columns and
 * lists replace; `unnamed` ones of a row that is there stay, or fall back to their default. A row there that the caller may not see or
 * change is forbidden; one row named twice is row_repeated.
 */
export interface Upsert {
  readonly kind: 'upsert';
  readonly table: TableName;
  readonly rows: readonly NewRow[];
  /**
   * The unique columns by which rows are there already; absent: the key. A row that doesn't name them all, or with NULL in one, is new.
   * The key of a row that is there stays. In mode lists only the key, which each row names.
   */
  readonly by?: readonly string[];
  readonly unnamed: 'keep' | 'default';
  readonly output: Output;
}

/** Which of some tables holds a row of this key; the first that does, as `{"table": name}`. Tables in access mode lists only. */
export interface Locate {
  readonly kind: 'locate';
  readonly tables: readonly TableName[];
  readonly key: string;
}

export interface NewRow {
  readonly values: JsonObject;
  readonly access?: AccessLists;
  /** What the dialect could not put into this form: a row that has any is refused, together with whatever else is wrong with it. */
  readonly faults?: readonly Omit<Fault, 'row'>[];
}

export type AccessLists = { readonly [list in AccessList]?: readonly string[] };

/**
 * Rows meant by their keys (all must be found, live and permitted, or nothing happens), or by a predicate (others are skipped).
 * Keys are text as the caller wrote it: one that is no value of the key's type is a missing row, named with the others.
 * Rows by keys answer in the order of the keys.
 */
export type Target =
  | { readonly by: 'keys'; readonly keys: readonly string[] }
  | {
      readonly by: 'where';
      readonly where: Predicate /** A visible match the caller may not change refuses all. */;
      readonly strict?: boolean;
      /** Also rows the caller may change but not read; of those only conditions on the key hold. Access mode lists. */
      readonly unread?: boolean;
      /** Refuse with limit_required when more rows than this would be changed: for replies that carry them all. */
      readonly cap?: number;
    };

/** Changes named columns only. By keys: one change set per key, in order. */
export interface Update {
  readonly kind: 'update';
  readonly table: TableName;
  readonly target: Target;
  /** By keys: as many as keys. By where: exactly one. Without values or lists a change only checks that it would be allowed. */
  readonly changes: readonly NewRow[];
  /** What becomes of columns that a change doesn't name: they stay (absent), or fall back to their default; the key, numbers and protected columns stay. */
  readonly unnamed?: 'default';
  /** JSON columns whose objects are merged with the stored ones, key by key at every depth; a null removes its key. */
  readonly merge?: readonly string[];
  /** By keys: a key that is named twice, in whatever spelling, is row_repeated. Absent: its changes are one, the later before the earlier. */
  readonly once?: true;
  /**
   * What the caller sent for columns that only the server sets, one object per change: a value equal to the stored one has no effect,
   * another one is system_column naming the column. Checked once the rows are found and permitted.
   */
  readonly expect?: readonly JsonObject[];
  readonly output: Output;
  readonly show: Show;
}

/** Deletes: a mark where soft_delete is on (`permanent` marks for good; needs root), physical elsewhere. */
export interface Delete {
  readonly kind: 'delete';
  readonly table: TableName;
  readonly target: Target;
  readonly permanent: boolean;
  readonly output: Output;
}

/** Takes trashed rows back. By keys: a live row is row_not_found. */
export interface Restore {
  readonly kind: 'restore';
  readonly table: TableName;
  readonly target: Target;
  readonly output: Output;
}

/** Changes record access lists; checks the managing right, reaches rows hidden from the caller where that right says so. */
export interface Share {
  readonly kind: 'share';
  readonly table: TableName;
  readonly target: Target;
  /** merge: add members. replace: named lists replace, unnamed become empty. patch: add/remove members. set: named lists replace, others stay. */
  readonly change:
    | { readonly mode: 'merge' | 'replace' | 'set'; readonly lists: AccessLists }
    | { readonly mode: 'patch'; readonly add: AccessLists; readonly remove: AccessLists };
  readonly output: Output;
}

/** Groups of the visible rows and what is made of each; without `groupBy` one row. Every output has a name of its own. */
export interface Aggregate {
  readonly kind: 'aggregate';
  readonly table: TableName;
  readonly where?: Predicate;
  readonly groupBy: readonly (GroupKey & { readonly as: string })[];
  readonly functions: readonly (AggregateCall & { readonly as: string })[];
  /** All of them hold of a group that is shown. */
  readonly having?: readonly GroupCondition[];
  /** The keys of the groups are always appended. */
  readonly order?: readonly GroupOrder[];
  readonly limit?: number;
  readonly offset?: number;
  /** Also count all groups, ignoring limit and offset. */
  readonly total?: boolean;
  readonly format: Format;
  readonly show: Show;
  /** Refuse with limit_required when there are more groups than this and no limit was given; so many values are listed of one group at most. */
  readonly cap: number;
}

/**
 * Change history of a row (or of all), newest first; readable by whoever may read the row, and in access mode policy by administrators of
 * the app once it is gone. Rows hold, in this order, `change_id` (number), `row_key`,
 * `operation`, `changes`, `created_by`, `created_at` (UTC with milliseconds), `request_id`, `metadata`; as versions:
 * `record_id`, `version` (from 1 in each record), `event_type` (CREATE, UPDATE, DELETE), `previous_data` (null, or the old values of what
 * changed), `changed_fields`, `created_by`, `created_at`, and the result has a total.
 */
export interface History {
  readonly kind: 'history';
  readonly table: TableName;
  readonly key?: string;
  readonly form?: 'versions';
  readonly change?: number;
  readonly limit?: number;
  readonly offset?: number;
  readonly show: Show;
  /** As in a read. */
  readonly cap?: number;
}

/** Adds or removes rows of a link table between a row and far rows (many-to-many). */
export interface Link {
  readonly kind: 'link' | 'unlink';
  /** From the near row: reverse hop into the link table, forward hop to the far table. */
  readonly near: TableName;
  readonly nearKey: string;
  readonly hops: readonly [Hop, Hop];
  /** Absent in unlink: all. */
  readonly farKeys?: readonly string[];
  readonly output: Output;
}

/** Only the check that the row exists for the caller and is live (or shown). */
export interface Require {
  readonly kind: 'require';
  readonly table: TableName;
  readonly keys: readonly string[];
  readonly show: Show;
  /** A trashed row is row_trashed. */
  readonly live: boolean;
}

/** What the policies of an app say of resources: rows of its tables by key or by given values, or things kept elsewhere. Rows: one list of truths a question, in the order of its actions. */
export interface Decide {
  readonly kind: 'decide';
  readonly app: string;
  readonly questions: readonly {
    /** `datatable:<table>`, or a kind of something else. */
    readonly resource: string;
    readonly id: string;
    /** In place of those of the row. */
    readonly attributes?: JsonObject;
    readonly actions: readonly string[];
  }[];
  /** Whom it is about; absent: who asks. Others than administrators of the app are refused. */
  readonly subject?: {
    readonly id: string;
    readonly roles: readonly string[];
    readonly attributes: JsonObject;
  };
}

/** What is wrong with rows, were they new: nothing is written. One object a fault: `row` (numbered from `first`), `field`, `code`, `message`. */
export interface Check {
  readonly kind: 'check';
  readonly table: TableName;
  readonly rows: readonly NewRow[];
  readonly first: number;
}

export type Statement =
  | Decide
  | Read
  | Insert
  | Upsert
  | Locate
  | Update
  | Delete
  | Restore
  | Share
  | Aggregate
  | History
  | Link
  | Traverse
  | Path
  | Check
  | Require;

/** What a statement answered. `rows` is the JSON text of an array, built in Postgres and never parsed on the way. */
export interface Result {
  readonly rows: string;
  readonly count: number;
  /** Present when asked for. */
  readonly total?: number;
  /** Writes by predicate: visible live matches, and those of them changed. Reads: see {@link Read.more}. */
  readonly matched?: number;
  readonly changed?: number;
  /** JSON text of {@link Read.cursor}. */
  readonly cursor?: string;
}
