import type { JsonObject } from '../../base/json.ts';
import type { DialectRequest } from '../dialect.ts';
import { refuse } from './errors.ts';
import { lastOf } from './request.ts';

/** Rows of a page at most; more are cut to this. */
export const mostRows = 1000;

const usual = 100;

/** Which of the matches a reply holds. */
export interface Page {
  readonly offset: number;
  readonly limit: number;
}

type Query = DialectRequest['query'];

/**
 * `page` (from 1) with `page_size` or `pageSize`, `limit` with `offset`, or `_start` with `_end`; the first style named counts.
 * @throws ServiceError bad_request naming the parameter
 */
export function pageOf(query: Query, preset = usual): Page {
  const size = number(query, 'page_size', 1) ?? number(query, 'pageSize', 1);
  const page = number(query, 'page', 1);
  if (page !== undefined || size !== undefined) {
    const limit = Math.min(size ?? preset, mostRows);
    return { offset: within(((page ?? 1) - 1) * limit, 'page'), limit };
  }
  const limit = number(query, 'limit', 0);
  const offset = number(query, 'offset', 0);
  if (limit !== undefined || offset !== undefined) {
    return { offset: offset ?? 0, limit: Math.min(limit ?? preset, mostRows) };
  }
  const start = number(query, '_start', 0) ?? 0;
  const end = number(query, '_end', 0) ?? start + preset;
  if (end < start) refuse('_end lies before _start', '_end');
  return { offset: start, limit: Math.min(end - start, mostRows) };
}

/** Where the page lies, as replies tell it. */
export function pageState({
  offset,
  limit,
  count,
  total,
}: Page & { readonly count: number; readonly total: number }): JsonObject {
  return {
    offset,
    limit,
    count,
    current_page: limit === 0 ? 1 : Math.floor(offset / limit) + 1,
    total_pages: limit === 0 ? 0 : Math.ceil(total / limit),
    has_next: offset + count < total,
    has_previous: offset > 0,
  };
}

function number(query: Query, name: string, least: number): number | undefined {
  const text = lastOf(query, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,16}$/.test(text) || Number(text) < least) {
    refuse(`${name} must be a whole number from ${least}`, name);
  }
  return within(Number(text), name);
}

function within(value: number, name: string): number {
  return Number.isSafeInteger(value) ? value : refuse(`${name} is too large`, name);
}
