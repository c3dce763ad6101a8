import type { Query } from '../control-plane/base/sql.ts';
import { loadCatalog } from '../control-plane/catalog/load.ts';
import { dialects } from '../control-plane/dialects/index.ts';
import { createFinder } from '../control-plane/http/routes.ts';
import type { Catalog } from '../control-plane/model/catalog.ts';
import { claimsOf, type Principal } from '../control-plane/model/principal.ts';
import type { Entry } from '../control-plane/pg/session.ts';
import { plan } from '../control-plane/plan/plan.ts';
import type { Sight } from '../control-plane/plan/planned.ts';
import type { Bench } from './environment.ts';

/** A request as the server would put it to Postgres. */
export interface Planned {
  readonly entry: Entry;
  readonly query: Query;
}

/** The definitions of a tenant, as the server has them. */
export function catalogOf(bench: Bench, tenant: string): Promise<Catalog> {
  return loadCatalog(bench.admin, tenant);
}

/** The very SQL that the server sends for a request: the dialect's statement, planned. What it is compared with sends the same. */
export function planRequest(
  catalog: Catalog,
  principal: Principal,
  request: { readonly method: string; readonly path: string; readonly body?: object },
  sight?: Sight,
): Planned {
  const url = new URL(request.path, 'http://bench');
  const routes = dialects.flatMap((dialect) =>
    dialect.routes.map((route) => ({ ...route, dialect, serve: route.handle, handle: unserved })),
  );
  const exchange = {
    method: request.method,
    path: url.pathname,
    params: {},
    headers: {},
    extra: {},
  } as unknown as Parameters<ReturnType<typeof createFinder>>[0];
  const route = createFinder(routes, dialects)(exchange) as (typeof routes)[number];
  const action = route.serve(
    {
      method: request.method,
      params: exchange.params,
      query: new Map([...url.searchParams].map(([name, value]) => [name, [value]])),
      headers: {},
      body: request.body as never,
      id: 'bench',
    },
    { principal, catalog, limits: { rows: 10_000 } },
  );
  const statement = action.kind === 'statements' ? action.statements[0] : undefined;
  if (statement === undefined || typeof statement === 'function') {
    throw new Error(`${request.method} ${request.path} is not one statement`);
  }
  const { query, show, intent } = plan(statement, catalog, sight);
  const claims = JSON.stringify(claimsOf(principal, 'bench'));
  return {
    entry: { tenant: catalog.tenant, version: catalog.version, claims, show, intent },
    query,
  };
}

function unserved(): Promise<never> {
  return Promise.reject(new Error('only its route is of interest'));
}
