import { systemColumns, type Table } from '../../model/table.ts';
import type { Order } from '../../statement/statement.ts';
import type { DialectRequest } from '../dialect.ts';
import { refuse } from './errors.ts';
import { lastOf } from './request.ts';

/**
 * `ordering=-created_at,name`, or else `_sort=a,b` with `_order=asc,desc`. NULL stands where Postgres puts it; the key is always last.
 * @throws ServiceError naming a column that is not there, or a direction
 */
export function orderOf(query: DialectRequest['query'], table: Table): readonly Order[] {
  const ordering = lastOf(query, 'ordering');
  if (ordering !== undefined) {
    return names(ordering).map((term) => {
      const name = term.replace(/^[-+]/, '');
      return orderBy(name, term.startsWith('-'), 'ordering', table);
    });
  }
  const directions = names(lastOf(query, '_order') ?? '');
  return names(lastOf(query, '_sort') ?? '').map((name, at) => {
    const direction = directions[at] ?? 'asc';
    if (direction !== 'asc' && direction !== 'desc') refuse('_order is asc or desc', '_order');
    return orderBy(name, direction === 'desc', '_sort', table);
  });
}

function names(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function orderBy(name: string, descending: boolean, parameter: string, table: Table): Order {
  const kept: readonly string[] = table.features.timestamps ? systemColumns.timestamps : [];
  if (!table.columns.some((column) => column.name === name) && !kept.includes(name)) {
    refuse(`${parameter}: no such field ${name}`, name, 'column_not_found');
  }
  return { field: { kind: 'column', name }, descending };
}
