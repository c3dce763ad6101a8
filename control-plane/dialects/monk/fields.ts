import { type ColumnType, classOf } from '../../base/types.ts';
import type { Table } from '../../model/table.ts';
import type { Field } from '../../statement/predicate.ts';
import { refuse } from './codes.ts';
import { shownLists, timeColumns } from './system-fields.ts';

/** A place in a record that conditions, orders and selections can name. */
export interface Place {
  readonly field: Field;
  /** Of a path: jsonb. */
  readonly type: ColumnType;
  /** As the caller wrote it. */
  readonly label: string;
}

const systemTime: ColumnType = { base: 'timestamptz', precision: 3 };
const textArray: ColumnType = { base: 'text', array: true };

/** The place of a name: an access list, a column, a system time, or a dotted path into a jsonb column. */
export function findPlace(table: Table, name: string): Place | undefined {
  if (table.features.acl) {
    const list = shownLists.find((item) => item.as === name)?.list;
    if (list !== undefined)
      return { field: { kind: 'access', list }, type: textArray, label: name };
  }
  const type = columnType(table, name);
  if (type !== undefined) return { field: { kind: 'column', name }, type, label: name };
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const column = name.slice(0, dot);
    const base = columnType(table, column);
    if (base !== undefined && isJson(base)) {
      return pathPlace(column, name.slice(dot + 1).split('.'), name);
    }
  }
  return undefined;
}

function columnType(table: Table, name: string): ColumnType | undefined {
  const column = table.columns.find((each) => each.name === name);
  if (column !== undefined) return column.type;
  return timeColumns(table).includes(name) ? systemTime : undefined;
}

export function place(table: Table, name: string): Place {
  const found = findPlace(table, name);
  if (found === undefined) {
    return refuse('FILTER_INVALID_COLUMN', `Column '${name}' does not exist`, { field: name });
  }
  return found;
}

/** Further into a jsonb value. */
export function inner(outer: Place, key: string): Place {
  const { field } = outer;
  const label = `${outer.label}.${key}`;
  const path = key.split('.');
  if (field.kind === 'path') return pathPlace(field.column, [...field.path, ...path], label);
  if (field.kind === 'column') return pathPlace(field.name, path, label);
  return refuse('FILTER_INVALID_COLUMN', `Column '${label}' does not exist`, { field: label });
}

function pathPlace(column: string, path: readonly string[], label: string): Place {
  if (path.some((segment) => segment === '')) {
    refuse('FILTER_INVALID_FIELD_FORMAT', `Path '${label}' has an empty part`, { field: label });
  }
  return { field: { kind: 'path', column, path }, type: { base: 'jsonb' }, label };
}

export function isJson(type: ColumnType): boolean {
  return !type.array && classOf(type) === 'json';
}
