import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../base/errors.ts';
import type { Catalogs } from '../catalog/cache.ts';
import { type Connection, rowsOf } from '../catalog/connection.ts';
import { loadCatalog } from '../catalog/load.ts';
import { runningOperations } from '../catalog/operations.ts';
import { lockTenant, storeOperation, type TenantRow } from '../catalog/store.ts';
import { checkedTexts } from '../compile/index-text.ts';
import { meaning } from '../compile/settle.ts';
import type { DefinitionOutcome } from '../dialects/dialect.ts';
import {
  type AppDefinition,
  isOfApp,
  isOfPolicy,
  type LifeCycle,
} from '../model/app-definition.ts';
import { type Catalog, findTable, whole } from '../model/catalog.ts';
import type { Definition, Series } from '../model/definition.ts';
import { claimsOf } from '../model/principal.ts';
import type { Table, TableDraft, TableName } from '../model/table.ts';
import type { Placement } from '../pg/placement.ts';
import { toServiceError } from '../pg/sqlstate.ts';
import { planAppChange } from './app-change.ts';
import { applyChange, type Change, planChange } from './change.ts';
import { lossOf } from './change-table.ts';
import { planTables } from './define-tables.ts';
import { counted, isTransient } from './definition-error.ts';
import type { Caller } from './engine.ts';
import { changesTable, type Evolved, evolve, largeTable } from './evolve.ts';
import { planLifeCycle } from './life-cycle.ts';
import { appsReferredTo } from './new-targets.ts';
import { createOperations, type OperationSettings, type Operations } from './operations.ts';
import { planPolicy } from './policy-change.ts';
import { planRollback } from './rollback.ts';
import { briefly, inTransaction } from './transaction.ts';
import { isOfView, planView } from './view.ts';

export type Define = (
  definition: Definition | Series,
  catalog: Catalog,
  caller: Caller,
) => Promise<DefinitionOutcome>;

/** How often a definition is tried when a lock is not free or changes collide; each try waits for a lock at most two seconds. */
const tries = 4;

export interface DefineSettings extends OperationSettings {
  /** Tables of more rows are changed in phases. */
  readonly large?: number;
}

/** Changes of the model, and what drives those that take long. */
export interface Definer {
  readonly define: Define;
  readonly operations: Operations;
}

/** {@link createDefiner}, for who is not concerned with what others have left. */
export function createDefine(placement: Placement, catalogs: Catalogs): Define {
  return createDefiner(placement, catalogs).define;
}

/**
 * Changes the model: one transaction with its DDL, its rows in the control schema and its schema operation; for a table of many rows
 * that have to be read or written, phases that leave it in use. `catalog` is what the definition was made for; when another definition
 * has come first it still goes through, unless its own table was the one changed.
 */
export function createDefiner(
  placement: Placement,
  catalogs: Catalogs,
  settings: DefineSettings = {},
): Definer {
  const { ddl: first } = placement('');
  const operations = createOperations(first, catalogs, settings);
  const large = settings.large ?? largeTable;
  const define: Define = async (definition, catalog, caller) => {
    const { ddl } = placement(catalog.tenant);
    for (let attempt = 1; ; attempt++) {
      const left: number[] = [];
      try {
        caller.signal.throwIfAborted();
        const made = await ddl.borrow((client) =>
          inTransaction(client, (connection) =>
            definition.kind === 'series'
              ? runAll(connection, definition, catalog, caller, left)
              : run(connection, definition, catalog, caller, { large, left }),
          ),
        );
        catalogs.put(made.catalog);
        return made.begun === undefined ? made : await followed(operations, made, made.begun);
      } catch (error) {
        if (attempt < tries && isTransient(error)) {
          await sleep(100 * 3 ** (attempt - 1) * (1 + Math.random()));
          continue;
        }
        const alone = definition.kind !== 'series';
        const about = alone ? { table: nameOf(definition).name } : {};
        const loss = alone && changesTable(definition) ? lossOf(definition) : 'dropped';
        const failure = await counted(error, about, loss, (query) =>
          ddl.borrow((client) => inTransaction(client, (c) => countOf(c, query))),
        );
        const { failed } = error instanceof DefinitionFailure ? error : {};
        if (failed) {
          await ddl.borrow((client) => recordFailure(client, failed, definition, failure, caller));
        }
        throw failure;
      } finally {
        operations.takeUp(left);
      }
    }
  };
  return { define, operations };
}

/** An outcome, or that of a change which has only begun. */
type Begun = Evolved & DefinitionOutcome;

/** Waits for the end of a change made in phases. */
async function followed(
  operations: Operations,
  { catalog, table, operation }: Begun,
  id: number,
): Promise<DefinitionOutcome> {
  const next = await operations.follow(id);
  const now = next ?? catalog;
  const changed = now.tables.find((each) => each.id === table?.id);
  const status = next ? 'done' : 'running';
  return {
    catalog: now,
    ...(changed ? { table: changed } : {}),
    ...(operation ? { operation: { ...operation, status } } : {}),
  };
}

async function countOf(connection: Connection, query: string): Promise<number> {
  const [row] = await rowsOf<{ count: string }>(connection, query);
  return Number(row?.count ?? 0);
}

/** A change whose statements the database refused: worth a record. */
class DefinitionFailure extends Error {
  readonly failed: { readonly tenant: TenantRow; readonly change: Change };

  constructor(failed: DefinitionFailure['failed'], cause: unknown) {
    super('the definition failed', { cause });
    this.failed = failed;
  }
}

/** Nothing of a series can go on in phases after it: what is large is changed at once too. */
async function runAll(
  connection: Connection,
  { definitions }: Series,
  seen: Catalog,
  caller: Caller,
  left: number[],
): Promise<Begun> {
  let catalog = seen;
  for (const definition of definitions) {
    const step = await run(connection, definition, catalog, caller, { large: Infinity, left });
    catalog = step.catalog;
  }
  return { catalog };
}

async function run(
  connection: Connection,
  definition: Definition,
  seen: Catalog,
  caller: Caller,
  { large, left }: { readonly large: number; readonly left: number[] },
): Promise<Begun> {
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
  await requireIdle(connection, tenant, tablesOf(definition, whole(catalog)), left);
  const by = { principal: caller.principal.sub, requestId: caller.requestId };
  const change = await planned(connection, definition, whole(catalog), tenant);
  if (!change) return { catalog };
  for (const app of appsReferredTo(change)) {
    await requireRight(connection, catalog, { ...caller, right: 'administer', app });
  }
  if (changesTable(definition)) {
    const made = await evolve(connection, definition, change, tenant, { by, large });
    if (made) return { ...made, catalog };
    await connection.query(briefly);
  }
  const isTrial = definition.kind === 'define_tables' && definition.dryRun === true;
  if (isTrial) await connection.query('savepoint trial');
  const id = await applyChange(connection, change, tenant, by).catch((error: unknown) => {
    throw new DefinitionFailure({ tenant, change }, error);
  });
  if (isTrial) {
    await connection.query('rollback to savepoint trial');
    return { catalog };
  }
  const next = await loadCatalog(connection, seen.tenant);
  const table = change.table && next.tables.find((each) => each.id === change.table?.id);
  return { catalog: next, ...(table ? { table } : {}), operation: { id, status: 'done' } };
}

/** The change, or undefined where there is nothing to change. `catalog` holds deactivated tables too. */
async function planned(
  connection: Connection,
  definition: Definition,
  catalog: Catalog,
  tenant: TenantRow,
): Promise<Change | undefined> {
  if (isOfView(definition)) return planView(connection, definition, catalog, tenant);
  if (isOfPolicy(definition)) return planPolicy(definition, catalog, tenant.lastRelation);
  if (definition.kind === 'rollback_operation') {
    return planRollback(connection, definition, catalog, tenant);
  }
  if (!isOfApp(definition)) {
    const checked = await checkedTexts(definition);
    return checked.kind === 'define_tables'
      ? planTables(checked, catalog, tenant)
      : planChange(checked, catalog, tenant);
  }
  return 'part' in definition
    ? planLifeCycle(definition, catalog, tenant.lastRelation)
    : planAppChange(definition, catalog, tenant.lastRelation);
}

/** While a table is being changed no other definition may touch it. Operations that a process has left are noted in `left`. */
async function requireIdle(
  connection: Connection,
  tenant: TenantRow,
  tables: readonly Table[],
  left: number[],
): Promise<void> {
  const running = await runningOperations(connection, tenant.id);
  left.push(...running.filter((each) => each.left).map(({ id }) => id));
  const busy = new Set(running.flatMap(({ involved }) => involved));
  const table = tables.find(({ id }) => busy.has(id));
  if (!table) return;
  const message = `Table '${table.name}' is being changed`;
  throw new ServiceError('database_busy', message, { table: table.name, retryAfter: 2 });
}

/** The tables there are that a definition speaks of. */
function tablesOf(definition: Definition, catalog: Catalog): readonly Table[] {
  const table = findTable(catalog, nameOf(definition));
  if (table) return [table];
  if (!isOfApp(definition) || !('part' in definition)) return [];
  const { app, datasource } = definition.part;
  return catalog.tables.filter(
    (each) => each.app === app && (datasource ?? each.datasource) === each.datasource,
  );
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
    case 'rollback_operation':
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
    case 'define_tables':
      return { app: definition.app, name: '' };
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
  if (definition.kind === 'define_tables') {
    // Also one made meanwhile: it would be another change.
    for (const table of definition.tables) {
      requireUnchanged({ kind: 'change_table', from: table, to: table }, seen, catalog);
    }
    return;
  }
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
    if ('part' in definition) await requireParts(connection, definition, catalog, caller);
    return;
  }
  if (definition.kind === 'define_tables') {
    for (const each of definition.tables) {
      const part: Definition = findTable(catalog, each)
        ? { kind: 'change_table', from: each, to: each }
        : { kind: 'create_table', table: each };
      await requireDefiner(connection, part, catalog, caller);
    }
    return;
  }
  const name = nameOf(definition);
  const table = findTable(catalog, name);
  const makes = definition.kind === 'create_table' || definition.kind === 'ensure_table';
  const access = table?.access ?? (makes ? definition.table.access : 'acl');
  const switches =
    definition.kind === 'change_table' && table !== undefined && onlySwitches(table, definition.to);
  const replaces = definition.kind === 'create_table' && definition.replace === true;
  const what = [table?.id ?? null, access, switches, replaces, name.app];
  await askDefiner(connection, catalog, caller, what);
}

/** Of the tables that go or come: the one that is named, and else those that not everybody may change. */
async function requireParts(
  connection: Connection,
  { part }: LifeCycle,
  catalog: Catalog,
  caller: Caller,
): Promise<void> {
  const { app, datasource, table: name } = part;
  const inside = whole(catalog).tables.filter(
    (table) => table.app === app && (datasource === undefined || table.datasource === datasource),
  );
  const asked = inside.filter((table) =>
    name === undefined ? table.freeze || table.sudo : table.name === name,
  );
  for (const { id, access } of asked) {
    await askDefiner(connection, catalog, caller, [id, access, false, false, app]);
  }
}

/** `what`: id of the table, its access mode, whether only switches change, whether a table is replaced, the app. */
async function askDefiner(
  connection: Connection,
  catalog: Catalog,
  { principal, requestId }: Caller,
  what: readonly unknown[],
): Promise<void> {
  const claims = JSON.stringify(claimsOf(principal, requestId));
  await connection.query('select rowhouse.require_definer($1, $2, $3, $4, $5, $6, $7, $8)', [
    catalog.tenant,
    catalog.version,
    claims,
    ...what,
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

/** The failed definition has left nothing; that it was tried is on record. */
async function recordFailure(
  client: Connection,
  { tenant, change }: DefinitionFailure['failed'],
  definition: Definition | Series,
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
