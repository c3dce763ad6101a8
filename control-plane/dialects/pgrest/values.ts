import { isExactNumber, isNumber, type Json, type JsonObject } from '../../base/json.ts';
import { baseTypes, type ColumnType } from '../../base/types.ts';
import type { Column } from '../../model/table.ts';
import { refuse } from './errors.ts';

/** Why a JSON value can't be of the type; nothing is coerced. Times and dates are left to Postgres. */
export function misfit(value: Json, type: ColumnType): string | undefined {
  if (value === null) return undefined;
  if (type.array) {
    if (!Array.isArray(value)) return 'must be an array';
    const { array: _, ...element } = type;
    const wrong = (value as readonly Json[]).map((each) => misfit(each, element));
    const first = wrong.find((each) => each !== undefined);
    return first === undefined ? undefined : `each item ${first}`;
  }
  if (type.base === 'enum') {
    const values = type.enumeration?.values ?? [];
    return typeof value === 'string' && values.includes(value)
      ? undefined
      : `must be one of ${values.join(', ')}`;
  }
  if (type.base === 'varchar' && typeof value === 'string') {
    // Code units are never fewer than characters: only a longer text is counted.
    return type.length !== undefined &&
      value.length > type.length &&
      [...value].length > type.length
      ? `must have at most ${type.length} characters`
      : undefined;
  }
  return isOf(value, type) ? undefined : expectation[baseTypes[type.base].json];
}

function isOf(value: Json, type: ColumnType): boolean {
  switch (baseTypes[type.base].json) {
    case 'any':
      return true;
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'number':
      return isNumber(value);
    case 'integer':
      return type.base === 'bigint'
        ? isWhole(value)
        : typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 2 ** 31;
  }
}

function isWhole(value: Json): boolean {
  return Number.isInteger(value) || (isExactNumber(value) && /^-?\d{16,19}$/.test(value.rawJSON));
}

const expectation: Readonly<Record<string, string>> = {
  string: 'must be text',
  integer: 'must be an integer within the range of its type',
  number: 'must be a number',
  boolean: 'must be true or false',
};

/**
 * Judges rows of a table: gives the values of one, as they were sent, when all of them fit. What is the same for every row is worked out
 * once: a request may bring 10,000. `place` says which row it is. @throws ServiceError naming the column
 */
export function rowJudge(
  columns: readonly Column[],
  { create, key }: { readonly create: boolean; readonly key?: string },
): (sent: JsonObject, place?: string) => JsonObject {
  const known = new Map(columns.map((column) => [column.name, column]));
  const needed = create ? columns.filter(isRequired) : [];
  return (sent, place = '') => {
    for (const name of Object.keys(sent)) {
      const value = sent[name] ?? null;
      const column = known.get(name);
      if (!column) refuse(`${place}There is no column ${name}`, name, 'column_not_found');
      const fault = misfit(value, column.type);
      if (fault !== undefined) refuse(`${place}${name} ${fault}`, name, 'invalid_row');
      if (value !== null) continue;
      const numbered = create && column.identity !== undefined;
      if ((column.required || name === key) && !numbered) {
        refuse(`${place}${name} must not be null`, name, 'invalid_row');
      }
    }
    const absent = needed.find(({ name }) => !Object.hasOwn(sent, name));
    if (absent) refuse(`${place}${absent.name} is required`, absent.name, 'invalid_row');
    return sent;
  };
}

/** `null: false` asks for the value in every new row, default or not; a number comes by itself. */
export function isRequired(column: Column): boolean {
  if (column.identity !== undefined) return false;
  return column.required && !(column.default !== undefined && column.default.kind === 'uuid');
}
