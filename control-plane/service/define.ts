import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../base/errors.ts';
import type { Catalogs } from '../catalog/cache.ts';
import { type Connection, rowsOf } from '../catalog/connection.ts';
import { loadCatalog } from '../catalog/load.ts';
import { runningOperations } from '../catalog/operations.ts';
import { lockTenant, storeOperation, type TenantRow } from '../catalog/store.ts';
import { checkedTexts } from '../compile/index-text.ts';
import type { DefinitionOutcome } from '../dialects/dialect.ts';
import { isOfApp, isOfPolicy } from '../model/app-definition.ts';
import { type Catalog, findTable, whole } from '../model/catalog.ts';
import type { Definition, Series } from '../model/definition.ts';
import type { Table } from '../model/table.ts';
import type { Placement } from '../pg/placement.ts';
import { isPooled } from '../pg/pooler.ts';
import { toServiceError } from '../pg/sqlstate.ts';
import { planAppChange } from './app-change.ts';
import { applyChange } from './apply-change.ts';
import type { Caller } from './call.ts';
import type { Change } from './change.ts';
import { lossOf } from './change-table.ts';
import { planTables } from './define-tables.ts';
import { counted, isTransient } from './definition-error.ts';
import { requireDefiner, requireRight } from './definition-right.ts';
import { nameOf, requireUnchanged, tablesOf } from './definition-scope.ts';
import { changesTable, type Evolved, evolve, largeTable } from './evolve.ts';
import { planLifeCycle } from './life-cycle.ts';
import { appsReferredTo } from './new-targets.ts';
import { createOperations, type OperationSettings, type Operations } from './operations.ts';
import { planChange } from './plan-change.ts';
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
              : run(connection, definition, catalog, caller, {
                  // Phases need a session of their own.
                  large: isPooled(client) ? Infinity : large,
                  left,
                }),
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
