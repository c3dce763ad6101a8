import { isStrings, type Json } from '../../../base/json.ts';
import { classOf } from '../../../base/types.ts';
import type { Report } from '../../../frictionless/report.ts';
import { draftColumn } from '../../../model/draft-column.ts';
import type { Column, UniqueRule } from '../../../model/table.ts';

/** Columns with those of the key as it needs them. */
export interface Keyed {
  readonly columns: readonly Column[];
  readonly key: readonly string[];
}

/**
 * The primary key: as named, else the field `id`, else an `id` that is added. A lone integer is numbered, a lone text or uuid gets a
 * random uuid, unless it has a default or refers to another table (`bound`).
 */
export function keyed(
  columns: readonly Column[],
  named: Json | undefined,
  bound: readonly string[],
  report: Report,
): Keyed {
  if (named === undefined && !columns.some(({ name }) => name === 'id')) {
    const id = draftColumn('id', { base: 'uuid' });
    return {
      columns: [{ ...id, required: true, default: { kind: 'random_uuid' } }, ...columns],
      key: ['id'],
    };
  }
  const key = typeof named === 'string' ? [named] : (named ?? ['id']);
  if (!isStrings(key) || key.length === 0 || new Set(key).size < key.length) {
    report.add('type', 'primaryKey must be the name of a field or a list of distinct names');
    return { columns, key: [] };
  }
  for (const name of key) {
    const column = columns.find((each) => each.name === name);
    if (!column) report.add('unknown_field', `no field ${name}`);
    else if (column.type.array || column.type.base === 'point' || classOf(column.type) === 'json') {
      report.add('not_supported', `field ${name} is of a type that cannot be a key`);
    }
  }
  const [only] = key.length === 1 ? key : [];
  return {
    key,
    columns: columns.map((column) => {
      if (!key.includes(column.name)) return column;
      const required = { ...column, required: true };
      const generated = column.name === only && !column.default && !bound.includes(column.name);
      return generated ? { ...required, ...generator(column) } : required;
    }),
  };
}

function generator({ type, format }: Column): Partial<Column> {
  if (type.base === 'smallint' || type.base === 'integer' || type.base === 'bigint') {
    return { identity: { start: 1, increment: 1, follows: true } };
  }
  const free = classOf(type) === 'text' && format === undefined;
  return type.base === 'uuid' || free ? { default: { kind: 'random_uuid' } } : {};
}

/** `uniqueKeys`: lists of fields, or a field alone. */
export function uniquesOf(
  value: Json | undefined,
  columns: readonly Column[],
  report: Report,
): readonly UniqueRule[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    report.add('type', 'uniqueKeys must be a list of lists of fields');
    return [];
  }
  const rules = new Map<string, UniqueRule>();
  for (const [at, each] of (value as readonly Json[]).entries()) {
    const names = typeof each === 'string' ? [each] : each;
    if (!isStrings(names) || names.length === 0 || new Set(names).size < names.length) {
      report.add('type', 'a unique key is a list of distinct fields', at);
      continue;
    }
    const unknown = names.find((name) => !columns.some((column) => column.name === name));
    if (unknown !== undefined) report.add('unknown_field', `no field ${unknown}`, at);
    const same = JSON.stringify(names.toSorted());
    if (rules.has(same)) report.add('duplicate', 'this unique key is there already', at);
    rules.set(same, { name: uniqueName(names, [...rules.values()]), columns: names });
  }
  return [...rules.values()];
}

/** `a_b` of fields `a`, `b`, with a number where another key is called so. */
function uniqueName(names: readonly string[], others: readonly UniqueRule[]): string {
  const plain = names.join('_');
  const taken = others.filter(({ name }) => name === plain || name.startsWith(`${plain}_`)).length;
  return taken === 0 ? plain : `${plain}_${taken + 1}`;
}
