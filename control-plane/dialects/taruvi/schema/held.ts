import { isObject, type Json, type JsonObject } from '../../../base/json.ts';
import { classOf } from '../../../base/types.ts';
import type { Report } from '../../../frictionless/report.ts';
import type { Column } from '../../../model/table.ts';
import type { ForeignKey } from './references.ts';

/** The jsonb column of tables of provider `jsonb`. */
export const holderName = 'data';

interface Parts {
  readonly said: JsonObject;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  readonly foreignKeys: readonly ForeignKey[];
}

/** Columns of provider `jsonb`: all but the key `id` are held in one document. What only columns of Postgres can do is told as a fault. */
export function heldColumns(
  { said, columns, key, foreignKeys }: Parts,
  report: Report,
): readonly Column[] {
  const unserved = (what: string, ...place: readonly string[]): void =>
    report.add('not_supported', `${what} is not supported by provider jsonb`, ...place);
  if (foreignKeys.length > 0) unserved('a foreign key', 'foreignKeys');
  if (said['indexes'] !== undefined) unserved('indexes (see x-index of a field)', 'indexes');
  if (said['uniqueKeys'] !== undefined) unserved('uniqueKeys', 'uniqueKeys');
  if (key.length !== 1 || key[0] !== 'id') unserved('a key other than id', 'primaryKey');
  const fields = Array.isArray(said['fields']) ? (said['fields'] as readonly Json[]) : [];
  return columns.map((column) => {
    if (key.includes(column.name)) return column;
    const at = fields.findIndex((field) => isObject(field) && field['name'] === column.name);
    const field = fields[at];
    const asked = isObject(field) ? field['x-index'] : undefined;
    const { touched: _, ...plain } = column;
    const indexed = asked !== undefined && isIndexed(asked, column, report.at('fields', at));
    return { ...plain, held: column.name, ...(indexed ? { indexed } : {}) };
  });
}

/** `x-index`: btree for values that have an order, gin for documents and lists. */
function isIndexed(asked: Json, { type }: Column, report: Report): boolean {
  const fit = type.array || classOf(type) === 'json' ? 'gin' : 'btree';
  if (asked === fit && type.base !== 'point') return true;
  report.add('not_supported', `x-index of this type must be ${fit}`, 'x-index');
  return false;
}
