import { errorKinds, ServiceError } from '../base/errors.ts';
import type { Meter } from '../base/meter.ts';
import { currentTrace, timed } from '../base/trace.ts';
import type { Action, DefinitionOutcome, Limits, Reply } from '../dialects/dialect.ts';
import type { AccountCommand, AccountResult } from '../model/account.ts';
import type { AppMeasures } from '../model/app.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Definition, Series } from '../model/definition.ts';
import type { SchemaOperation } from '../model/operation.ts';
import type { Principal } from '../model/principal.ts';
import type { TableName } from '../model/table.ts';
import { isUnforeseen } from '../pg/sqlstate.ts';
import type { Result } from '../statement/statement.ts';
import type { Call, Caller } from './call.ts';
import type { ExportRows } from './export.ts';
import type { ImportFile } from './import-file.ts';
import type { Load } from './load.ts';
import { isStale, withCatalog } from './with-catalog.ts';

/** The only thing http/ asks for data. */
export interface Engine {
  /** @throws ServiceError */
  readonly perform: (call: Call) => Promise<Reply>;
  /** The current definitions of the caller's tenant, without tables that Postgres lets it do nothing with. @throws ServiceError token_invalid */
  readonly catalog: (caller: Caller) => Promise<Catalog>;
  /** The definitions of a tenant at hand, perhaps out of date; empty when there is no such tenant. For nothing that must be right. */
  readonly known: (tenant: string) => Promise<Catalog>;
}

type Statements = Extract<Action, { kind: 'statements' }>['statements'];

/** The use cases behind the engine, one function each. */
export interface EngineParts {
  readonly meter?: Meter;
  readonly limits: Limits;
  /** `fresh`: known to be stale, read again. */
  readonly load: (tenant: string, fresh: boolean) => Promise<Catalog>;
  /** Asks Postgres whether the caller is admitted and the catalog current. @throws ServiceError stale_catalog, tenant_mismatch */
  readonly confirm: (catalog: Catalog, caller: Caller) => Promise<void>;
  /** Ids of the tables that the caller could use in some way. @throws ServiceError stale_catalog, tenant_mismatch */
  readonly known: (catalog: Catalog, caller: Caller) => Promise<ReadonlySet<number>>;
  readonly execute: (
    statements: Statements,
    catalog: Catalog,
    caller: Caller,
    /** A view whose rules come first. */
    view?: TableName,
  ) => Promise<readonly Result[]>;
  readonly define: (
    definition: Definition | Series,
    catalog: Catalog,
    caller: Caller,
  ) => Promise<DefinitionOutcome>;
  readonly account: (command: AccountCommand, call: Call) => Promise<AccountResult>;
  /** What the tables of an app hold. @throws ServiceError stale_catalog, tenant_mismatch, forbidden */
  readonly measure: (app: string, catalog: Catalog, caller: Caller) => Promise<AppMeasures>;
  /** What was done to the definition of a table. @throws ServiceError stale_catalog, tenant_mismatch, forbidden */
  readonly operations: (
    asked: Extract<Action, { kind: 'operations' }>,
    catalog: Catalog,
    caller: Caller,
  ) => Promise<readonly SchemaOperation[]>;
  readonly loadRows: Load;
  readonly importFile: ImportFile;
  readonly exportRows: ExportRows;
  /** Whether the database answers. */
  readonly ready: () => Promise<boolean>;
}

const nobody: Principal = Object.freeze({
  sub: '',
  roles: [],
  orgs: [],
  access: 'deny',
  sudo: false,
  operator: false,
});

const nothing: Catalog = Object.freeze({ tenant: '', schema: '', version: 0, tables: [] });

/** The engine: catalog, the route's pure action, and what the action needs done. */
export function createEngine(parts: EngineParts): Engine {
  const byCatalog = <T>(
    principal: Principal,
    work: (catalog: Catalog, first: boolean) => Promise<T>,
  ): Promise<T> =>
    withCatalog(
      (fresh) => load(parts, principal, fresh),
      (catalog, first) => work(catalog, first).catch((error) => throws(asToken(error))),
      () => {
        parts.meter?.retried('definition');
        const trace = currentTrace();
        if (trace) trace.retries++;
      },
    );
  return {
    known: (tenant) => parts.load(tenant, false).catch(() => nothing),
    catalog: (caller) =>
      byCatalog(caller.principal, async (catalog) => {
        const ids = await parts.known(catalog, caller);
        return { ...catalog, tables: catalog.tables.filter(({ id }) => ids.has(id)) };
      }),
    perform: async (call) => {
      const { principal } = call;
      if (principal === undefined) {
        const context = { principal: nobody, catalog: nothing, limits: parts.limits };
        const action = call.route.handle(call.request, context);
        return act(parts, action, nothing, call, callerOf(call, nobody));
      }
      return byCatalog(principal, (catalog, first) =>
        once(parts, call, catalog, callerOf(call, principal), first),
      );
    },
  };
}

function callerOf({ route, request, signal }: Call, principal: Principal): Caller {
  const app = request.params['app'] ?? request.headers['x-app-slug'];
  return {
    principal,
    requestId: request.id,
    signal,
    ...(route.right === undefined ? {} : { right: route.right }),
    ...(app === undefined ? {} : { app }),
  };
}

/**
 * One run over one catalog. Statements and definitions are told by Postgres when the catalog is stale or the tenant inactive; what is
 * answered or refused without reaching Postgres is asked about first, for another process may have changed the model.
 */
async function once(
  parts: EngineParts,
  call: Call,
  catalog: Catalog,
  caller: Caller,
  cached: boolean,
): Promise<Reply> {
  // A refusal for want of a right goes before every other.
  const confirm = () =>
    cached || caller.right !== undefined ? parts.confirm(catalog, caller) : undefined;
  let action: Action;
  const { principal } = caller;
  const context = { principal, catalog, limits: parts.limits };
  try {
    action = timed('plan', () => call.route.handle(call.request, context));
  } catch (error) {
    await confirm();
    throw error;
  }
  if (action.kind === 'reply' || action.kind === 'account') await confirm();
  try {
    return await act(parts, action, catalog, call, caller);
  } catch (error) {
    if (action.kind !== 'account' && isByCatalog(error)) await confirm();
    throw error;
  }
}

/** Whether the error may have been read from the catalog alone: what the request says or names, not what its rows met. */
function isByCatalog(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return false;
  const { kind } = error;
  return (
    /^RH[12]/.test(errorKinds[kind].code) || kind === 'invalid_row' || kind === 'system_column'
  );
}

/** The edge has compared the tenants, so a refusal from Postgres means that this one is gone or inactive: its tokens are bad. */
function asToken(error: unknown): unknown {
  return error instanceof ServiceError && error.kind === 'tenant_mismatch'
    ? new ServiceError('token_invalid', undefined, {}, { cause: error })
    : error;
}

/** A verified token of a tenant that is gone or inactive is refused like any other bad token. */
async function load(parts: EngineParts, principal: Principal, fresh: boolean): Promise<Catalog> {
  if (principal.tenant === undefined) throw new ServiceError('tenant_mismatch');
  try {
    return await parts.load(principal.tenant, fresh);
  } catch (error) {
    if (error instanceof ServiceError && error.kind === 'tenant_not_found') {
      throw new ServiceError('token_invalid', undefined, {}, { cause: error });
    }
    throw error;
  }
}

async function act(
  parts: EngineParts,
  action: Action,
  catalog: Catalog,
  call: Call,
  caller: Caller,
): Promise<Reply> {
  if (action.kind === 'reply') return action.reply;
  try {
    switch (action.kind) {
      case 'account':
        return action.reply(await parts.account(action.command, call));
      case 'statements':
        return action.reply(
          await parts.execute(
            action.statements,
            await ensured(parts, action, catalog, caller),
            caller,
            action.view,
          ),
        );
      case 'import':
        return action.reply(await parts.importFile(action.file, catalog, caller));
      case 'export':
        return action.reply(await parts.exportRows(action.rows, catalog, caller));
      case 'health':
        return action.reply(await parts.ready());
      case 'measure':
        return action.reply(await parts.measure(action.app, catalog, caller));
      case 'operations':
        return action.reply(await parts.operations(action, catalog, caller));
      case 'definition':
        return action.reply(await parts.define(action.definition, catalog, caller));
      default: {
        const never: never = action;
        return never;
      }
    }
  } catch (error) {
    if (!(error instanceof ServiceError) || isStale(error) || isUnforeseen(error)) throw error;
    throw action.fail?.(error) ?? error;
  }
}

/** The catalog with the tables that the action needs. */
async function ensured(
  parts: EngineParts,
  action: Extract<Action, { kind: 'statements' }>,
  catalog: Catalog,
  caller: Caller,
): Promise<Catalog> {
  let current = catalog;
  for (const definition of action.ensure ?? []) {
    current = (await parts.define(definition, current, caller)).catalog;
  }
  return current;
}

function throws(error: unknown): never {
  throw error;
}
