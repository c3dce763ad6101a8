import { type ErrorKind, ServiceError } from '../../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { faulty, type SchemaFault } from '../../frictionless/report.ts';
import { type App, defaultDataSource } from '../../model/app.ts';
import { type Catalog, findTable } from '../../model/catalog.ts';
import { checkGraph } from '../../model/graph.ts';
import type { Table, TableDraft } from '../../model/table.ts';
import type { Action, DialectRequest, Route, RouteContext } from '../dialect.ts';
import { refuse } from './errors.ts';
import { managed } from './management.ts';
import { bare } from './reply.ts';
import { flag, flagOf, objectOf } from './request.ts';
import { hashOf, schemaOf } from './schema/document.ts';
import { readSchemas, type SchemaSource } from './schema/draft.ts';
import { appOf } from './served.ts';
import { extraOf } from './table-object.ts';
import { besideOf, checkedName, datasourceFor, providerFor } from './table-source.ts';

/** POST `datatables/validate_schema/`: nothing is stored, every fault is told with its place. */
function validateSchema(request: DialectRequest, { catalog }: RouteContext): Action {
  const app = appOf(request, { catalog });
  const sent = objectOf(request.body);
  const source: SchemaSource = {
    app: app.slug,
    name: typeof sent['name'] === 'string' ? sent['name'] : 'table',
    datasource: defaultDataSource,
    provider: providerFor(sent, defaultDataSource, app),
    document: sent['json_schema'],
    beside: besideOf(sent),
  };
  const { drafts, faults } = readSchemas([source], catalog);
  const found = faults.length > 0 ? faults : drafts.flatMap(graphFaults);
  const errors = found.map(({ path, code, message }) => ({ path, code, message }));
  return { kind: 'reply', reply: bare({ valid: errors.length === 0, errors }, request) };
}

/** What is wrong with the graph of a schema that is sound besides. */
function graphFaults(draft: TableDraft): readonly SchemaFault[] {
  try {
    checkGraph(draft);
    return [];
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return [{ path: error.detail.field ?? 'graph', code: 'invalid', message: error.message }];
  }
}

/** POST `datatables/create_schema/`: all tables of a Data Package, or none. */
function createSchema(request: DialectRequest, context: RouteContext): Action {
  try {
    return defining(request, context);
  } catch (error) {
    throw error instanceof ServiceError ? packaged(error) : error;
  }
}

function defining(request: DialectRequest, context: RouteContext): Action {
  const { query } = request;
  const app = appOf(request, context);
  const sent = objectOf(request.body);
  const { resources } = sent;
  if (!Array.isArray(resources)) return refuse('resources must be a list', 'resources');
  const materialize = flagOf(query, 'materialize') ?? true;
  const sources = (resources as readonly Json[]).map((resource, at) =>
    sourceOf(resource, at, app, materialize, context),
  );
  const { drafts, faults } = readSchemas(sources, context.catalog);
  const problems = [...twins(sources), ...faults];
  if (problems.length > 0) throw faulty(problems);
  const tables = drafts.map((draft) => following(draft, context.catalog));
  const changed = tables.filter((draft) => isNews(draft, context.catalog));
  const created = changed.filter((draft) => !findTable(context.catalog, draft)).length;
  const reply = bare(
    {
      created_count: created,
      updated_count: changed.length - created,
      error_count: 0,
      errors: [],
    },
    request,
  );
  const dryRun = flag(query, 'dry_run') || sent['dry_run'] === true;
  const allowDataLoss = flag(query, 'allow_data_loss') || sent['allow_data_loss'] === true;
  return {
    kind: 'definition',
    definition: {
      kind: 'define_tables',
      app: app.slug,
      tables: changed,
      ...(dryRun ? { dryRun } : {}),
      ...(allowDataLoss ? { allowDataLoss } : {}),
    },
    reply: () => reply,
    fail: packaged,
  };
}

/** A resource of a Data Package as the description of a table. @throws ServiceError naming what can't be */
export function sourceOf(
  resource: Json,
  at: number,
  app: App,
  materialize: boolean,
  { catalog, principal }: RouteContext,
): SchemaSource {
  const place = `resources.${at}`;
  const wrong = (message: string, key: string): never =>
    refuse(message, `${place}.${key}`, 'invalid_definition');
  if (!isObject(resource)) return wrong('a resource must be an object', 'schema');
  const { name, description, title, datasource, provider_config: config } = resource;
  if (typeof name !== 'string' || name === '') return wrong('a resource needs a name', 'name');
  for (const [key, value] of Object.entries({ description, title, datasource })) {
    if (value !== undefined && typeof value !== 'string') wrong(`${key} must be text`, key);
  }
  if (config !== undefined && !isObject(config))
    wrong('provider_config must be an object', 'provider_config');
  const old = findTable(catalog, { app: app.slug, name });
  const source = old?.datasource ?? datasourceFor(app, datasource as string | undefined);
  const provider = old?.provider ?? providerFor(resource, source, app);
  const beside = besideOf(resource);
  const was = old ? extraOf(old) : {};
  return {
    app: app.slug,
    name: old ? name : checkedName(name, app.slug, `${place}.name`),
    datasource: source,
    provider,
    document: resource['schema'],
    beside,
    place: ['resources', at, 'schema'],
    ...(typeof description === 'string' ? { description } : {}),
    ...((old ? old.materialized === false : true) && !materialize ? { materialized: false } : {}),
    ...(old ? { old } : {}),
    extra: {
      createdBy: was.createdBy ?? principal.sub,
      ...(old ? { modifiedBy: principal.sub } : {}),
      ...(config === undefined ? {} : { providerConfig: config }),
      ...(Object.keys(beside).length === 0 ? {} : { beside }),
    },
  };
}

/** Resources of one name. */
export function twins(sources: readonly SchemaSource[]): readonly SchemaFault[] {
  const seen = new Set<string>();
  return sources.flatMap(({ name }, at): readonly SchemaFault[] => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const message = `table ${name} is described twice`;
    return [{ path: `resources.${at}.name`, code: 'duplicate', message }];
  });
}

/** A draft in place of a table keeps what a schema says nothing of. */
function following(draft: TableDraft, catalog: Catalog): TableDraft {
  const old = findTable(catalog, draft);
  if (!old) return draft;
  const { freeze, sudo, status, policy } = old;
  return {
    ...draft,
    freeze,
    sudo,
    status,
    ...(policy === undefined ? {} : { policy }),
  };
}

function isNews(draft: TableDraft, catalog: Catalog): boolean {
  const old = findTable(catalog, draft);
  if (!old) return true;
  return factsOf(draft, draft.document ?? null) !== factsOf(old, schemaOf(old));
}

function factsOf(table: TableDraft | Table, document: Json): string {
  const { providerConfig, beside } = extraOf({ extra: table.extra ?? {} });
  const { description, materialized = true } = table;
  return hashOf({
    document,
    materialized,
    description: description ?? '',
    config: providerConfig ?? null,
    beside: beside ?? {},
  } satisfies JsonObject);
}

/** Errors that say something of the package; others are of the caller or of the moment. */
const ofPackage: ReadonlySet<ErrorKind> = new Set<ErrorKind>([
  'invalid_definition',
  'invalid_name',
  'invalid_pattern',
  'table_exists',
  'column_exists',
  'data_conflict',
  'has_dependents',
  'limit_exceeded',
]);

/** The error with the keys of a success beside its own. */
function packaged(error: ServiceError): ServiceError {
  if (!ofPackage.has(error.kind)) return error;
  const { message, detail } = error;
  const known = Array.isArray(detail.data) ? (detail.data as readonly Json[]) : undefined;
  const told = detail.faults ?? [
    { field: detail.field ?? detail.table ?? '', code: error.kind, message },
  ];
  const errors =
    known ??
    told.map(({ field, code, message: text }) => ({
      path: field,
      code,
      message: text,
    }));
  const counts = { created_count: 0, updated_count: 0, error_count: errors.length, errors };
  return new ServiceError(
    'invalid_definition',
    message,
    { ...detail, reason: 'package', data: counts },
    { cause: error },
  );
}

/** Schemas of several tables, and schemas that are only looked at. */
export const packageRoutes: readonly Route[] = [
  managed('POST', '/:app/datatables/validate_schema', 'inspect', validateSchema),
  managed('POST', '/:app/datatables/create_schema', 'administer', createSchema),
];
