import { randomUUID } from 'node:crypto';
import { ServiceError } from '../base/errors.ts';
import type { Connection } from '../catalog/connection.ts';
import { findOperation } from '../catalog/operations.ts';
import type { TenantRow } from '../catalog/store.ts';
import { settle } from '../compile/settle.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Definition } from '../model/definition.ts';
import type { Column, Table } from '../model/table.ts';
import { checkDraft } from '../model/table-schema.ts';
import type { Change } from './change.ts';
import { changeTable } from './change-table.ts';
import { required } from './plan-change.ts';

/**
 * The change that takes a change of a table back: to the table as it was, with what was dropped made again and empty.
 * @throws ServiceError row_not_found; rollback_conflict when it was taken back already, or a later change stands on it
 */
export async function planRollback(
  connection: Connection,
  definition: Extract<Definition, { kind: 'rollback_operation' }>,
  catalog: Catalog,
  tenant: TenantRow,
): Promise<Change> {
  const now = required(catalog, definition.table);
  const done = await findOperation(connection, tenant.id, now.id, definition.operation);
  const about = { table: now.name };
  if (!done) throw new ServiceError('row_not_found', 'No such operation', about);
  if (done.status === 'rolled_back') {
    throw new ServiceError('rollback_conflict', 'The operation was rolled back before', about);
  }
  if (done.status !== 'done' || !done.before) {
    const message = 'Only a finished change of a table can be rolled back';
    throw new ServiceError('rollback_conflict', message, about);
  }
  if (done.covered) {
    const message = 'A later change of the table has to be rolled back first';
    throw new ServiceError('rollback_conflict', message, about);
  }
  const { id: _, uuid: __, schema: ___, createdAt: ____, updatedAt: _____, ...draft } = done.before;
  const back = { ...draft, columns: draft.columns.map((column) => again(column, now)) };
  checkDraft(back, catalog, definition.table);
  return changeTable(definition, settle(back, now, catalog, randomUUID, now), catalog, tenant);
}

/** A column that comes back has no values: it can't require any without a default. */
function again(column: Column, now: Table): Column {
  const stands = now.columns.some(({ id }) => id === column.id);
  return stands || column.default || column.identity ? column : { ...column, required: false };
}
