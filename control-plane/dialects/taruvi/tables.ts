import type { JsonObject } from '../../base/json.ts';
import { findTable } from '../../model/catalog.ts';
import type { Table, TableDraft } from '../../model/table.ts';
import type { Action, DialectRequest, Reply, Route, RouteContext } from '../dialect.ts';
import { dataSourceOf } from './datasources.ts';
import { notFound, refuse } from './errors.ts';
import {
  fieldsOf,
  includesInactive,
  ofTables,
  removal,
  required,
  requireSame,
  restoration,
} from './management.ts';
import { changed, changeKeys, changeOptions, nothingForeseen } from './operations.ts';
import { bare, bareList } from './reply.ts';
import { flagOf, lastOf, pathOf } from './request.ts';
import { hashOf, schemaOf } from './schema/document.ts';
import { appOf, tableOf } from './served.ts';
import { extraOf, tableObject } from './table-object.ts';
import {
  changedSource,
  datasourceFor,
  draftFrom,
  newSource,
  shownKeys,
  tableFields,
} from './table-source.ts';

function listTables(request: DialectRequest, { catalog }: RouteContext): Action {
  const app = appOf(request, { catalog });
  const { datasource = lastOf(request.query, 'datasource') } = request.params;
  if (request.params['datasource'] !== undefined) dataSourceOf(request, app);
  const materialized = flagOf(request.query, 'is_materialized');
  const tables = includesInactive(request)
    ? [...catalog.tables, ...(catalog.inactive ?? [])]
    : catalog.tables;
  const objects = tables
    .filter(
      (table) =>
        table.kind === 'table' &&
        table.app === app.slug &&
        (datasource === undefined || table.datasource === datasource) &&
        (materialized === undefined || materialized === (table.materialized !== false)),
    )
    .toSorted((a, b) => a.id - b.id)
    .map(tableObject);
  return { kind: 'reply', reply: bareList(objects, request) };
}

function postTable(request: DialectRequest, context: RouteContext): Action {
  const app = appOf(request, context);
  const sent = fieldsOf(request, tableFields, shownKeys);
  requireSchema(sent);
  const { datasource } = request.params;
  if (datasource !== undefined) dataSourceOf(request, app);
  const asked = datasource ?? (sent['datasource'] as string | undefined);
  const source = newSource(sent, app, datasourceFor(app, asked), context);
  return {
    kind: 'definition',
    definition: { kind: 'create_table', table: draftFrom(source, context) },
    reply: ({ table }) => shown(request, table, 201),
  };
}

/** @throws ServiceError invalid_definition */
function requireSchema(sent: JsonObject): void {
  if (sent['json_schema'] !== undefined) return;
  refuse('json_schema is required', 'json_schema', 'invalid_definition');
}

function getTable(request: DialectRequest, context: RouteContext): Action {
  return { kind: 'reply', reply: shown(request, tableOf(request, context).table) };
}

function getSchema(request: DialectRequest, context: RouteContext): Action {
  return { kind: 'reply', reply: bare(schemaOf(tableOf(request, context).table), request) };
}

function putTable(request: DialectRequest, context: RouteContext): Action {
  return change(request, context, true);
}

function patchTable(request: DialectRequest, context: RouteContext): Action {
  return change(request, context, false);
}

/** Only what differs is a change: the same schema again makes no operation. */
function change(request: DialectRequest, context: RouteContext, whole: boolean): Action {
  const { table } = tableOf(request, context);
  const sent = fieldsOf(request, tableFields, [...shownKeys, 'materialize', ...changeKeys]);
  for (const key of ['datasource', 'provider_type', 'schema_format'] as const) {
    requireSame(sent, key, unchanging(table)[key]);
  }
  if (whole) {
    required(sent, 'name');
    requireSchema(sent);
  }
  if (table.document === undefined) {
    refuse('The table was not made from a schema: change it where it was made', 'json_schema');
  }
  const source = changedSource(sent, table, whole, context);
  const draft = draftFrom(source, context);
  const to: TableDraft = { ...draft, ...kept(table) };
  const options = changeOptions(request);
  if (isSame(to, table)) {
    const unchanged = options.dryRun ? { table, foreseen: nothingForeseen } : { table };
    return { kind: 'reply', reply: changed(request, unchanged, to) };
  }
  return {
    kind: 'definition',
    definition: {
      kind: 'change_table',
      from: { app: table.app, name: table.name },
      to,
      ...options,
    },
    reply: (outcome) => changed(request, outcome, to),
  };
}

function unchanging({ datasource, provider }: Table) {
  return { datasource, provider_type: provider, schema_format: 'frictionless' };
}

/** What a schema says nothing of. */
function kept({ freeze, sudo, status, path, endpoints, policy }: Table) {
  return {
    freeze,
    sudo,
    status,
    ...(path === undefined ? {} : { path }),
    ...(endpoints === undefined ? {} : { endpoints }),
    ...(policy === undefined ? {} : { policy }),
  };
}

function isSame(to: TableDraft, table: Table): boolean {
  const facts = ({ name, description, document, extra }: TableDraft): string => {
    const { modifiedBy: _, ...said } = extraOf({ extra: extra ?? {} });
    return hashOf({ name, description: description ?? '', document: document ?? null, said });
  };
  return facts(to) === facts(table);
}

function deleteTable(request: DialectRequest): Action {
  return removal(request, pathOf(request));
}

function restoreTable(request: DialectRequest, context: RouteContext): Action {
  const { app, table: name } = pathOf(request);
  requireUnder(request, context);
  return restoration(request, { app, table: name }, (catalog) =>
    shown(request, findTable(catalog, { app, name })),
  );
}

/** A path under a datasource means tables of that datasource, deactivated or not. */
function requireUnder(request: DialectRequest, { catalog }: RouteContext): void {
  const { app, datasource, table: name } = pathOf(request);
  if (datasource === undefined) return;
  const all = [...catalog.tables, ...(catalog.inactive ?? [])];
  const there = all.some(
    (table) => table.app === app && table.name === name && table.datasource === datasource,
  );
  if (!there) throw notFound(`table '${name}'`);
}

function materializeTable(request: DialectRequest, context: RouteContext): Action {
  const { table } = tableOf(request, context);
  if (table.materialized !== false) return { kind: 'reply', reply: shown(request, table) };
  const { materialized: _, ...to } = table;
  return {
    kind: 'definition',
    definition: { kind: 'change_table', from: { app: table.app, name: table.name }, to },
    reply: (outcome) => shown(request, outcome.table),
  };
}

function shown(request: DialectRequest, table: Table | undefined, status = 200): Reply {
  if (!table) throw notFound('table');
  return bare(tableObject(table), request, status);
}

/** Tables and their schemas. */
export const tableRoutes: readonly Route[] = [
  ...ofTables('GET', '', 'inspect', listTables),
  ...ofTables('POST', '', 'administer', postTable),
  ...ofTables('GET', '/:table', 'inspect', getTable),
  ...ofTables('PUT', '/:table', 'administer', putTable),
  ...ofTables('PATCH', '/:table', 'administer', patchTable),
  ...ofTables('DELETE', '/:table', 'administer', deleteTable),
  ...ofTables('GET', '/:table/schema', 'inspect', getSchema),
  ...ofTables('POST', '/:table/materialize', 'administer', materializeTable),
  ...ofTables('POST', '/:table/restore', 'administer', restoreTable),
];
