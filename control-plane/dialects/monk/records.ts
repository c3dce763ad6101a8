import { isObject, type Json, type JsonObject, memberOf } from '../../base/json.ts';
import type { DialectRequest, RouteContext } from '../dialect.ts';
import { objects, oneObject } from './changes.ts';
import { refuse } from './codes.ts';
import { parseWhere } from './filter.ts';
import { isPermanent, largestPage, list, parseQuery, queryShow, showOf, whereOf } from './find.ts';
import type { Shape } from './respond.ts';
import { keyOf, needFeature, toRead, toWrite } from './tables.ts';
import type { Work } from './work.ts';
import {
  createRecords,
  deleteRecords,
  deleteWhere,
  type KeyedBody,
  readRecord,
  restoreRecords,
  updateRecords,
  updateWhere,
} from './writes.ts';

type Handler = (request: DialectRequest, context: RouteContext, shape: Shape) => Work;

const schemaOf = (request: DialectRequest): string => request.params['schema'] ?? '';
const idOf = (request: DialectRequest): string => request.params['id'] ?? '';

export const listRecords: Handler = (request, context, shape) => {
  const table = toRead(context, schemaOf(request));
  return list(table, parseQuery(table, request.query, context), shape);
};

export const getRecord: Handler = (request, context, shape) => {
  const table = toRead(context, schemaOf(request));
  keyOf(table);
  const show = showOf(queryShow(request.query), context.principal, 'trashed');
  return readRecord(table, idOf(request), show, shape);
};

export const postRecords: Handler = (request, context, shape) => {
  const table = toWrite(context, schemaOf(request));
  const { body } = request;
  if (Array.isArray(body)) return createRecords(table, objects(body), true, shape);
  if (isObject(body)) return createRecords(table, [body], false, shape);
  return refuse('REQUEST_INVALID_FORMAT', 'The body must be an object or an array of objects');
};

export const putRecord: Handler = (request, context, shape) => {
  const table = toWrite(context, schemaOf(request));
  const id = idOf(request);
  keyOf(table);
  const body = oneObject(request.body);
  if (isRestore(body) && request.query.get('include_trashed')?.[0] === 'true') {
    needFeature(table, 'softDelete');
    return restoreRecords(table, [id], false, shape);
  }
  return updateRecords(table, [{ id, body }], false, shape);
};

function isRestore(body: JsonObject): boolean {
  return Object.keys(body).length === 1 && body['trashed_at'] === null;
}

export const putRecords: Handler = (request, context, shape) => {
  const table = toWrite(context, schemaOf(request));
  const { body, query } = request;
  const { where } = whereOf(query);
  if (where !== undefined) {
    const changes = oneObject(body);
    return updateWhere(table, parseWhere(table, where), changes);
  }
  if (isObject(body))
    return refuse('REQUEST_MISSING_WHERE', 'where is needed: {} means all records');
  if (!Array.isArray(body)) {
    return refuse('REQUEST_INVALID_FORMAT', 'The body must be an array of records with their ids');
  }
  return updateRecords(table, keyedBodies(keyOf(table), body), true, shape);
};

export const deleteRecord: Handler = (request, context, shape) => {
  const table = toWrite(context, schemaOf(request));
  keyOf(table);
  return deleteRecords(table, [idOf(request)], isPermanent(request.query), false, shape);
};

export const deleteList: Handler = (request, context, shape) => {
  const table = toWrite(context, schemaOf(request));
  const { body, query } = request;
  const permanent = isPermanent(query);
  const { where } = whereOf(query);
  if (where !== undefined) {
    if (body !== undefined && !(isObject(body) && Object.keys(body).length === 0)) {
      refuse('REQUEST_INVALID_FORMAT', 'Either where or a body of ids says what to delete');
    }
    return deleteWhere(table, parseWhere(table, where), permanent);
  }
  const ids = isObject(body) && Array.isArray(body['ids']) ? body['ids'] : body;
  if (isObject(body) && ids !== body && Object.keys(body).length > 1) {
    refuse('REQUEST_INVALID_FORMAT', 'Beside ids nothing says what to delete');
  }
  if (!Array.isArray(ids)) return refuse('REQUEST_MISSING_WHERE', 'where or ids are needed');
  const key = keyOf(table);
  const keys = (ids as readonly Json[]).map((item) =>
    keyIn(isObject(item) ? idIn(key, item) : item),
  );
  return deleteRecords(table, distinct(keys), permanent, true, shape);
};

/** The bodies of an array update with the key each is for. */
export function keyedBodies(key: string, body: readonly Json[]): readonly KeyedBody[] {
  checkCount(body);
  const items = objects(body).map((item) => ({ id: keyIn(idIn(key, item)), body: item }));
  if (new Set(items.map((item) => item.id)).size < items.length) {
    refuse('REQUEST_INVALID_FORMAT', 'A record appears twice');
  }
  return items.map(({ id, body: item }) => {
    if (key !== 'id' && Object.hasOwn(item, key)) return { id, body: item };
    // `id` stands for the key, whatever its name.
    const { id: _, ...rest } = item;
    return { id, body: rest };
  });
}

function idIn(key: string, item: JsonObject): Json | undefined {
  return memberOf(item, key) ?? item['id'];
}

function keyIn(id: Json | undefined): string {
  if (typeof id === 'string') return id;
  if (typeof id === 'number') return String(id);
  return refuse('REQUEST_INVALID_FORMAT', 'Each record needs its id');
}

function distinct(keys: readonly string[]): readonly string[] {
  checkCount(keys);
  return [...new Set(keys)];
}

/** One request names at most so many records. */
export function checkCount(items: readonly unknown[]): void {
  if (items.length <= largestPage) return;
  refuse('PARAMETER_LIMIT_EXCEEDED', `At most ${largestPage} records in one request`);
}
