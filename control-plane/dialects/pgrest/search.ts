import { nearestName } from '../../model/catalog.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Order, Read } from '../../statement/statement.ts';
import type { DialectRequest } from '../dialect.ts';
import { refuse } from './errors.ts';
import { compare, isPatternable, operatorOf } from './operators.ts';
import { once, page } from './params.ts';
import { checkCount, parseWhere, readWhere } from './where.ts';

const reserved: readonly string[] = ['where', 'order', 'limit', 'offset'];

/** What the parameters of a list ask for; `cap` is the most rows of a page. @throws ServiceError naming the parameter, column or operator that is unknown */
export function parseSearch(
  query: DialectRequest['query'],
  table: Pick<Table, 'columns'>,
  cap: number,
): Required<Pick<Read, 'limit' | 'offset' | 'order' | 'where'>> {
  const single = new Map<string, string>();
  const conditions: Predicate[] = [];
  for (const [key, values] of query) {
    if (reserved.includes(key)) single.set(key, once(key, values));
    else conditions.push(...values.map((value) => condition(key, value, table)));
  }
  const where = single.get('where');
  if (where !== undefined && where !== '') conditions.push(...parseWhere(readWhere(where), table));
  checkCount(conditions);
  return {
    ...page(single, cap),
    order: orderOf(single.get('order'), table),
    where: { kind: 'and', of: conditions },
  };
}

function condition(key: string, value: string, table: Pick<Table, 'columns'>): Predicate {
  const dot = key.lastIndexOf('.');
  if (dot === -1) return refuse(`Unknown parameter ${key}`, key, 'unknown_parameter');
  const name = key.slice(0, dot);
  const word = key.slice(dot + 1);
  const column = nearestName(table.columns, name);
  if (!column) return refuse(`There is no column ${name}`, name, 'column_not_found');
  const row = operatorOf(word, false);
  if (!row) return refuse(`Unknown operator ${word}`, key, 'unknown_operator');
  if (row.value === 'text' && !isPatternable(column.type)) {
    refuse(`${key} goes with text only`, key, 'invalid_operand');
  }
  return compare(column, row, value, key);
}

/** `column`, `column,ASC`, `column,DESC`. */
function orderOf(text: string | undefined, table: Pick<Table, 'columns'>): readonly Order[] {
  if (text === undefined || text === '') return [];
  const match = /^(.*?)\s*(?:,\s*(asc|desc)\s*)?$/is.exec(text);
  const whole = nearestName(table.columns, text);
  const name = match?.[1] ?? text;
  const column = whole ?? nearestName(table.columns, name);
  if (!column) return refuse(`There is no column ${name}`, 'order', 'column_not_found');
  const descending = whole === undefined && match?.[2]?.toLowerCase() === 'desc';
  return [{ field: { kind: 'column', name: column.name }, descending }];
}
