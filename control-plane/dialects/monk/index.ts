import type { Action, Dialect, DialectRequest, Route, RouteContext } from '../dialect.ts';
import { changeAcls, clearAcl, getAcl, mergeAcl, replaceAcl } from './acls.ts';
import { aggregate } from './aggregate.ts';
import { login, refresh, register, sudo, templates, tenants, whoami } from './auth.ts';
import { bulk } from './bulk.ts';
import { deleteColumn, getColumn, postColumn, putColumn } from './columns.ts';
import { deleteSchema, getSchema, listSchemas, postSchema, putSchema } from './describe.ts';
import { description } from './description/index.ts';
import { fail } from './errors.ts';
import { find } from './find.ts';
import { getChange, listChanges, stat } from './history.ts';
import { deleteRelated, getRelated, postRelated } from './nested.ts';
import { deleteChild, getChild, putChild } from './nested-child.ts';
import {
  deleteList,
  deleteRecord,
  getRecord,
  listRecords,
  postRecords,
  putRecord,
  putRecords,
} from './records.ts';
import { type Shape, shapeOf } from './respond.ts';
import {
  eraseMany,
  eraseOne,
  getTrash,
  listAllTrash,
  listTrash,
  restoreMany,
  restoreOne,
} from './trashed.ts';
import { deleteUser, getUser, listUsers, patchUser, postUser } from './users.ts';
import { perform, type Work } from './work.ts';

type Handler<T> = (request: DialectRequest, context: RouteContext, shape: Shape) => T;

/** A route that is one piece of work on records. */
function work(method: Route['method'], path: string, handler: Handler<Work>): Route {
  return route(method, path, (request, context, shape) =>
    perform(handler(request, context, shape), shape),
  );
}

function route(method: Route['method'], path: string, handler: Handler<Action>): Route {
  return {
    method,
    path,
    handle: (request, context) => handler(request, context, shapeOf(request.query)),
  };
}

function open(method: Route['method'], path: string, handler: Handler<Action>): Route {
  return { ...route(method, path, handler), public: true };
}

const data = '/api/data/:schema';
const related = `${data}/:id/:relationship`;

const routes: readonly Route[] = [
  open('POST', '/auth/login', login),
  open('POST', '/auth/register', register),
  open('POST', '/auth/refresh', refresh),
  open('GET', '/auth/tenants', tenants),
  open('GET', '/auth/templates', templates),
  route('GET', '/api/auth/whoami', whoami),
  route('POST', '/api/auth/sudo', sudo),
  route('GET', '/api/sudo/users', listUsers),
  route('POST', '/api/sudo/users', postUser),
  route('GET', '/api/sudo/users/:id', getUser),
  route('PATCH', '/api/sudo/users/:id', patchUser),
  route('DELETE', '/api/sudo/users/:id', deleteUser),
  route('GET', '/api/describe', listSchemas),
  route('POST', '/api/describe/:schema', postSchema),
  route('GET', '/api/describe/:schema', getSchema),
  route('PUT', '/api/describe/:schema', putSchema),
  route('DELETE', '/api/describe/:schema', deleteSchema),
  route('POST', '/api/describe/:schema/:column', postColumn),
  route('GET', '/api/describe/:schema/:column', getColumn),
  route('PUT', '/api/describe/:schema/:column', putColumn),
  route('DELETE', '/api/describe/:schema/:column', deleteColumn),
  work('GET', data, listRecords),
  work('POST', data, postRecords),
  work('PUT', data, putRecords),
  work('PATCH', data, putRecords),
  work('DELETE', data, deleteList),
  work('GET', `${data}/:id`, getRecord),
  work('PUT', `${data}/:id`, putRecord),
  work('PATCH', `${data}/:id`, putRecord),
  work('DELETE', `${data}/:id`, deleteRecord),
  work('GET', related, getRelated),
  work('POST', related, postRelated),
  work('DELETE', related, deleteRelated),
  work('GET', `${related}/:child`, getChild),
  work('PUT', `${related}/:child`, putChild),
  work('PATCH', `${related}/:child`, putChild),
  work('DELETE', `${related}/:child`, deleteChild),
  work('POST', '/api/find/:schema', find),
  work('POST', '/api/aggregate/:schema', aggregate),
  route('POST', '/api/bulk', bulk),
  work('GET', '/api/acls/:schema/:id', getAcl),
  work('POST', '/api/acls/:schema/:id', mergeAcl),
  work('PUT', '/api/acls/:schema/:id', replaceAcl),
  work('DELETE', '/api/acls/:schema/:id', clearAcl),
  work('POST', '/api/acls/:schema', changeAcls),
  work('PUT', '/api/acls/:schema', changeAcls),
  work('GET', '/api/stat/:schema/:id', stat),
  work('GET', '/api/history/:schema/:id', listChanges),
  work('GET', '/api/history/:schema/:id/:change', getChange),
  work('GET', '/api/trashed', listAllTrash),
  work('GET', '/api/trashed/:schema', listTrash),
  work('POST', '/api/trashed/:schema', restoreMany),
  work('DELETE', '/api/trashed/:schema', eraseMany),
  work('GET', '/api/trashed/:schema/:id', getTrash),
  work('POST', '/api/trashed/:schema/:id', restoreOne),
  work('DELETE', '/api/trashed/:schema/:id', eraseOne),
];

/** The Monk dialect: requests to statements, results to replies. */
export const monk: Dialect = {
  name: 'monk',
  prefixes: [
    '/auth',
    '/api/auth',
    '/api/sudo',
    '/api/describe',
    '/api/data',
    '/api/find',
    '/api/aggregate',
    '/api/bulk',
    '/api/acls',
    '/api/stat',
    '/api/history',
    '/api/trashed',
  ],
  routes,
  description,
  tokenHeaders: [],
  fail,
};
