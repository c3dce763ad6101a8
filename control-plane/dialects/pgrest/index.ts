import type { Right } from '../../model/role.ts';
import type { Action, Dialect, DialectRequest, Route, RouteContext } from '../dialect.ts';
import { description } from './description/index.ts';
import { fail } from './errors.ts';
import { reply } from './reply.ts';
import { getRole, listRoles, postGrant, postRole } from './roles.ts';
import { deleteRow, getRow, listRows, postRows, putRow, putRows } from './rows.ts';
import { deleteTable, getTable, listTables, postTable, putTable } from './tables.ts';
import {
  deleteView,
  getView,
  listViews,
  postView,
  putView,
  readView,
  refreshView,
} from './views.ts';

type Handler = (request: DialectRequest, context: RouteContext) => Action;

const base = '/v3/pgrest';

function route(method: Route['method'], path: string, right: Right, handle: Handler): Route {
  return { method, path: base + path, right, handle };
}

const tables = '/manage/tables';
const views = '/manage/views';

const health: Route = {
  method: 'GET',
  path: `${base}/healthcheck`,
  public: true,
  handle: () => ({
    kind: 'health',
    reply: (databaseAccess) => {
      const answer = reply(null, { databaseAccess });
      return databaseAccess ? answer : { ...answer, status: 503 };
    },
  }),
};

/** Each route with the right it asks for: the matrix of roles and endpoints. */
const routes: readonly Route[] = [
  health,
  route('GET', tables, 'define', listTables),
  route('POST', tables, 'define', postTable),
  route('GET', `${tables}/:id`, 'define', getTable),
  route('PUT', `${tables}/:id`, 'define', putTable),
  route('DELETE', `${tables}/:id`, 'define', deleteTable),
  route('GET', views, 'define', listViews),
  route('POST', views, 'define', postView),
  route('GET', `${views}/:view`, 'define', getView),
  route('PUT', `${views}/:view`, 'define', putView),
  route('DELETE', `${views}/:view`, 'define', deleteView),
  route('GET', `${views}/:view/refresh`, 'define', refreshView),
  route('POST', `${views}/:view/refresh`, 'define', refreshView),
  ...['/manage/roles', '/roles'].flatMap((roles) => [
    route('GET', roles, 'grant', listRoles),
    route('POST', roles, 'grant', postRole),
    route('GET', `${roles}/:role`, 'grant', getRole),
    route('POST', `${roles}/:role`, 'grant', postGrant),
  ]),
  route('GET', '/data/:root', 'select', listRows),
  route('POST', '/data/:root', 'insert', postRows),
  route('PUT', '/data/:root', 'update', putRows),
  route('GET', '/data/:root/:id', 'select', getRow),
  route('PUT', '/data/:root/:id', 'update', putRow),
  route('DELETE', '/data/:root/:id', 'delete', deleteRow),
  route('GET', '/views/:root', 'view', readView),
];

/** The Tapis PgREST dialect. */
export const pgrest: Dialect = {
  name: 'pgrest',
  prefixes: [base],
  routes,
  description,
  tokenHeaders: ['x-tapis-token', 'tapis-v2-token'],
  opaqueHeader: 'tapis-v2-token',
  claims: { sub: 'tapis/username', tenant: 'tapis/tenant_id' },
  // Conditions on one column may be several; everywhere else a repeated key is a mistake.
  repeatedKeys: (path) => path.length === 1 && path[0] === 'where',
  fail,
};
