import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { isStorableText } from '../base/storable.ts';
import { type BaseType, baseTypes, type ColumnType, type TypeClass } from '../base/types.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import { fits } from './operand.ts';
import { needColumn } from './scope.ts';

/** A key column and its type. */
export interface KeyColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** @throws ServiceError key_unsupported on a table without key */
export function keyColumns(table: Table): readonly KeyColumn[] {
  if (table.key.length === 0) {
    throw new ServiceError('key_unsupported', undefined, { table: logicalName(table) });
  }
  return table.key.map((name) => ({ name, type: needColumn(table, name) }));
}

/**
 * The values of a key text, canonical so that two spellings of one key are one; undefined when it can be no key of this table. A
 * composite key is the JSON array of its columns' values.
 */
export function parseKey(
  key: string,
  columns: readonly KeyColumn[],
): readonly string[] | undefined {
  const [only] = columns;
  if (columns.length === 1 && only) {
    const value = keyValue(key, only.type);
    return value === undefined ? undefined : [value];
  }
  const parts = jsonArray(key);
  if (parts?.length !== columns.length) return undefined;
  const values = columns.map(({ type }, at) => {
    const part = parts[at];
    return part === null || typeof part === 'object' || part === undefined
      ? undefined
      : keyValue(String(part), type);
  });
  return values.every((value) => value !== undefined) ? values : undefined;
}

/** Types whose key texts only Postgres can judge; a misfit then shows as an error of the whole statement. */
export function isJudgedByPostgres({ type }: KeyColumn): boolean {
  return judged.has(baseTypes[type.base].class);
}

const judged: ReadonlySet<TypeClass> = new Set(['time', 'other', 'range', 'multirange']);

function keyValue(text: string, type: ColumnType): string | undefined {
  if (!isStorableText(text) || !fits(text, type)) return undefined;
  return canonical[type.base]?.(text) ?? text;
}

const digits = (text: string): string => BigInt(text.replace('+', '')).toString();

const canonical: Partial<Record<BaseType, (text: string) => string>> = {
  uuid: (text) => {
    const hex = text.toLowerCase().replace(/[^0-9a-f]/g, '');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  },
  smallint: digits,
  integer: digits,
  bigint: digits,
};

function jsonArray(text: string): readonly Json[] | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
