import type { Catalog } from '../../model/catalog.ts';
import type { Table } from '../../model/table.ts';
import type { Order } from '../../statement/statement.ts';
import type { DialectRequest } from '../dialect.ts';
import { refuse } from './errors.ts';
import { placeOf } from './names.ts';
import { lastOf } from './request.ts';

/**
 * `ordering=-created_at,deal_id.name`, or else `_sort=a,b` with `_order=asc,desc`. NULL stands where Postgres puts it; the key comes last
 * by itself. Empty: no order asked for.
 * @throws ServiceError naming a field that is not there or has no order, or a direction
 */
export function parseOrdering(
  query: DialectRequest['query'],
  table: Table,
  catalog: Catalog,
): readonly Order[] {
  const orders = new Map<string, Order>();
  for (const { name, descending, parameter } of asked(query)) {
    // Whatever is named again is in order already.
    if (orders.has(name)) continue;
    orders.set(name, orderBy(name, descending, parameter, table, catalog));
  }
  return [...orders.values()];
}

interface Asked {
  readonly name: string;
  readonly descending: boolean;
  readonly parameter: string;
}

function asked(query: DialectRequest['query']): readonly Asked[] {
  const ordering = lastOf(query, 'ordering');
  if (ordering !== undefined) {
    return names(ordering).map((term) => ({
      name: term.replace(/^[-+]/, ''),
      descending: term.startsWith('-'),
      parameter: 'ordering',
    }));
  }
  const sorted = names(lastOf(query, '_sort') ?? '');
  const directions = names(lastOf(query, '_order') ?? '');
  const wrong = directions.find((each) => !/^(asc|desc)$/i.test(each));
  if (wrong !== undefined) refuse(`_order: ${wrong} is neither asc nor desc`, '_order');
  if (directions.length > sorted.length) refuse('_order says more than _sort names', '_order');
  return sorted.map((name, at) => ({
    name,
    descending: directions[at]?.toLowerCase() === 'desc',
    parameter: '_sort',
  }));
}

function names(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function orderBy(
  name: string,
  descending: boolean,
  parameter: string,
  table: Table,
  catalog: Catalog,
): Order {
  const at = placeOf(name, table, catalog);
  if (!at) return refuse(`${parameter}: no such field ${name}`, name, 'column_not_found');
  if (at.kind === 'path') refuse(`${parameter}: ${name} lies inside a document`, name);
  if (at.kind === 'point') refuse(`${parameter}: ${name} has no order`, name);
  if (!at.forward) refuse(`${parameter}: ${name} may lead to several rows`, name);
  return { field: at.field, ...(at.hops.length > 0 ? { via: at.hops } : {}), descending };
}
