import { alternatives } from '../../base/alternatives.ts';
import { ServiceError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { type App, type DataSource, findDataSource } from '../../model/app.ts';
import type { DataSourceChange } from '../../model/app-definition.ts';
import { slugOf } from '../../model/app-schema.ts';
import type { Catalog } from '../../model/catalog.ts';
import { type Provider, providers } from '../../model/table.ts';
import type { Action, DialectRequest, Reply, Route, RouteContext } from '../dialect.ts';
import { refuse } from './errors.ts';
import {
  type FieldType,
  fieldsOf,
  includesInactive,
  managed,
  notFoundIn,
  removal,
  required,
  requireSame,
  restoration,
} from './management.ts';
import { bare, bareList } from './reply.ts';
import { appOf } from './served.ts';

/** A datasource as the dialect shows it. */
function dataSourceObject(source: DataSource, app: App, catalog: Catalog): JsonObject {
  const { slug } = source;
  return {
    id: source.id,
    name: source.name,
    slug,
    provider_type: source.provider,
    provider_config: source.config,
    description: source.description,
    app: app.slug,
    table_count: catalog.tables.filter(
      (table) => table.app === app.slug && table.datasource === slug,
    ).length,
    is_active: source.active,
    created_at: source.createdAt,
    updated_at: source.updatedAt,
  };
}

/** A provider that is served. @throws ServiceError not_implemented, invalid_definition */
export function providerOf(name: string): Provider {
  const provider = providers.find((each) => each === name);
  if (provider !== undefined) return provider;
  if (name === 'mongodb') {
    throw new ServiceError('not_implemented', 'provider mongodb is not implemented');
  }
  const message = `provider_type must be ${alternatives(providers)}`;
  return refuse(message, 'provider_type', 'invalid_definition');
}

/** The active datasource that a path names. @throws ServiceError relation_not_found */
export function dataSourceOf({ params }: DialectRequest, app: App): DataSource {
  return findDataSource(app, params['datasource'] ?? '') ?? notFoundIn('datasource', params);
}

function listDataSources(request: DialectRequest, { catalog }: RouteContext): Action {
  const app = appOf(request, { catalog });
  const full = includesInactive(request);
  const objects = app.datasources
    .filter(({ active }) => active || full)
    .map((source) => dataSourceObject(source, app, catalog));
  return { kind: 'reply', reply: bareList(objects, request) };
}

const fields: Readonly<Record<string, FieldType>> = {
  name: 'text',
  slug: 'text',
  provider_type: 'text',
  description: 'nullable text',
  provider_config: 'object',
  app: 'text',
  is_active: 'boolean',
};

function postDataSource(request: DialectRequest, { catalog }: RouteContext): Action {
  const app = appOf(request, { catalog });
  const sent = fieldsOf(request, fields);
  requireSame(sent, 'app', app.slug);
  requireSame(sent, 'is_active', true);
  const name = required(sent, 'name');
  const datasource = {
    slug: (sent['slug'] as string | undefined) ?? slugOf(name),
    name,
    provider: providerOf(required(sent, 'provider_type')),
    description: (sent['description'] as string | null | undefined) ?? '',
    config: (sent['provider_config'] as JsonObject | undefined) ?? {},
  };
  return {
    kind: 'definition',
    definition: { kind: 'create_datasource', app: app.slug, datasource },
    reply: (outcome) => shown(request, app.slug, datasource.slug, outcome.catalog, 201),
  };
}

function getDataSource(request: DialectRequest, { catalog }: RouteContext): Action {
  const app = appOf(request, { catalog });
  const object = dataSourceObject(dataSourceOf(request, app), app, catalog);
  return { kind: 'reply', reply: bare(object, request) };
}

function putDataSource(request: DialectRequest, context: RouteContext): Action {
  const sent = changesOf(request, context);
  if (sent.name === undefined) refuse('name is required', 'name', 'invalid_definition');
  const change = { description: '', config: {}, ...sent };
  return changed(request, change);
}

function patchDataSource(request: DialectRequest, context: RouteContext): Action {
  return changed(request, changesOf(request, context));
}

function changesOf(request: DialectRequest, { catalog }: RouteContext): DataSourceChange {
  const app = appOf(request, { catalog });
  const source = dataSourceOf(request, app);
  const sent = fieldsOf(request, fields);
  requireSame(sent, 'app', app.slug);
  requireSame(sent, 'slug', source.slug);
  requireSame(sent, 'is_active', true);
  const { name, description, provider_type: provider, provider_config: config } = sent;
  return {
    ...(name === undefined ? {} : { name: name as string }),
    ...(description === undefined ? {} : { description: (description as string | null) ?? '' }),
    ...(provider === undefined ? {} : { provider: providerOf(provider as string) }),
    ...(config === undefined ? {} : { config: config as JsonObject }),
  };
}

function changed(request: DialectRequest, change: DataSourceChange): Action {
  const { app = '', datasource = '' } = request.params;
  return {
    kind: 'definition',
    definition: { kind: 'change_datasource', app, datasource, change },
    reply: ({ catalog }) => shown(request, app, datasource, catalog),
  };
}

function deleteDataSource(request: DialectRequest): Action {
  const { app = '', datasource = '' } = request.params;
  return removal(request, { app, datasource });
}

function restoreDataSource(request: DialectRequest): Action {
  const { app = '', datasource = '' } = request.params;
  return restoration(request, { app, datasource }, (catalog) =>
    shown(request, app, datasource, catalog),
  );
}

function shown(
  request: DialectRequest,
  slug: string,
  datasource: string,
  catalog: Catalog,
  status = 200,
): Reply {
  const app = appOf({ params: { app: slug } }, { catalog });
  const source = app.datasources.find((each) => each.slug === datasource);
  if (!source) return notFoundIn('datasource', { datasource });
  return bare(dataSourceObject(source, app, catalog), request, status);
}

const base = '/:app/datasources';

export const dataSourceRoutes: readonly Route[] = [
  managed('GET', base, 'inspect', listDataSources),
  managed('POST', base, 'administer', postDataSource),
  managed('GET', `${base}/:datasource`, 'inspect', getDataSource),
  managed('PUT', `${base}/:datasource`, 'administer', putDataSource),
  managed('PATCH', `${base}/:datasource`, 'administer', patchDataSource),
  managed('DELETE', `${base}/:datasource`, 'administer', deleteDataSource),
  managed('POST', `${base}/:datasource/restore`, 'administer', restoreDataSource),
];
