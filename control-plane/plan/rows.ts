import { compositeText, isComposite } from '../base/composite.ts';
import { type Fault, ServiceError } from '../base/errors.ts';
import { isExactNumber, type Json } from '../base/json.ts';
import { baseTypes, type ColumnType } from '../base/types.ts';
import { ownColumns } from '../model/held.ts';
import type { Column, Table } from '../model/table.ts';
import { engineColumns, logicalName } from '../model/table-schema.ts';
import type { NewRow } from '../statement/statement.ts';
import { fits, isStorable } from './operand.ts';

/** A column that some of the rows name. */
export interface Named {
  readonly name: string;
  readonly type: ColumnType;
  /** Named by every row. */
  readonly always: boolean;
}

/** The columns the rows name, in the table's order. @throws ServiceError invalid_row with every fault that shows without Postgres */
export function namedColumns(
  table: Table,
  rows: readonly NewRow[],
  mode: 'insert' | 'update',
): readonly Named[] {
  // Rows with a holder have been judged before they were packed.
  const faults = table.holder === undefined ? rowFaults(table, rows, mode) : [];
  if (faults.length > 0) {
    throw new ServiceError('invalid_row', undefined, { table: logicalName(table), faults });
  }
  return [...writableColumns(table, mode, ownColumns(table))].flatMap(([name, type]) => {
    let count = 0;
    for (const { values } of rows) if (Object.hasOwn(values, name)) count++;
    return count === 0 ? [] : [{ name, type, always: count === rows.length }];
  });
}

/** Every fault of rows that shows without Postgres. */
export function rowFaults(
  table: Table,
  rows: readonly NewRow[],
  mode: 'insert' | 'update',
): readonly Fault[] {
  const writable = writableColumns(table, mode, table.columns);
  const faults: Fault[] = [];
  for (const [row, { values, faults: sent = [] }] of rows.entries()) {
    // No list is made of a row without a fault: of 10,000 rows that took longer than judging them.
    for (const field of Object.keys(values)) {
      const fault = faultOf(field, values[field] ?? null, row, table, writable);
      if (fault !== undefined) faults.push(fault);
    }
    for (const fault of sent) faults.push({ ...fault, row });
  }
  return faults;
}

/** What a caller may set: user columns, and the time of creation of new rows. */
function writableColumns(
  table: Table,
  mode: 'insert' | 'update',
  of: readonly Column[],
): ReadonlyMap<string, ColumnType> {
  const columns = new Map(of.map(({ name, type }) => [name, type]));
  if (table.holder !== undefined && of !== table.columns) {
    columns.set(table.holder, { base: 'jsonb' });
  }
  if (mode === 'insert' && table.features.timestamps) {
    columns.set('created_at', { base: 'timestamptz', precision: 3 });
  }
  return columns;
}

function faultOf(
  field: string,
  value: Json,
  row: number,
  table: Table,
  writable: ReadonlyMap<string, ColumnType>,
): Fault | undefined {
  const type = writable.get(field);
  if (!type && (table.holder === undefined || engineColumns(table).includes(field))) {
    return engineColumns(table).includes(field)
      ? { row, field, code: 'system_field', message: 'Only the server sets this' }
      : { row, field, code: 'unknown_field', message: 'No such column' };
  }
  const message = misfitOf(value, type ?? { base: 'jsonb' });
  return message === undefined ? undefined : { row, field, code: 'type', message };
}

/** Why a JSON value can't be stored in a column, as far as that shows without Postgres. */
function misfitOf(value: Json, type: ColumnType): string | undefined {
  if (value === null) return undefined;
  if (!isStorable(value)) return 'U+0000 and halves of surrogate pairs cannot be stored';
  if (type.base === 'jsonb' && !type.array) return undefined;
  if (isComposite(type)) {
    return compositeText(value, type) === undefined ? expectation(type) : undefined;
  }
  if (!type.array) return isValue(value, type) ? undefined : expectation(type);
  const { array: _, ...element } = type;
  const good =
    Array.isArray(value) && value.every((item) => item === null || isValue(item, element));
  return good ? undefined : `Must be an array: each member ${expectation(element).toLowerCase()}`;
}

function isValue(value: Json, type: ColumnType): boolean {
  if (type.base === 'jsonb') return true;
  if (isExactNumber(value)) return fits(value, type);
  if (value === null || typeof value === 'object') return false;
  if (type.base === 'boolean') return typeof value === 'boolean';
  if (type.base === 'enum') return type.enumeration?.values.includes(String(value)) ?? false;
  return fits(value, type);
}

function expectation(type: ColumnType): string {
  switch (baseTypes[type.base].class) {
    case 'number':
      return baseTypes[type.base].json === 'integer'
        ? 'Must be an integer within range'
        : 'Must be a number';
    case 'boolean':
      return 'Must be true or false';
    case 'uuid':
      return 'Must be a uuid';
    case 'time':
      return type.base === 'date' ? 'Must be a date (YYYY-MM-DD)' : 'Must be a time in ISO 8601';
    case 'range':
      return 'Must be a range: {"lower", "upper", "bounds"} or "lower,upper"';
    case 'multirange':
      return 'Must be a list of ranges';
    default:
      return type.base === 'point'
        ? 'Must be a point: "lon,lat", [lon, lat] or {"lon", "lat"}'
        : type.base === 'interval'
          ? 'Must be an ISO 8601 duration'
          : 'Must be a string';
  }
}
