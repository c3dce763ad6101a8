import { alternatives } from '../../base/alternatives.ts';
import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { DialectRequest, Route } from '../dialect.ts';
import { refuse } from './errors.ts';

type Query = DialectRequest['query'];

/** The value of a parameter that means one thing only: the last one sent. */
export function lastOf(query: Query, name: string): string | undefined {
  return query.get(name)?.at(-1);
}

/** A parameter that is true or false; absent: undefined. @throws ServiceError bad_request naming it */
export function flagOf(query: Query, name: string): boolean | undefined {
  const text = lastOf(query, name);
  if (text === undefined) return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  return refuse(`${name} must be true or false`, name);
}

/** A parameter that is one of these words; absent: undefined. @throws ServiceError bad_request naming it */
export function wordOf<const T extends string>(
  query: Query,
  name: string,
  words: readonly T[],
): T | undefined {
  const text = lastOf(query, name);
  if (text === undefined) return undefined;
  const word = words.find((each) => each === text);
  return word ?? refuse(`${name} must be ${alternatives(words)}`, name);
}

/** What stands between the fields of a CSV; absent: undefined. @throws ServiceError bad_request naming it */
export function delimiterOf(query: Query): string | undefined {
  const text = lastOf(query, 'delimiter');
  if (text === undefined || /^[^"\r\n]$/.test(text)) return text;
  return refuse('delimiter must be one character', 'delimiter');
}

/** As {@link flagOf}; absent: false. */
export function flag(query: Query, name: string): boolean {
  return flagOf(query, name) ?? false;
}

/** The body as an object. @throws ServiceError bad_request */
export function objectOf(body: Json | undefined): JsonObject {
  return isObject(body) ? body : refuse('The body must be a JSON object');
}

/** App and table that a path names. */
export interface Path {
  readonly app: string;
  /** Absent: the short form. */
  readonly datasource?: string;
  readonly table: string;
}

/** What the path names; the names are not looked up. */
export function pathOf({ params }: Pick<DialectRequest, 'params'>): Path {
  const { app = '', datasource, table = '' } = params;
  return { app, ...(datasource === undefined ? {} : { datasource }), table };
}

/** A route under a table, in its short form and under the table's datasource. `rest` begins with a slash or is empty. */
export function underTable(
  method: Route['method'],
  rest: string,
  handle: Route['handle'],
  options: Pick<Route, 'anonymous' | 'related'> = {},
): readonly Route[] {
  return ['/api/apps/:app', '/api/apps/:app/datasources/:datasource'].map((base) => ({
    method,
    path: `${base}/datatables/:table${rest}`,
    handle,
    ...options,
  }));
}
