import { ServiceError } from '../../base/errors.ts';
import { digitsOf, isNumber, type Json } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import { refuse } from './errors.ts';

/** Values of a key, in the order of its columns. */
export type Key = readonly string[];

/**
 * The key that an id of a path means: itself, or the parts of a composite one, `a,b` or a JSON array. Undefined: it can be no key.
 */
export function keyOf(id: string, table: Table): Key | undefined {
  if (table.key.length === 0) {
    throw new ServiceError('key_unsupported', 'The table has no primary key');
  }
  if (table.key.length === 1) return [id];
  const parts = arrayOf(id)?.map(scalar) ?? id.split(',');
  return parts.length === table.key.length && parts.every((part) => part !== undefined)
    ? parts
    : undefined;
}

/** A key as statements name it. */
export function keyText(key: Key): string {
  return key.length === 1 ? (key[0] ?? '') : JSON.stringify(key);
}

/** The text of an id as statements name it; what can be no key is no row's. */
export function idText(id: string, table: Table): string {
  const key = keyOf(id, table);
  return key === undefined ? id : keyText(key);
}

/**
 * The keys of a list: comma text or a JSON array. Of composite keys: their parts one after the other, or an array of arrays or texts.
 * @throws ServiceError bad_request naming `ids`
 */
export function parseIds(text: string, table: Table): readonly Key[] {
  const list = arrayOf(text) ?? text.split(',').map((part) => part.trim());
  const size = table.key.length;
  if (size === 1) return list.map((item) => [scalar(item) ?? malformed()]);
  if (
    list.every((item) => Array.isArray(item) || (typeof item === 'string' && item.includes(',')))
  ) {
    return list.map((item) => {
      const parts = Array.isArray(item)
        ? (item as readonly Json[]).map((part) => scalar(part) ?? malformed())
        : String(item).split(',');
      return parts.length === size ? parts : malformed();
    });
  }
  if (list.length % size !== 0) return malformed();
  const parts = list.map((item) => scalar(item) ?? malformed());
  return Array.from({ length: list.length / size }, (_, at) =>
    parts.slice(at * size, (at + 1) * size),
  );
}

/** The row is one of these. */
export function isAmong(keys: readonly Key[], { key: columns }: Table): Predicate {
  const [only = '', second] = columns;
  const field = (name: string) => ({ kind: 'column', name }) as const;
  if (second === undefined) {
    const operand = keys.map(([value = '']) => value);
    return { kind: 'compare', field: field(only), operator: 'in', operand, label: 'ids' };
  }
  const equals = (key: Key): Predicate => ({
    kind: 'and',
    of: columns.map((name, at) => ({
      kind: 'compare',
      field: field(name),
      operator: 'eq',
      operand: key[at] ?? '',
      label: 'ids',
    })),
  });
  return { kind: 'or', of: keys.map(equals) };
}

/** A value of a key as text; undefined: no key holds it. */
export function scalar(value: Json | undefined): string | undefined {
  if (isNumber(value)) return digitsOf(value);
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : undefined;
}

function arrayOf(text: string): readonly Json[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  try {
    const value = parseJson(text);
    return Array.isArray(value) ? (value as readonly Json[]) : undefined;
  } catch {
    return undefined;
  }
}

function malformed(): never {
  return refuse('ids must be a list of keys', 'ids');
}
