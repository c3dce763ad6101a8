import type { Table } from '../../model/table.ts';
import type { DialectRequest } from '../dialect.ts';
import { refuse } from './errors.ts';

/**
 * The columns that rows of an upsert are found by: those of `unique_fields`, which must be those of one rule of uniqueness, or the key.
 * @throws ServiceError naming what is not unique
 */
export function uniqueFields(query: DialectRequest['query'], table: Table): readonly string[] {
  const names = (query.get('unique_fields') ?? [])
    .flatMap((text) => text.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) {
    if (table.key.length > 0) return table.key;
    return refuse('The table has no primary key: unique_fields is required', 'unique_fields');
  }
  const rule = uniqueRules(table).find(
    (columns) =>
      columns.length === new Set(names).size && columns.every((name) => names.includes(name)),
  );
  return rule ?? refuse(`unique_fields: ${names.join(',')} is not unique`, 'unique_fields');
}

/** The sets of columns of which no two rows of the table agree. */
function uniqueRules({
  key,
  columns,
  uniques = [],
  indexes = [],
}: Table): readonly (readonly string[])[] {
  return [
    ...(key.length === 0 ? [] : [key]),
    ...columns.filter(({ unique }) => unique).map(({ name }) => [name]),
    ...uniques.map((rule) => rule.columns),
    ...indexes
      .filter(({ unique, where, columns: named }) => unique && where === undefined && named)
      .map((index) => (index.columns ?? []).map(({ name }) => name)),
  ];
}
