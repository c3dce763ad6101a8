import type { DataLoss, Definition } from '../model/definition.ts';
import type { OperationState } from '../model/operation.ts';
import type { Phase } from '../model/phase.ts';
import type { Table } from '../model/table.ts';
import { type Connection, rowsOf } from './connection.ts';
import type { Operation } from './store.ts';

/** Where a phase that fills a column has come to, in blocks of the table. */
export interface Progress {
  readonly block: number;
  readonly end: number;
  readonly step: number;
}

/** A change of a table that is made in phases, as it is on record. */
export interface PhasedOperation {
  readonly id: number;
  readonly uuid: string;
  readonly tenant: string;
  readonly status: OperationState;
  readonly principal: string;
  readonly requestId: string;
  readonly definition: Definition;
  readonly before: Table;
  readonly next: Table;
  readonly loss: DataLoss;
  readonly phases: readonly Phase[];
  readonly position: number;
  readonly progress?: Progress;
  readonly undoing: boolean;
  /** Why it failed, as recorded. */
  readonly error?: string;
}

/** What begins such an operation. */
export interface Beginning extends Operation {
  readonly relation: number;
  readonly before: Table;
  readonly next: Table;
  readonly loss: DataLoss;
  readonly phases: readonly Phase[];
  readonly involved: readonly number[];
}

/** One lock of a session a running operation; whoever holds it drives it. A number of our own tells them from other locks. */
const lockClass = 724_110;

/** Whether this session now drives the operation. It does until {@link release} or the end of the session. */
export async function claim(connection: Connection, id: number): Promise<boolean> {
  return asks(connection, 'select pg_try_advisory_lock($1, $2) as done', [lockClass, id]);
}

/** Lets go of an operation, so that another process may take it up. */
export async function release(connection: Connection, id: number): Promise<void> {
  await connection.query('select pg_advisory_unlock($1, $2)', [lockClass, id]);
}

/** A query of one boolean. */
export async function asks(
  connection: Connection,
  query: string,
  values: readonly unknown[] = [],
): Promise<boolean> {
  const [row] = await rowsOf<{ done: boolean }>(connection, query, values);
  return row?.done === true;
}

/** Puts an operation on record before its first phase. Answers with its number and public id. */
export async function beginOperation(
  connection: Connection,
  tenantId: number,
  operation: Beginning,
): Promise<{ readonly id: number; readonly uuid: string }> {
  const { table, before, next, loss, phases } = operation;
  const [row] = await rowsOf<{ id: string; uuid: string }>(
    connection,
    `insert into control.operations (tenant_id, relation_id, app, datasource, principal, kind, definition, forward_sql,
       rollback_sql, status, request_id, changes, before, plan, phases, involved, heartbeat)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'running', $10, $11, $12, $13, $14, $15, clock_timestamp())
     returning id, uuid`,
    [
      tenantId,
      operation.relation,
      table?.app ?? null,
      table?.datasource ?? null,
      operation.principal,
      operation.kind,
      JSON.stringify(operation.definition),
      operation.forward,
      operation.reverse,
      operation.requestId,
      JSON.stringify(operation.changes ?? []),
      JSON.stringify(before),
      JSON.stringify({ next, loss }),
      JSON.stringify(phases),
      operation.involved,
    ],
  );
  return { id: Number(row?.id), uuid: row?.uuid ?? '' };
}

const shape = `jsonb_strip_nulls(jsonb_build_object('id', o.id, 'uuid', o.uuid, 'tenant', t.slug, 'status', o.status,
  'principal', o.principal, 'requestId', coalesce(o.request_id, ''), 'position', o.position, 'progress', o.progress,
  'undoing', o.undoing, 'error', o.error))
  || jsonb_build_object('definition', o.definition, 'before', o.before, 'phases', o.phases) || coalesce(o.plan, '{}')`;

/** An operation by its number. */
export async function loadOperation(
  connection: Connection,
  id: number,
): Promise<PhasedOperation | undefined> {
  const [row] = await rowsOf<{ operation: PhasedOperation }>(
    connection,
    `select ${shape} as operation from control.operations as o join control.tenants as t on t.id = o.tenant_id where o.id = $1`,
    [id],
  );
  return row?.operation;
}

/** Operations under way, and those a process left when it ended: `left`. */
export async function runningOperations(
  connection: Connection,
  tenantId?: number,
): Promise<
  readonly {
    readonly id: number;
    readonly tenant: string;
    readonly involved: readonly number[];
    readonly left: boolean;
  }[]
> {
  return rowsOf(
    connection,
    `select o.id::integer, t.slug as tenant, o.involved,
       not exists (select from pg_locks as l where l.locktype = 'advisory' and l.classid::bigint = $1 and l.objid::bigint = o.id
         and l.database = (select oid from pg_database where datname = current_database())) as "left"
     from control.operations as o join control.tenants as t on t.id = o.tenant_id
     where o.status = 'running' and ($2::integer is null or o.tenant_id = $2) order by o.id`,
    [lockClass, tenantId ?? null],
  );
}

/** Goes on record before the phase at `position` is begun or goes on. */
export async function advance(
  connection: Connection,
  id: number,
  position: number,
  progress?: Progress,
): Promise<void> {
  await connection.query(
    'update control.operations set position = $2, progress = $3, heartbeat = clock_timestamp() where id = $1',
    [id, position, progress === undefined ? null : JSON.stringify(progress)],
  );
}

/** From here on the way leads back, whoever goes it. */
export async function turnBack(connection: Connection, id: number, error: string): Promise<void> {
  await connection.query(
    'update control.operations set undoing = true, error = $2, heartbeat = clock_timestamp() where id = $1',
    [id, error],
  );
}

/** The end of an operation. What it needed on the way goes with it. */
export async function endOperation(
  connection: Connection,
  id: number,
  status: 'done' | 'failed',
): Promise<void> {
  await connection.query(
    `update control.operations set status = $2, plan = null, progress = null, heartbeat = null,
       finished_at = clock_timestamp() where id = $1`,
    [id, status],
  );
}

/** A finished change of a table, for taking it back. */
export interface DoneOperation {
  readonly kind: string;
  readonly status: string;
  readonly before: Table | null;
  /** A later change of the table stands. */
  readonly covered: boolean;
}

/** An operation on a table by its public id. */
export async function findOperation(
  connection: Connection,
  tenantId: number,
  relation: number,
  uuid: string,
): Promise<DoneOperation | undefined> {
  const [row] = await rowsOf<DoneOperation>(
    connection,
    `select o.kind, o.status, o.before,
       exists (select from control.operations as later where later.tenant_id = o.tenant_id
         and later.relation_id = o.relation_id and later.id > o.id and later.before is not null
         and later.status in ('done', 'running') and later.kind <> 'rollback_operation') as covered
     from control.operations as o where o.tenant_id = $1 and o.relation_id = $2 and o.uuid::text = lower($3)`,
    [tenantId, relation, uuid],
  );
  return row;
}

/** The operation was taken back by another. */
export async function markRolledBack(
  connection: Connection,
  tenantId: number,
  uuid: string,
): Promise<void> {
  await connection.query(
    `update control.operations set status = 'rolled_back' where tenant_id = $1 and uuid::text = lower($2)`,
    [tenantId, uuid],
  );
}
