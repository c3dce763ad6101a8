import { ServiceError } from '../base/errors.ts';
import { type Json, type JsonObject, setMember } from '../base/json.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Insert, NewRow, Update, Upsert } from '../statement/statement.ts';
import { rowFaults } from './rows.ts';

/**
 * A write with the values of held columns, and of names that nothing declares, put into the holder. Says first what shows to be wrong with
 * them under their own names. @throws ServiceError invalid_row
 */
export function packed<T extends Insert | Upsert | Update>(statement: T, catalog: Catalog): T {
  const table = findTable(catalog, statement.table);
  if (table?.holder === undefined) return statement;
  const update = statement.kind === 'update';
  const rows = update ? statement.changes : statement.rows;
  const faults = rowFaults(table, rows, update ? 'update' : 'insert');
  if (faults.length > 0) {
    throw new ServiceError('invalid_row', undefined, { table: logicalName(table), faults });
  }
  const held = packedRows(rows, table);
  return update ? { ...statement, changes: held } : { ...statement, rows: held };
}

/** The same for rows that have been judged. */
export function packedRows(rows: readonly NewRow[], table: Table): readonly NewRow[] {
  if (table.holder === undefined) return rows;
  return rows.map((row) => ({ ...row, values: packedValues(row.values, table) }));
}

function packedValues(values: JsonObject, table: Table): JsonObject {
  const own: Record<string, Json> = {};
  const held: Record<string, Json> = {};
  for (const [name, value] of Object.entries(values)) {
    const column = table.columns.find((each) => each.name === name);
    if (column && column.held === undefined) setMember(own, name, value);
    else if (!column && name === 'created_at' && table.features.timestamps)
      setMember(own, name, value);
    else setMember(held, column?.held ?? name, value);
  }
  return { ...own, [table.holder ?? '']: held };
}
