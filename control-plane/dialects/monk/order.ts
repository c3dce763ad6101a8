import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { Table } from '../../model/table.ts';
import type { Order } from '../../statement/statement.ts';
import { refuse } from './codes.ts';
import { findPlace, place } from './fields.ts';

/** An order in any of the spellings of section 8. NULLs stand where Postgres puts them, which is what the section asks. */
export function parseOrder(table: Table, order: Json): readonly Order[] {
  if (typeof order === 'string') return fromText(table, order);
  if (Array.isArray(order)) {
    return (order as readonly Json[]).flatMap((item) => {
      if (typeof item === 'string') return fromText(table, item);
      return isObject(item) ? fromObject(table, item) : badSpec();
    });
  }
  return isObject(order) ? fromObject(table, order) : badSpec();
}

/** The `order` of a query string: a text, a comma list, or JSON. */
export function parseOrderText(table: Table, text: string): readonly Order[] {
  if (!/^\s*[[{"]/.test(text)) return fromText(table, text);
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    return badSpec();
  }
  return parseOrder(table, value);
}

function badSpec(): never {
  return refuse('FILTER_INVALID_ORDER_SPEC', 'The order is not understood', { field: 'order' });
}

/** A column's name may hold commas and spaces when it was made elsewhere: a whole text that is a name is that column. */
function fromText(table: Table, text: string): readonly Order[] {
  if (findPlace(table, text) !== undefined) return [orderBy(table, text, 'asc')];
  return text.split(',').map((part) => {
    const item = part.trim();
    if (item === '') return badSpec();
    const gap = item.search(/\s+\S+$/);
    if (gap === -1 || findPlace(table, item) !== undefined) return orderBy(table, item, 'asc');
    return orderBy(table, item.slice(0, gap), item.slice(gap).trim());
  });
}

function fromObject(table: Table, item: JsonObject): readonly Order[] {
  const entries = Object.entries(item);
  if (entries.length === 0) {
    return refuse('FILTER_EMPTY_ORDER_OBJECT', 'An order object names a column', {
      field: 'order',
    });
  }
  const { column, sort = 'asc', ...others } = item as { column?: Json; sort?: Json };
  const isPair = typeof column === 'string' && Object.keys(others).length === 0;
  const isColumn = 'sort' in item || findPlace(table, 'column') === undefined;
  if (isPair && isColumn) return [orderBy(table, column, sort)];
  return entries.map(([name, direction]) => orderBy(table, name, direction));
}

function orderBy(table: Table, name: string, direction: Json): Order {
  const descending = isDescending(direction);
  const { field } = place(table, name);
  if (field.kind === 'access') {
    refuse('FILTER_INVALID_COLUMN', 'Access lists have no order', { field: name });
  }
  return { field, descending };
}

function isDescending(direction: Json): boolean {
  const word = typeof direction === 'string' ? direction.toLowerCase() : '';
  if (word === 'asc' || word === 'ascending') return false;
  if (word === 'desc' || word === 'descending') return true;
  return refuse('FILTER_INVALID_SORT_DIRECTION', 'A direction is asc or desc', { field: 'order' });
}
