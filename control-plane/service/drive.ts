import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../base/errors.ts';
import { type Connection, rowsOf } from '../catalog/connection.ts';
import { loadCatalog } from '../catalog/load.ts';
import {
  advance,
  asks,
  endOperation,
  loadOperation,
  type PhasedOperation,
  turnBack,
} from '../catalog/operations.ts';
import { lockTenant } from '../catalog/store.ts';
import { prepare } from '../compile/prepare.ts';
import { meaning } from '../compile/settle.ts';
import { type Catalog, whole, withTable } from '../model/catalog.ts';
import type { Phase } from '../model/phase.ts';
import { isDatabaseError, toServiceError } from '../pg/sqlstate.ts';
import { runSteps, store } from './apply-change.ts';
import { changeTable } from './change-table.ts';
import { counted, definitionError, isTransient, StepFailure } from './definition-error.ts';
import { fill } from './fill.ts';
import { Interrupted } from './interrupted.ts';
import { briefly, inTransaction, outsideTransaction, patiently } from './transaction.ts';

/** Waits before a lock is tried for again, milliseconds. */
const waits = [100, 300, 900];

/**
 * Takes an operation from where it stands to its end, on a session that has claimed it. Answers with the catalog it made.
 * @throws ServiceError when it failed and all it had done is undone; Interrupted when it is to be taken up again
 */
export async function drive(
  client: Connection,
  id: number,
  stopping: () => boolean,
): Promise<Catalog> {
  try {
    const operation = await inTransaction(client, (connection) => loadOperation(connection, id));
    if (!operation) throw new ServiceError('tenant_not_found');
    if (operation.status === 'running' && !operation.undoing) {
      await runPhases(client, operation, stopping);
      return await retried(() => finish(client, operation));
    }
    if (operation.status === 'running') await undo(client, operation);
    else if (operation.status !== 'failed') {
      return await inTransaction(client, (c) => loadCatalog(c, operation.tenant));
    }
    throw recordedError(operation);
  } catch (error) {
    if (error instanceof ServiceError && error.kind !== 'database_unavailable') throw error;
    if (isInterruption(error, stopping)) throw new Interrupted('interrupted', { cause: error });
    throw await turnedBack(client, id, error);
  }
}

async function runPhases(
  client: Connection,
  operation: PhasedOperation,
  stopping: () => boolean,
): Promise<void> {
  const { id, phases } = operation;
  for (let at = operation.position; at < phases.length; at++) {
    const phase = phases[at];
    if (!phase) continue;
    if (stopping()) throw new Interrupted('stopping');
    const progress = at === operation.position ? operation.progress : undefined;
    try {
      if (phase.kind === 'fill') {
        const batch = <T>(work: (connection: Connection) => Promise<T>): Promise<T> =>
          retried(() => inTransaction(client, work));
        await fill(batch, { id, position: at, phase, progress, stopping });
      } else await retried(() => runPhase(client, id, at, phase));
    } catch (error) {
      throw error instanceof Interrupted ? error : new StepFailure(phase, error);
    }
  }
}

async function runPhase(client: Connection, id: number, at: number, phase: Phase): Promise<void> {
  if (phase.kind === 'concurrent') {
    const { proof } = phase;
    const there = proof !== undefined && (await inTransaction(client, (c) => asks(c, proof)));
    // What a build that was cut short has left has to go first.
    if (!there) await outsideTransaction(client, [...phase.undo, ...phase.statements]);
    await inTransaction(client, (connection) => advance(connection, id, at + 1));
    return;
  }
  await inTransaction(client, async (connection) => {
    await connection.query(phase.lock === 'SHARE UPDATE EXCLUSIVE' ? patiently : briefly);
    for (const statement of phase.statements) await connection.query(statement);
    await advance(connection, id, at + 1);
  });
}

/** The last, short transaction: what is there is checked, takes its place, and the model says so. */
async function finish(client: Connection, operation: PhasedOperation): Promise<Catalog> {
  const { definition, before, next, loss, phases, principal } = operation;
  if (definition.kind !== 'change_table' && definition.kind !== 'rollback_operation') {
    throw new TypeError(`no change of a table: ${definition.kind}`);
  }
  return inTransaction(client, async (connection) => {
    await connection.query(briefly);
    const tenant = await lockTenant(connection, operation.tenant);
    if (!tenant) throw new StepFailure(lastStep, new ServiceError('tenant_not_found'));
    const catalog = whole(await loadCatalog(connection, operation.tenant));
    const old = catalog.tables.find(({ id }) => id === next.id);
    const proofs = phases.flatMap(({ proof }) => proof ?? []);
    const stands = old !== undefined && meaning(old) === meaning(before);
    if (!stands || !(await hold(connection, proofs))) {
      throw new StepFailure(lastStep, new ServiceError('data_conflict', changedMeanwhile));
    }
    const after = withTable(catalog, next);
    const { prepared } = prepare({ old, next, before: catalog, after, loss });
    const change = changeTable(definition, next, catalog, tenant, prepared);
    await runSteps(connection, change.steps);
    await store(connection, change, tenant, { principal });
    await endOperation(connection, operation.id, 'done');
    return loadCatalog(connection, operation.tenant);
  });
}

const lastStep = { description: 'take the place of the table as it was' };

const changedMeanwhile = 'The table was changed by other hands meanwhile';

async function hold(connection: Connection, proofs: readonly string[]): Promise<boolean> {
  for (const proof of proofs) if (!(await asks(connection, proof))) return false;
  return true;
}

/** Puts the failure on record and undoes what was done. Answers with the error to be told. */
async function turnedBack(client: Connection, id: number, error: unknown): Promise<unknown> {
  const operation = await inTransaction(client, (connection) => loadOperation(connection, id));
  if (!operation) return error;
  const { before, loss } = operation;
  const about = { table: before.name };
  const failure = await counted(error, about, loss, (query) =>
    inTransaction(client, async (connection) => {
      const [row] = await rowsOf<{ count: string }>(connection, query);
      return Number(row?.count ?? 0);
    }),
  );
  const text = `${failure.kind}: ${failure.message}`;
  await inTransaction(client, (connection) => turnBack(connection, id, text));
  await undo(client, operation);
  return failure;
}

/** Undoes phases, last first. Statements that find nothing to undo do nothing. */
async function undo(client: Connection, operation: PhasedOperation): Promise<void> {
  const { id, phases, position } = operation;
  // The transaction of the phase that failed has left nothing; a build may have.
  const reached = phases.filter(
    (phase, at) => at < position || (at === position && phase.kind === 'concurrent'),
  );
  for (const phase of reached.toReversed()) {
    if (phase.undo.length === 0) continue;
    await retried(async () => {
      try {
        if (phase.kind === 'concurrent') await outsideTransaction(client, phase.undo);
        else {
          await inTransaction(client, async (connection) => {
            await connection.query(briefly);
            for (const statement of phase.undo) await connection.query(statement);
          });
        }
      } catch (error) {
        // The table itself is gone, and with it what was to be undone.
        if (!isDatabaseError(error) || error.code !== '42P01') throw error;
      }
    }, 30);
  }
  await inTransaction(client, (connection) => endOperation(connection, id, 'failed'));
}

/** Tries again while a lock is not free or changes collide. */
async function retried<T>(work: () => Promise<T>, most = waits.length): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= most || !isTransient(error)) throw error;
      await sleep((waits[Math.min(attempt, waits.length - 1)] ?? 0) * (1 + Math.random()));
    }
  }
}

function isInterruption(error: unknown, stopping: () => boolean): boolean {
  if (error instanceof Interrupted) return true;
  const { kind } = definitionError(error, {});
  return kind === 'database_unavailable' || (stopping() && kind === 'statement_timeout');
}

/** An error told by an earlier process. */
function recordedError({ error = '', before }: PhasedOperation): ServiceError {
  const [, kind = '', message = ''] = /^(\w+): (.*)$/s.exec(error) ?? [];
  const known = kind === 'data_loss' || kind === 'database_busy' ? kind : 'data_conflict';
  return toServiceError(new ServiceError(known, message, { table: before.name }));
}
