import { classOf } from '../../base/types.ts';
import type { Table } from '../../model/table.ts';
import type { OutputItem } from '../../statement/output.ts';
import type { Predicate, Search } from '../../statement/predicate.ts';
import type { Order } from '../../statement/statement.ts';
import type { DialectRequest } from '../dialect.ts';
import { refuse } from './errors.ts';
import { lastOf } from './request.ts';

/** A search of a list. */
export interface ListSearch {
  readonly where: Predicate;
  /** The key `rank` of the rows. */
  readonly rank: OutputItem;
  /** Best first; what the list is ordered by unless it says otherwise. */
  readonly order: readonly Order[];
}

const mostFields = 10;
const mostWords = 100;

/**
 * `search=`: web-search syntax over the table's search vector. Without one every word must be part of some text field (the first ten),
 * in any case of letters, and no row ranks before another. A text without words is no search.
 */
export function parseSearch(query: DialectRequest['query'], table: Table): ListSearch | undefined {
  const text = lastOf(query, 'search');
  if (text === undefined || text.trim() === '') return undefined;
  if (!isSearchable(table)) {
    return {
      where: partly(text, table),
      rank: { kind: 'literal', value: 0, as: 'rank' },
      order: [],
    };
  }
  const search = webSearch(text, table);
  return {
    where: search,
    rank: { kind: 'rank', search, as: 'rank' },
    order: [{ field: { kind: 'rank', search }, descending: true }],
  };
}

/** The words of a table's search vector. */
export function webSearch(query: string, table: Table): Search {
  return { kind: 'search', query, mode: 'web', language: table.search?.language ?? 'english' };
}

function isSearchable(table: Table): boolean {
  return table.search !== undefined || table.columns.some(({ searchable }) => searchable);
}

function partly(text: string, table: Table): Predicate {
  const words = text.trim().split(/\s+/);
  if (words.length > mostWords) {
    refuse(`search: more than ${mostWords} words`, 'search', 'limit_exceeded');
  }
  const fields = table.columns
    .filter(({ type }) => !type.array && classOf(type) === 'text')
    .slice(0, mostFields);
  return {
    kind: 'and',
    of: words.map((operand) => ({
      kind: 'or',
      of: fields.map(({ name }) => ({
        kind: 'compare',
        field: { kind: 'column', name },
        operator: 'icontains',
        operand,
        label: 'search',
      })),
    })),
  };
}
