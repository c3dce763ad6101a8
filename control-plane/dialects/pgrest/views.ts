import { isStrings, type Json, type JsonObject } from '../../base/json.ts';
import type { Catalog } from '../../model/catalog.ts';
import type { Table, TableDraft } from '../../model/table.ts';
import type { ViewFacts } from '../../model/view.ts';
import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { commentOf, definitionBody, offeredBy, switchKeys } from './definition.ts';
import { notFound, refuse, wrong } from './errors.ts';
import {
  byRoot,
  checkFree,
  checkName,
  checkRoot,
  endpointNames,
  parseEndpoints,
  requireEndpoint,
  rootOf,
  viewsOf,
} from './names.ts';
import { boolean, page, params } from './params.ts';
import { reply } from './reply.ts';
import { listOf } from './rows.ts';

const keys = new Set([
  ...'view_name select_query from_table where_query raw_sql materialized_view_raw_sql'.split(' '),
  ...'root_url permission_rules comments endpoints'.split(' '),
  ...switchKeys,
]);

export function listViews({ query }: DialectRequest, { catalog, limits }: RouteContext): Action {
  const sent = params(query, ['details', 'limit', 'offset']);
  const full = boolean(sent, 'details');
  const { limit, offset } = page(sent, limits.rows);
  const shown = viewsOf(catalog)
    .toSorted((a, b) => a.id - b.id)
    .slice(offset, offset + limit)
    .map((view) => viewObject(view, catalog, full));
  return { kind: 'reply', reply: reply(shown) };
}

export function getView(request: DialectRequest, { catalog }: RouteContext): Action {
  const full = boolean(params(request.query, ['details']), 'details');
  const view = managed(request, catalog);
  return { kind: 'reply', reply: reply(viewObject(view, catalog, full)) };
}

/** Under `manage` a number goes before a root_url, under `views` behind it. */
function managed({ params: { view = '' } }: DialectRequest, catalog: Catalog): Table {
  const all = viewsOf(catalog);
  const found = all.find(({ id }) => String(id) === view) ?? byRoot(all, view);
  if (!found) throw notFound('view');
  return found;
}

function viewObject(view: Table, { tenant }: Catalog, full: boolean): JsonObject {
  const { source = {}, rules = [], materialized = false } = view.view ?? {};
  const raw = source['query'] ?? null;
  const more = {
    permission_rules: [...rules],
    view_definition: {
      from_table: source['from'] ?? null,
      select_query: source['select'] ?? null,
      where_query: source['where'] ?? null,
      raw_sql: materialized ? null : raw,
      materialized_view_raw_sql: materialized ? raw : null,
    },
  };
  return { ...created(view), tenant_id: tenant, ...(full ? more : {}) };
}

function created(view: Table): JsonObject {
  return {
    view_name: view.name,
    view_id: view.id,
    manage_view_id: view.id,
    root_url: rootOf(view),
    endpoints: endpointNames(view),
    comments: view.description ?? '',
  };
}

export function postView({ body, query }: DialectRequest, { catalog }: RouteContext): Action {
  params(query, []);
  const sent = definitionBody(body, keys);
  const name = textOf(sent, 'view_name');
  checkName(name, 'view_name');
  checkFree(catalog, name, 'view_name');
  const facts = factsOf(sent);
  const path = checkRoot(sent['root_url'] ?? name, viewsOf(catalog));
  const comments = commentOf(sent['comments']);
  const view: TableDraft = {
    app: 'default',
    name,
    datasource: 'default',
    kind: 'view',
    provider: 'flat_table',
    access: 'grants',
    status: 'active',
    features: { timestamps: false, softDelete: false, acl: false, history: false },
    freeze: false,
    sudo: false,
    columns: [],
    key: [],
    references: [],
    endpoints: offeredBy(sent),
    path,
    view: facts,
    ...(comments === '' ? {} : { description: comments }),
  };
  return {
    kind: 'definition',
    definition: { kind: 'create_view', view },
    reply: ({ table }) =>
      reply(table ? created(table) : null, undefined, { command: table?.view?.query ?? '' }),
  };
}

function textOf(sent: JsonObject, key: string): string {
  const value = sent[key];
  if (typeof value === 'string' && value.trim() !== '' && !value.includes('\0')) return value;
  return wrong(`${key} must be text`, key);
}

/** Exactly one of the three ways to say what a view shows. */
function factsOf(sent: JsonObject): ViewFacts {
  const has = (key: string): boolean => sent[key] !== undefined;
  const parts = ['select_query', 'from_table', 'where_query'].filter(has);
  const raws = ['raw_sql', 'materialized_view_raw_sql'].filter(has);
  const [raw, second] = raws;
  if (raw !== undefined && (second !== undefined || parts.length > 0)) {
    const other = second ?? parts[0] ?? '';
    wrong(`${raw} and ${other} do not go together`, other);
  }
  const where = has('where_query') ? { where: textOf(sent, 'where_query') } : {};
  const source: Record<string, string> =
    raw === undefined
      ? { select: textOf(sent, 'select_query'), from: textOf(sent, 'from_table'), ...where }
      : { query: textOf(sent, raw) };
  return {
    query: '',
    rules: rulesOf(sent['permission_rules']),
    materialized: raw === 'materialized_view_raw_sql',
    reads: [],
    source,
  };
}

function rulesOf(value: Json | undefined): readonly string[] {
  if (value === undefined) return [];
  const good = isStrings(value) && value.every((name) => name !== '' && !name.includes('\0'));
  return good
    ? [...new Set(value)]
    : wrong('permission_rules must be a list of names', 'permission_rules');
}

type Change = (value: Json, view: Table, catalog: Catalog) => TableDraft;

const changes: Readonly<Record<string, Change>> = {
  permission_rules: (value, view) => {
    const { view: facts } = view;
    return facts ? { ...view, view: { ...facts, rules: rulesOf(value) } } : view;
  },
  comments: (value, view) => {
    const { description: _, ...rest } = view;
    const description = commentOf(value);
    return description === '' ? rest : { ...rest, description };
  },
  root_url: (value, view, catalog) => ({ ...view, path: checkRoot(value, viewsOf(catalog), view) }),
  endpoints: (value, view) => ({ ...view, endpoints: parseEndpoints(value) }),
};

export function putView(request: DialectRequest, { catalog }: RouteContext): Action {
  params(request.query, []);
  const sent = definitionBody(request.body, new Set(Object.keys(changes)));
  const view = managed(request, catalog);
  const [first, second] = Object.entries(sent);
  if (!first || second) return refuse('Exactly one change a request', second?.[0] ?? 'body');
  const to = changes[first[0]]?.(first[1], view, catalog) ?? view;
  return {
    kind: 'definition',
    definition: { kind: 'change_view', from: view, to },
    reply: () => reply(null, 'View put successfully.'),
  };
}

export function deleteView(request: DialectRequest, { catalog }: RouteContext): Action {
  params(request.query, []);
  const view = managed(request, catalog);
  return {
    kind: 'definition',
    definition: { kind: 'drop_view', view },
    reply: () => reply(null, 'View deleted successfully.'),
  };
}

export function refreshView(request: DialectRequest, { catalog }: RouteContext): Action {
  params(request.query, []);
  const view = managed(request, catalog);
  return {
    kind: 'definition',
    definition: { kind: 'refresh_view', view },
    reply: () => reply(null, undefined, {}, { 'cache-control': 'no-store' }),
  };
}

/** Rows of a view: Postgres asks first whether its rules are met. */
export function readView(
  { params: { root = '' }, query }: DialectRequest,
  { catalog, limits }: RouteContext,
): Action {
  const view = byRoot(viewsOf(catalog), root);
  if (!view) throw notFound('view');
  requireEndpoint(view, 'list');
  return { ...listOf(view, query, { pkid: false, most: limits.rows }), view };
}
