import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { AppPart, LifeCycle } from '../../model/app-definition.ts';
import type { Catalog } from '../../model/catalog.ts';
import type { Right } from '../../model/role.ts';
import type { Action, DialectRequest, Reply, Route, RouteContext } from '../dialect.ts';
import { notFound, refuse } from './errors.ts';
import { flag, objectOf } from './request.ts';

type Handler = (request: DialectRequest, context: RouteContext) => Action;

/** A route of management with the right it asks for, which Postgres judges before anything else of the request is. */
export function managed(
  method: Route['method'],
  path: string,
  right: Extract<Right, 'inspect' | 'found' | 'administer'>,
  handle: Handler,
): Route {
  return { method, path: `/api/apps${path}`, right, handle };
}

/** A route on the tables of an app, in its short form and under a datasource. */
export function ofTables(
  method: Route['method'],
  rest: string,
  right: 'inspect' | 'administer',
  handle: Handler,
): readonly Route[] {
  return ['/:app/datatables', '/:app/datasources/:datasource/datatables'].map((base) =>
    managed(method, `${base}${rest}`, right, handle),
  );
}

/** @throws ServiceError relation_not_found */
export function notFoundIn(what: 'app' | 'datasource', params: DialectRequest['params']): never {
  throw notFound(`${what} '${params[what] ?? ''}'`);
}

/** Keys of an object as replies show it that a body may repeat, to no effect. */
const shown = ['id', 'created_at', 'updated_at', 'created_by', 'modified_by', 'table_count'];

/**
 * The body with only the keys that mean something, whose types must be right.
 * @throws ServiceError bad_request naming an unknown key, invalid_definition naming one of another type
 */
export function fieldsOf(
  { body }: DialectRequest,
  types: Readonly<Record<string, FieldType>>,
  ignored: readonly string[] = [],
): JsonObject {
  const sent = objectOf(body);
  const fields = Object.entries(sent).filter(([key]) => ![...shown, ...ignored].includes(key));
  for (const [key, value] of fields) {
    const type = Object.hasOwn(types, key) ? types[key] : undefined;
    if (type === undefined) return refuse(`Unknown field ${key}`, key);
    if (!fits[type](value)) refuse(`${key} must be ${words[type]}`, key, 'invalid_definition');
  }
  return Object.fromEntries(fields);
}

export type FieldType = 'text' | 'nullable text' | 'object' | 'texts' | 'boolean' | 'any';

const fits: Readonly<Record<FieldType, (value: Json) => boolean>> = {
  text: (value) => typeof value === 'string',
  'nullable text': (value) => value === null || typeof value === 'string',
  object: isObject,
  texts: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  boolean: (value) => typeof value === 'boolean',
  any: () => true,
};

const words: Readonly<Record<FieldType, string>> = {
  text: 'text',
  'nullable text': 'text or null',
  object: 'an object',
  texts: 'a list of texts',
  boolean: 'true or false',
  any: 'anything',
};

/** A key that must be sent. @throws ServiceError invalid_definition */
export function required(fields: JsonObject, key: string): string {
  const value = fields[key];
  if (typeof value === 'string' && value.trim() !== '') return value;
  return refuse(`${key} is required`, key, 'invalid_definition');
}

/** What never changes may be sent as it is. @throws ServiceError invalid_definition */
export function requireSame(fields: JsonObject, key: string, value: string | boolean): void {
  if (fields[key] === undefined || fields[key] === value) return;
  refuse(`${key} cannot change`, key, 'invalid_definition');
}

/** Whether lists hold what is deactivated too. */
export function includesInactive({ query }: DialectRequest): boolean {
  return flag(query, 'include_inactive');
}

/** DELETE: deactivates, or with `purge=true` drops for good; `force=true` gives up references of other tables. */
export function removal({ query }: DialectRequest, part: AppPart): Action {
  const kind = flag(query, 'purge') ? 'purge' : 'deactivate';
  return lifeCycle(kind, part, flag(query, 'force'), () => ({ status: 204, body: '' }));
}

/** POST …/restore/. */
export function restoration(
  { query }: DialectRequest,
  part: AppPart,
  reply: (catalog: Catalog) => Reply,
): Action {
  return lifeCycle('reactivate', part, flag(query, 'force'), reply);
}

function lifeCycle(
  kind: LifeCycle['kind'],
  part: AppPart,
  force: boolean,
  reply: (catalog: Catalog) => Reply,
): Action {
  return {
    kind: 'definition',
    definition: { kind, part, ...(force ? { force } : {}) },
    reply: ({ catalog }) => reply(catalog),
  };
}
