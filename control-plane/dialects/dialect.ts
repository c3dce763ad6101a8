import type { ServiceError } from '../base/errors.ts';
import type { RepeatedKeys } from '../base/gather-json.ts';
import type { Json } from '../base/json.ts';
import type { AccountCommand, AccountResult } from '../model/account.ts';
import type { AppMeasures } from '../model/app.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Definition, Series } from '../model/definition.ts';
import type { SchemaOperation } from '../model/operation.ts';
import type { Principal } from '../model/principal.ts';
import type { Right } from '../model/role.ts';
import type { Table, TableName } from '../model/table.ts';
import type { Result, Statement } from '../statement/statement.ts';
import type { Export, Import, ImportReport } from '../statement/transfer.ts';
import type { Description } from './described.ts';

/** A request as a dialect sees it: values only, no sockets. */
export interface DialectRequest {
  readonly method: string;
  /** Path parameters, percent-decoded once. */
  readonly params: Readonly<Record<string, string>>;
  /** Query parameters; repeated keys keep all values in order. */
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed body; undefined when there was none. */
  readonly body: Json | undefined;
  /** The body as it came, on routes that take files. */
  readonly file?: SentFile;
  readonly id: string;
}

/** A file as the body of a request, or as the part `file` of one. */
export interface SentFile {
  readonly content: Uint8Array;
  /** Media type, in lower case, without parameters; empty where nothing is said. */
  readonly type: string;
}

/** What a route needs done. Functions in it are pure: they may run again after a stale catalog. */
export type Action =
  | {
      readonly kind: 'statements';
      /** In order. More than one: one transaction. A function sees the results before it. */
      readonly statements: readonly (Statement | ((earlier: readonly Result[]) => Statement))[];
      /** A view whose rules the caller must meet: judged first, in the same round trip. */
      readonly view?: TableName;
      /** Tables that the statements write to and that may not be there yet: made first, in a transaction of their own. */
      readonly ensure?: readonly Extract<Definition, { kind: 'ensure_table' }>[];
      readonly reply: (results: readonly Result[]) => Reply;
      readonly fail?: Relabel;
    }
  /** Rows of a file: staged, then written under the caller's policy. */
  | {
      readonly kind: 'import';
      readonly file: Import;
      readonly reply: (report: ImportReport) => Reply;
      readonly fail?: Relabel;
    }
  /** Rows as a file, in parts as they are read. */
  | {
      readonly kind: 'export';
      readonly rows: Export;
      readonly reply: (parts: AsyncIterable<string>) => Reply;
      readonly fail?: Relabel;
    }
  | { readonly kind: 'health'; readonly reply: (ready: boolean) => Reply; readonly fail?: Relabel }
  | {
      readonly kind: 'definition';
      readonly definition: Definition | Series;
      readonly reply: (outcome: DefinitionOutcome) => Reply;
      readonly fail?: Relabel;
    }
  | {
      readonly kind: 'account';
      readonly command: AccountCommand;
      readonly reply: (result: AccountResult) => Reply;
      readonly fail?: Relabel;
    }
  | {
      /** What the tables of an app hold. */
      readonly kind: 'measure';
      readonly app: string;
      readonly reply: (measures: AppMeasures) => Reply;
      readonly fail?: Relabel;
    }
  | {
      /** What was done to the definition of a table, newest first; one of them where it is named. */
      readonly kind: 'operations';
      readonly relation: number;
      readonly operation?: string;
      readonly most: number;
      readonly reply: (operations: readonly SchemaOperation[]) => Reply;
      readonly fail?: Relabel;
    }
  | { readonly kind: 'reply'; readonly reply: Reply };

/**
 * Turns the error with which the work of an action ended into the one the caller should see: only the action knows which of its
 * parts a statement was, and what it was for. Whoever performs the action throws the outcome in place of the error; errors that the
 * performer itself acts upon (a stale catalog) don't come here.
 */
export type Relabel = (error: ServiceError) => ServiceError;

/** The model after a definition. */
export interface DefinitionOutcome {
  readonly catalog: Catalog;
  /** The table defined; absent after a drop. While an operation is running: as it still is. */
  readonly table?: Table;
  /** On record for this change; absent where nothing changed. */
  readonly operation?: { readonly id: string; readonly status: 'done' | 'running' };
  /** Of a dry run. */
  readonly foreseen?: Foreseen;
}

/** What a change would do. */
export interface Foreseen {
  readonly destructive: boolean;
  readonly changes: readonly ForeseenChange[];
  /** In order; more than one: each in a transaction of its own, so that the table stays in use. */
  readonly phases: readonly ForeseenPhase[];
  readonly reverse: readonly string[];
}

export interface ForeseenChange {
  /** `add_column`, `drop_index`, … */
  readonly op: string;
  readonly field?: string;
  readonly class: 'safe' | 'destructive' | 'refused';
  /** Why it is not safe, with the number of rows where rows are the reason. */
  readonly reason?: string;
}

export interface ForeseenPhase {
  readonly kind: 'transaction' | 'concurrent' | 'fill';
  readonly statements: readonly string[];
  /** The strongest lock it takes on a table, in the words of Postgres. */
  readonly lock: string;
}

/** A reply: a status and a body. A string body is JSON text already. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | JsonBody | StreamBody;
}

/** A body sent in parts as they come; what fails after the first breaks the connection off. */
export interface StreamBody {
  readonly parts: AsyncIterable<string>;
}

/** A JSON value still to be printed. */
export interface JsonBody {
  readonly json: Json;
}

/** One route of a dialect. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In @koa/router's grammar. */
  readonly path: string;
  /** No token needed (a token sent is still verified by the command itself). */
  readonly public?: boolean;
  /**
   * Open to callers without a token, as the principal `anonymous` of the tenant that the address names; Postgres judges what that one
   * may do, and what it refuses is answered as a missing token.
   */
  readonly anonymous?: boolean;
  /** Only for requests that carry this header; without it a later route of the path is the one. */
  readonly header?: string;
  /** The body is a file of at most so many bytes, not JSON. */
  readonly file?: number;
  /** Whether a request reads related rows along: such reads may have a limit of their own. */
  readonly related?: (query: DialectRequest['query']) => boolean;
  /** What the caller must be entitled to; Postgres judges, before anything else of the request is. */
  readonly right?: Right;
  /** Public routes get no catalog and no principal. */
  readonly handle: (request: DialectRequest, context: RouteContext) => Action;
}

export interface RouteContext {
  readonly principal: Principal;
  readonly catalog: Catalog;
  readonly limits: Limits;
}

/** What the operator of the server has set. */
export interface Limits {
  /** Most rows of a page, and the page of who doesn't say. */
  readonly rows: number;
}

/** What pages of other origins may do. */
export interface CorsRules {
  readonly methods: readonly Route['method'][];
  /** Headers that requests may carry; absent: whichever the preflight asks for. */
  readonly headers?: readonly string[];
  /** Headers of replies that scripts may read. */
  readonly exposed: readonly string[];
  /** Pages may send what the browser keeps for this origin. */
  readonly credentials: boolean;
}

/** A dialect: routes and the envelope of its errors. Pure: it can't reach the pool, the planner or the compiler. */
export interface Dialect {
  readonly name: string;
  readonly prefixes: readonly string[];
  readonly routes: readonly Route[];
  /** What its users read of it; every route is in it. */
  readonly description: Description;
  /** Pages of any origin may call it: every origin is echoed, preflights are answered. */
  readonly cors?: CorsRules;
  /** Header names that carry a token besides Authorization. */
  readonly tokenHeaders: readonly string[];
  /** The one of these that may carry an opaque token, which the issuer configured for the tenant is asked about. */
  readonly opaqueHeader?: string;
  /** Where an object of a body may repeat a key, whose values are then one list. Absent: the last value counts. */
  readonly repeatedKeys?: RepeatedKeys;
  /** Claims whose content, where a foreign token has them, goes before those of the configured names. */
  readonly claims?: Readonly<Partial<Record<'sub' | 'tenant', string>>>;
  readonly fail: (
    error: ServiceError,
    request: Pick<DialectRequest, 'method' | 'params' | 'query'>,
  ) => Reply;
}
