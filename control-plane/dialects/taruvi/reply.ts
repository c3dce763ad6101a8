import type { Json, JsonObject } from '../../base/json.ts';
import type { DialectRequest, Reply } from '../dialect.ts';
import type { Page } from './page.ts';
import { mostRows, pageOf, pageState } from './page.ts';
import { flag } from './request.ts';

/** `{"status":"success","message","data",…}`; `more` are keys beside `data`. */
export function success(
  data: Json,
  message: string,
  options: { readonly status?: number; readonly more?: JsonObject } = {},
): Reply {
  const { status = 200, more = {} } = options;
  return { status, body: { json: { status: 'success', message, data, ...more } } };
}

/** As {@link success}, with data that is JSON text already. */
export function successText(
  data: string,
  message: string,
  status = 200,
  more: JsonObject = {},
): Reply {
  const head = JSON.stringify({ status: 'success', message }).slice(0, -1);
  const rest = JSON.stringify(more).slice(1, -1);
  return { status, body: `${head},"data":${data}${rest === '' ? '' : `,${rest}`}}` };
}

/** The one row of an array in JSON text. */
export function oneText(rows: string, message: string, status = 200): Reply {
  return successText(rows.trim().slice(1, -1), message, status);
}

/** Written rows as JSON text, with their number. */
export function recordsText(rows: string, count: number, message: string): Reply {
  return successText(`{"records":${rows},"count":${count}}`, message);
}

/** A list: its rows as JSON text, how many match, and where in them the page lies. `count`: rows on the page. */
export function listText(
  rows: string,
  message: string,
  page: Page & { readonly count: number; readonly total: number },
): Reply {
  return successText(rows, message, 200, { total: page.total, pagination: pageState(page) });
}

/** As {@link listText}, for rows still to be printed: the page is cut here. */
export function list(items: readonly Json[], message: string, request: DialectRequest): Reply {
  const page = pageOf(request.query);
  const rows = items.slice(page.offset, page.offset + page.limit);
  return listText(JSON.stringify(rows), message, {
    ...page,
    count: rows.length,
    total: items.length,
  });
}

/** A bare object or array; `?envelope=true` wraps it. */
export function bare(json: Json, request: DialectRequest, status = 200): Reply {
  if (!flag(request.query, 'envelope')) return { status, body: { json } };
  return success(json, 'Success', { status });
}

/** A bare list, cut by `page` and `page_size` (the most rows unless told), with the number of all in X-Total-Count. */
export function bareList(items: readonly Json[], request: DialectRequest): Reply {
  const page = pageOf(request.query, mostRows);
  const rows = items.slice(page.offset, page.offset + page.limit);
  const headers = { 'x-total-count': String(items.length) };
  const state = { ...page, count: rows.length, total: items.length };
  const reply = flag(request.query, 'envelope')
    ? listText(JSON.stringify(rows), 'Success', state)
    : { status: 200, body: { json: rows } };
  return { ...reply, headers };
}
