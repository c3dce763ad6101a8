import { ServiceError } from '../base/errors.ts';
import type { Connection } from '../catalog/connection.ts';
import { markRolledBack } from '../catalog/operations.ts';
import {
  bumpVersion,
  type Operation,
  storeEnums,
  storeGrant,
  storeOperation,
  storeReferences,
  storeRemoval,
  storeRole,
  storeTable,
  type TenantRow,
} from '../catalog/store.ts';
import type { Step } from '../compile/step.ts';
import { retiredName } from '../compile/table.ts';
import { patternOf } from '../model/flags.ts';
import type { Table } from '../model/table.ts';
import type { Change } from './change.ts';
import { StepFailure } from './definition-error.ts';

/** Runs and stores a change within the caller's transaction. Answers with the public id of its record. */
export async function applyChange(
  connection: Connection,
  change: Change,
  tenant: TenantRow,
  by: Pick<Operation, 'principal' | 'requestId'>,
): Promise<string> {
  for (const table of tablesOf(change)) await tryPatterns(connection, table);
  await runSteps(connection, change.steps);
  const table = (await change.finish?.(connection)) ?? change.table;
  await store(connection, table ? { ...change, table } : change, tenant, by);
  return storeOperation(connection, tenant.id, { ...change.operation, ...by });
}

/** Runs the statements of steps within the caller's transaction. @throws StepFailure */
export async function runSteps(connection: Connection, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.forward.length === 0) continue;
    try {
      // One round trip a step.
      await connection.query(step.forward.join(';\n'));
    } catch (error) {
      throw new StepFailure(step, error);
    }
  }
}

/** The tables that a change makes or changes. */
function tablesOf({ table, edges, tables = [] }: Change): readonly Table[] {
  return [...(table ? [table] : []), ...(edges ? [edges] : []), ...tables];
}

/** The model's side of a change. */
export async function store(
  connection: Connection,
  change: Change,
  tenant: TenantRow,
  by: Pick<Operation, 'principal'>,
): Promise<void> {
  const { removed, before, after, enums, gone, role } = change;
  for (const relation of gone ?? []) await storeRemoval(connection, tenant.id, relation);
  if (enums) await storeEnums(connection, tenant.id, enums);
  const by_ = { by: by.principal };
  if (role?.kind === 'create') await storeRole(connection, tenant.id, { ...role, ...by_ });
  else if (role) {
    const held = role.kind === 'grant';
    await storeGrant(connection, tenant.id, { role: role.name, sub: role.sub, held, ...by_ });
  }
  if (removed) {
    const physical = retiredName(removed.table);
    const retired = removed.retain ? { physical, by: by.principal } : undefined;
    await storeRemoval(connection, tenant.id, removed.table, retired);
  }
  const stored = tablesOf(change);
  for (const table of stored) await storeTable(connection, tenant.id, table);
  await change.rows?.(connection, tenant.id, by.principal);
  for (const other of after.tables) {
    const old = before.tables.find(({ id }) => id === other.id);
    if (!stored.some(({ id }) => id === other.id) && old && old !== other) {
      await storeReferences(connection, tenant.id, other);
    }
  }
  if (change.takesBack) await markRolledBack(connection, tenant.id, change.takesBack);
  await bumpVersion(connection, tenant.id, before, change.lastRelation);
}

/** A regular expression is read only when a row meets it: a faulty one would stay unnoticed until the first write. */
export async function tryPatterns(connection: Connection, table: Table): Promise<void> {
  for (const column of table.columns) {
    const { name, pattern } = column;
    if (pattern === undefined) continue;
    try {
      // Alone too: within others' parentheses its own need not match.
      await connection.query("select '' ~ $1::text, '' ~ $2::text", [pattern, patternOf(column)]);
    } catch (error) {
      const detail = { table: table.name, field: name, reason: 'pattern' };
      const message = `Pattern of column '${name}' is not a valid regular expression`;
      throw new ServiceError('invalid_definition', message, detail, { cause: error });
    }
  }
}
