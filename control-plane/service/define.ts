import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../base/errors.ts';
import type { Catalogs } from '../catalog/cache.ts';
import { type Connection, rowsOf } from '../catalog/connection.ts';
import { loadCatalog } from '../catalog/load.ts';
import { lockTenant, storeOperation, type TenantRow } from '../catalog/store.ts';
import { checkedTexts } from '../compile/index-text.ts';
import { meaning } from '../compile/settle.ts';
import type { DefinitionOutcome } from '../dialects/dialect.ts';
import { type AppDefinition, isOfApp, isOfPolicy } from '../model/app-definition.ts';
import { type Catalog, findTable, whole } from '../model/catalog.ts';
import type { Definition } from '../model/definition.ts';
import { claimsOf } from '../model/principal.ts';
import { sameName, type Table, type TableDraft, type TableName } from '../model/table.ts';
import type { Placement } from '../pg/placement.ts';
import { isDatabaseError, toServiceError } from '../pg/sqlstate.ts';
import { planAppChange } from './app-change.ts';
import { applyChange, type Change, planChange } from './change.ts';
import { definitionError, stepOf } from './definition-error.ts';
import type { Caller } from './engine.ts';
import { planLifeCycle } from './life-cycle.ts';
import { planPolicy } from './policy-change.ts';
import { isOfView, planView } from './view.ts';

export type Define = (
  definition: Definition,
  catalog: Catalog,
  caller: Caller,
) => Promise<DefinitionOutcome>;

/** How often a definition is tried when a lock is not free or changes collide; each try waits for a lock at most two seconds. */
const tries = 3;

/**
 * Changes the model: one transaction with its DDL, its rows in the control schema and its schema operation. `catalog` is what the
 * definition was made for; when another definition has come first it still goes through, unless its own table was the one changed.
 */
export function createDefine(placement: Placement, catalogs: Catalogs): Define {
  return async (definition, catalog, caller) => {
    const { ddl } = placement(catalog.tenant);
    for (let attempt = 1; ; attempt++) {
      try {
        caller.signal.throwIfAborted();
        const outcome = await ddl.borrow((client) =>
          inTransaction(client, (connection) => run(connection, definition, catalog, caller)),
        );
        catalogs.put(outcome.catalog);
        return outcome;
      } catch (error) {
        if (attempt < tries && isTransient(error)) {
          await sleep(50 * attempt * (1 + Math.random()));
          continue;
        }
        const failure = await counted(
          definitionError(error, { table: nameOf(definition).name }),
          error,
          (query) => ddl.borrow((client) => inTransaction(client, (c) => rowsOf(c, query))),
        );
        const { failed } = error instanceof DefinitionFailure ? error : {};
        if (failed) {
          await ddl.borrow((client) => recordFailure(client, failed, definition, failure, caller));
        }
        throw failure;
      }
    }
  };
}

/** How many rows stood in the way, where the failed step can tell. */
async function counted(
  failure: ServiceError,
  error: unknown,
  ask: (query: string) => Promise<readonly { readonly count: string }[]>,
): Promise<ServiceError> {
  const query = stepOf(error)?.misfits;
  if (failure.kind !== 'data_conflict' || query === undefined) return failure;
  const [row] = await ask(query);
  const rows = Number(row?.count ?? 0);
  const message = `${rows} ${rows === 1 ? 'row does' : 'rows do'} not fit`;
  const detail = { ...failure.detail, data: { rows } };
  return new ServiceError(failure.kind, message, detail, { cause: failure });
}

/** A change whose statements the database refused: worth a record. */
class DefinitionFailure extends Error {
  readonly failed: { readonly tenant: TenantRow; readonly change: Change };

  constructor(failed: DefinitionFailure['failed'], cause: unknown) {
    super('the definition failed', { cause });
    this.failed = failed;
  }
}

async function run(
  connection: Connection,
  definition: Definition,
  seen: Catalog,
  caller: Caller,
): Promise<DefinitionOutcome> {
  const tenant = await lockTenant(connection, seen.tenant);
  if (!tenant) throw new ServiceError('tenant_not_found');
  const catalog =
    tenant.version === seen.version ? seen : await loadCatalog(connection, seen.tenant);
  await requireRight(connection, catalog, caller);
  if (catalog !== seen) requireUnchanged(definition, seen, catalog);
  if (definition.kind === 'ensure_table') {
    const table = findTable(catalog, definition.table);
    if (table) return { catalog, table };
  }
  await requireDefiner(connection, definition, catalog, caller);
  const change = await planned(connection, definition, whole(catalog), tenant);
  if (!change) return { catalog };
  try {
    await applyChange(connection, change, tenant, {
      principal: caller.principal.sub,
      requestId: caller.requestId,
    });
  } catch (error) {
    throw new DefinitionFailure({ tenant, change }, error);
  }
  const next = await loadCatalog(connection, seen.tenant);
  const table = change.table && next.tables.find(({ id }) => id === change.table?.id);
  return { catalog: next, ...(table ? { table } : {}) };
}

/** The change, or undefined where there is nothing to change. `catalog` holds deactivated tables too. */
async function planned(
  connection: Connection,
  definition: Definition,
  catalog: Catalog,
  tenant: TenantRow,
): Promise<Change | undefined> {
  if (isOfView(definition)) return planView(connection, definition, catalog, tenant);
  if (!isOfApp(definition)) return planChange(await checkedTexts(definition), catalog, tenant);
  if (isOfPolicy(definition)) return planPolicy(definition, catalog, tenant.lastRelation);
  return 'part' in definition
    ? planLifeCycle(definition, catalog, tenant.lastRelation)
    : planAppChange(definition, catalog, tenant.lastRelation);
}

/** A transaction as the owner of everything; lock_timeout so that a definition waiting behind a long read does not stop all others. */
export async function inTransaction<T>(
  client: Connection,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  await client.query('begin');
  try {
    await client.query("set local role rowhouse_owner; set local lock_timeout = '2s'");
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** What the definition is about; roles are no relation. */
function nameOf(definition: Definition): TableName {
  switch (definition.kind) {
    case 'create_role':
    case 'grant_role':
    case 'revoke_role':
      return { app: '', name: definition.name };
    case 'create_view':
    case 'drop_view':
    case 'refresh_view':
      return definition.view;
    case 'create_table':
    case 'ensure_table':
    case 'drop_table':
      return definition.table;
    case 'change_table':
    case 'change_view':
      return definition.from;
    case 'deactivate':
    case 'reactivate':
    case 'purge':
      return { app: definition.part.app, name: definition.part.table ?? '' };
    case 'create_app':
    case 'change_app':
    case 'create_datasource':
    case 'change_datasource':
    case 'define_app_role':
    case 'put_policy':
    case 'enable_policy':
    case 'disable_policy':
    case 'drop_policy':
      return { app: appOf(definition), name: '' };
  }
}

/** The app that a definition is about. */
function appOf(definition: AppDefinition): string {
  if ('part' in definition) return definition.part.app;
  if (definition.kind === 'put_policy') return definition.policy.app;
  return definition.kind === 'create_app' ? definition.app.slug : definition.app;
}

/** The change was worked out from one state of its table: it means nothing for another. */
function requireUnchanged(definition: Definition, seen: Catalog, catalog: Catalog): void {
  const name = nameOf(definition);
  const before = findTable(seen, name);
  const now = findTable(catalog, name);
  const makes = definition.kind.startsWith('create_') || definition.kind === 'ensure_table';
  // Definitions of apps say what they change and hold for whatever is there.
  if (makes || isOfApp(definition) || JSON.stringify(before) === JSON.stringify(now)) return;
  throw new ServiceError('stale_catalog');
}

/** Asks Postgres for what the route asks of the caller: before anything is said of the definition. */
async function requireRight(
  connection: Connection,
  catalog: Catalog,
  { principal, requestId, right, app }: Caller,
): Promise<void> {
  if (right === undefined) return;
  const claims = JSON.stringify(claimsOf(principal, requestId));
  await connection.query('select rowhouse.require_right($1, $2, $3, $4, $5)', [
    catalog.tenant,
    catalog.version,
    claims,
    right,
    app ?? null,
  ]);
}

/** Asks Postgres whether the claims may make this change. */
async function requireDefiner(
  connection: Connection,
  definition: Definition,
  catalog: Catalog,
  caller: Caller,
): Promise<void> {
  // Roles and views have no rule of their own beyond the right that Postgres has just confirmed.
  if (isOfView(definition) || isOfRole(definition)) {
    const needed = isOfView(definition) ? 'define' : 'grant';
    if (caller.right !== needed) throw new ServiceError('forbidden');
    return;
  }
  if (isOfApp(definition)) {
    const right = definition.kind === 'create_app' ? 'found' : 'administer';
    const app = appOf(definition);
    await requireRight(connection, catalog, { ...caller, right, app });
    // Of tables that may not be changed, the ones that are named; others go with what they are part of.
    if (!('part' in definition) || definition.part.table === undefined) return;
  }
  const name = nameOf(definition);
  const table = whole(catalog).tables.find((each) => sameName(each, name));
  const makes = definition.kind === 'create_table' || definition.kind === 'ensure_table';
  const access = table?.access ?? (makes ? definition.table.access : 'acl');
  const switches =
    definition.kind === 'change_table' && table !== undefined && onlySwitches(table, definition.to);
  await connection.query('select rowhouse.require_definer($1, $2, $3, $4, $5, $6, $7, $8)', [
    catalog.tenant,
    catalog.version,
    JSON.stringify(claimsOf(caller.principal, caller.requestId)),
    table?.id ?? null,
    access,
    switches,
    definition.kind === 'create_table' && definition.replace === true,
    name.app,
  ]);
}

function isOfRole(
  definition: Definition,
): definition is Extract<Definition, { kind: 'create_role' | 'grant_role' | 'revoke_role' }> {
  return ['create_role', 'grant_role', 'revoke_role'].includes(definition.kind);
}

/** Whether nothing but freeze, sudo and status differs: all that may change on a frozen table. */
function onlySwitches(table: Table, to: TableDraft): boolean {
  return (Object.keys(to) as (keyof TableDraft)[])
    .filter((key) => !['freeze', 'sudo', 'status', 'updatedAt'].includes(key))
    .every((key) => meaning(to[key]) === meaning(table[key]));
}

function isTransient(error: unknown): boolean {
  const cause = error instanceof DefinitionFailure ? error.cause : error;
  const root = cause instanceof Error && isDatabaseError(cause.cause) ? cause.cause : cause;
  return isDatabaseError(root) && ['55P03', '40001', '40P01'].includes(root.code);
}

/** The failed definition has left nothing; that it was tried is on record. */
async function recordFailure(
  client: Connection,
  { tenant, change }: DefinitionFailure['failed'],
  definition: Definition,
  failure: ServiceError,
  caller: Caller,
): Promise<void> {
  try {
    await inTransaction(client, (connection) =>
      storeOperation(connection, tenant.id, {
        ...change.operation,
        principal: caller.principal.sub,
        requestId: caller.requestId,
        definition: definition as unknown as typeof change.operation.definition,
        error: `${failure.kind}: ${failure.message}`,
      }),
    );
  } catch (error) {
    // The caller is owed the first error, not this one.
    if (toServiceError(error).kind === 'internal') throw error;
  }
}
