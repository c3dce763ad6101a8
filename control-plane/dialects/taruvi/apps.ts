import type { Json, JsonObject } from '../../base/json.ts';
import type { App } from '../../model/app.ts';
import type { AppChange } from '../../model/app-definition.ts';
import { slugOf } from '../../model/app-schema.ts';
import type { Catalog } from '../../model/catalog.ts';
import type { Action, DialectRequest, Reply, Route, RouteContext } from '../dialect.ts';
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

/** An app as the dialect shows it; `full`: with its deactivated datasources. */
export function appObject(app: App, catalog: Catalog, full = false): JsonObject {
  const tables = catalog.tables.filter((table) => table.app === app.slug);
  const datasources = app.datasources.filter(({ active }) => active || full);
  return {
    id: app.id,
    name: app.name,
    slug: app.slug,
    description: app.description,
    datasource_count: datasources.length,
    table_count: tables.length,
    datasources: datasources.map(({ id, name, slug, provider }) => ({
      id,
      name,
      slug,
      provider_type: provider,
      table_count: tables.filter(({ datasource }) => datasource === slug).length,
    })),
    settings: app.settings,
    is_active: app.active,
    created_at: app.createdAt,
    updated_at: app.updatedAt,
    created_by: app.createdBy,
    modified_by: app.modifiedBy ?? null,
  };
}

function listApps(request: DialectRequest, { catalog }: RouteContext): Action {
  const full = includesInactive(request);
  const apps = (catalog.apps ?? []).filter(({ active }) => active || full);
  const objects = apps.map((app) => appObject(app, catalog, full));
  return { kind: 'reply', reply: bareList(objects, request) };
}

const fields: Readonly<Record<string, FieldType>> = {
  name: 'text',
  slug: 'text',
  description: 'nullable text',
  settings: 'object',
  is_active: 'boolean',
};
const counted = ['datasource_count', 'datasources'];

function postApp(request: DialectRequest): Action {
  const sent = fieldsOf(request, fields, counted);
  requireSame(sent, 'is_active', true);
  const name = required(sent, 'name');
  const slug = (sent['slug'] as string | undefined) ?? slugOf(name);
  const { settings = {} } = sent as Partial<App>;
  const description = (sent['description'] as string | null | undefined) ?? '';
  return {
    kind: 'definition',
    definition: { kind: 'create_app', app: { slug, name, description, settings } },
    reply: ({ catalog }) => shownApp(request, slug, catalog, 201),
  };
}

function getApp(request: DialectRequest, { catalog }: RouteContext): Action {
  return { kind: 'reply', reply: bare(appObject(appOf(request, { catalog }), catalog), request) };
}

function putApp(request: DialectRequest, { catalog }: RouteContext): Action {
  const sent = changesOf(request, catalog);
  const { name, description = '', settings = {} } = { ...sent, name: required(sent, 'name') };
  return change(request, { name, description, settings } as AppChange);
}

function patchApp(request: DialectRequest, { catalog }: RouteContext): Action {
  return change(request, changesOf(request, catalog) as AppChange);
}

function changesOf(request: DialectRequest, catalog: Catalog): JsonObject {
  const app = appOf(request, { catalog });
  const sent = fieldsOf(request, fields, counted);
  requireSame(sent, 'slug', app.slug);
  requireSame(sent, 'is_active', true);
  const { slug: _, is_active: __, ...rest } = sent;
  return rest['description'] === null ? { ...rest, description: '' } : rest;
}

function change(request: DialectRequest, values: AppChange): Action {
  const { app = '' } = request.params;
  return {
    kind: 'definition',
    definition: { kind: 'change_app', app, change: values },
    reply: ({ catalog }) => shownApp(request, app, catalog),
  };
}

function deleteApp(request: DialectRequest): Action {
  return removal(request, { app: request.params['app'] ?? '' });
}

function restoreApp(request: DialectRequest): Action {
  const { app = '' } = request.params;
  return restoration(request, { app }, (catalog) => shownApp(request, app, catalog));
}

function shownApp(request: DialectRequest, slug: string, catalog: Catalog, status = 200): Reply {
  const app = catalog.apps?.find((each) => each.slug === slug) ?? notFoundIn('app', { app: slug });
  const object: Json = appObject(app, catalog);
  return bare(object, request, status);
}

export const appRoutes: readonly Route[] = [
  managed('GET', '', 'inspect', listApps),
  managed('POST', '', 'found', postApp),
  managed('GET', '/:app', 'inspect', getApp),
  managed('PUT', '/:app', 'administer', putApp),
  managed('PATCH', '/:app', 'administer', patchApp),
  managed('DELETE', '/:app', 'administer', deleteApp),
  managed('POST', '/:app/restore', 'administer', restoreApp),
];
