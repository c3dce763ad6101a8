import { ServiceError } from '../../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { requireNone } from '../../frictionless/report.ts';
import type { App, AppRole, DataSource } from '../../model/app.ts';
import { slugOf } from '../../model/app-schema.ts';
import type { Definition } from '../../model/definition.ts';
import { isEdgeTable } from '../../model/graph.ts';
import type { PolicyDraft } from '../../model/policy.ts';
import type { Table } from '../../model/table.ts';
import type { Action, DialectRequest, Route, RouteContext } from '../dialect.ts';
import { appObject } from './apps.ts';
import { providerOf } from './datasources.ts';
import { refuse } from './errors.ts';
import { fieldsOf, managed, required } from './management.ts';
import { sourceOf, twins } from './package.ts';
import { policyDraft, portablePolicy } from './policies.ts';
import { bare } from './reply.ts';
import { schemaOf } from './schema/document.ts';
import { readSchemas } from './schema/draft.ts';
import { appOf } from './served.ts';
import { extraOf } from './table-object.ts';

/** GET `{app}/export/`: the app without its rows. */
function exportApp(request: DialectRequest, { catalog }: RouteContext): Action {
  const app = appOf(request, { catalog });
  const tables = catalog.tables.filter(
    (table) => table.app === app.slug && table.kind === 'table' && !isEdgeTable(table),
  );
  const document = {
    app: {
      name: app.name,
      slug: app.slug,
      description: app.description,
      settings: app.settings,
      datasources: app.datasources.filter(({ active }) => active).map(dataSourceOf),
    },
    roles: byName(app.roles).map(({ name, parent, members }) => ({
      name,
      parent: parent ?? null,
      members: [...members],
    })),
    datatables: { name: app.slug, resources: byName(tables).map(resourceOf) },
    policies: (catalog.policies ?? [])
      .filter((policy) => policy.app === app.slug)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(portablePolicy),
  };
  return { kind: 'reply', reply: bare(document, request) };
}

/** The same document for the same app, whatever was made first. */
function byName<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  return items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function dataSourceOf({ name, slug, provider, description, config }: DataSource): JsonObject {
  return { name, slug, provider_type: provider, description, provider_config: config };
}

function resourceOf(table: Table): JsonObject {
  const { providerConfig, beside } = extraOf(table);
  return {
    name: table.name,
    description: table.description ?? '',
    datasource: table.datasource,
    provider_type: table.provider,
    ...(providerConfig === undefined ? {} : { provider_config: providerConfig }),
    ...(table.materialized === false ? { materialize: false } : {}),
    ...beside,
    schema: schemaOf(table),
  };
}

/** POST `import/`: an app as `export/` shows it, all of it or nothing. */
function importApp(request: DialectRequest, context: RouteContext): Action {
  const sent = fieldsOf(request, {
    app: 'object',
    roles: 'any',
    datatables: 'object',
    policies: 'any',
  });
  const app = newApp(sent['app'], context);
  const roles = rolesOf(sent['roles'] ?? [], context);
  const tables = tablesOf(sent['datatables'], app, context);
  const policies = policiesOf(sent['policies'] ?? [], app, context);
  const { slug } = app;
  const definitions: readonly Definition[] = [
    { kind: 'create_app', app },
    ...app.datasources.map(
      (datasource) => ({ kind: 'create_datasource', app: slug, datasource }) as const,
    ),
    ...roles.map(
      ({ name, members }) => ({ kind: 'define_app_role', app: slug, name, members }) as const,
    ),
    ...roles.flatMap(({ name, parent }) =>
      parent === undefined ? [] : [{ kind: 'define_app_role', app: slug, name, parent } as const],
    ),
    ...(tables.length === 0 ? [] : [{ kind: 'define_tables', app: slug, tables } as const]),
    ...policies.map((policy) => ({ kind: 'put_policy', policy }) as const),
  ];
  return {
    kind: 'definition',
    definition: { kind: 'series', definitions },
    reply: ({ catalog }) => {
      const made = appOf({ params: { app: slug } }, { catalog });
      return bare(appObject(made, catalog), request, 201);
    },
  };
}

/** The app as it will be, before it has any identity. */
function newApp(sent: Json | undefined, { catalog, principal }: RouteContext): App {
  const values = objectAt(sent, 'app');
  const name = required(values, 'name');
  const slug = textAt(values, 'slug', 'app') ?? slugOf(name);
  if (catalog.apps?.some((app) => app.slug === slug)) {
    throw new ServiceError('name_taken', `The app '${slug}' exists`, { field: 'slug' });
  }
  const datasources = listAt(values['datasources'] ?? [], 'app.datasources');
  return {
    id: 0,
    slug,
    name,
    description: textAt(values, 'description', 'app') ?? '',
    settings: objectAt(values['settings'] ?? {}, 'app.settings'),
    active: true,
    createdAt: '',
    updatedAt: '',
    createdBy: principal.sub,
    datasources: datasources.map((each, at) => newDataSource(each, `app.datasources.${at}`)),
    roles: [],
  };
}

function newDataSource(sent: Json, place: string): DataSource {
  const values = objectAt(sent, place);
  const name = required(values, 'name');
  return {
    id: 0,
    slug: textAt(values, 'slug', place) ?? slugOf(name),
    name,
    provider: providerOf(required(values, 'provider_type')),
    config: objectAt(values['provider_config'] ?? {}, `${place}.provider_config`),
    description: textAt(values, 'description', place) ?? '',
    active: true,
    createdAt: '',
    updatedAt: '',
  };
}

/** Whoever imports an app owns it too. */
function rolesOf(sent: Json, { principal }: RouteContext): readonly AppRole[] {
  return listAt(sent, 'roles').map((each, at) => {
    const place = `roles.${at}`;
    const values = objectAt(each, place);
    const name = required(values, 'name');
    const parent = values['parent'] === null ? undefined : textAt(values, 'parent', place);
    const members = listAt(values['members'] ?? [], `${place}.members`).map((sub) =>
      typeof sub === 'string' ? sub : wrong('must be text', `${place}.members`),
    );
    const all = name === 'owner' ? [...new Set([...members, principal.sub])] : members;
    return { name, members: all, ...(parent === undefined ? {} : { parent }) };
  });
}

function tablesOf(sent: Json | undefined, app: App, present: RouteContext) {
  const { resources = [] } = objectAt(sent ?? {}, 'datatables');
  const { catalog } = present;
  const context = { ...present, catalog: { ...catalog, apps: [...(catalog.apps ?? []), app] } };
  const sources = listAt(resources, 'datatables.resources').map((resource, at) => {
    const materialize = !isObject(resource) || resource['materialize'] !== false;
    return sourceOf(resource, at, app, materialize, context);
  });
  const { drafts, faults } = readSchemas(sources, context.catalog);
  requireNone([...twins(sources), ...faults]);
  return drafts;
}

/** Sets of derived roles go before the policies that use them. */
function policiesOf(sent: Json, { slug }: App, { catalog }: RouteContext): readonly PolicyDraft[] {
  const drafts = listAt(sent, 'policies').map((each, at) =>
    policyDraft(objectAt(each, `policies.${at}`), slug, catalog.tenant),
  );
  const isSet = ({ content }: PolicyDraft): boolean => content.kind === 'derived_roles';
  return [...drafts.filter(isSet), ...drafts.filter((draft) => !isSet(draft))];
}

function objectAt(value: Json | undefined, place: string): JsonObject {
  return value !== undefined && isObject(value) ? value : wrong('must be an object', place);
}

function listAt(value: Json, place: string): readonly Json[] {
  return Array.isArray(value) ? value : wrong('must be a list', place);
}

function textAt(values: JsonObject, key: string, place: string): string | undefined {
  const value = values[key];
  if (value === undefined || typeof value === 'string') return value;
  return wrong('must be text', `${place}.${key}`);
}

function wrong(message: string, place: string): never {
  return refuse(`${place} ${message}`, place, 'invalid_definition');
}

/** Apps as documents. */
export const appPackageRoutes: readonly Route[] = [
  managed('GET', '/:app/export', 'administer', exportApp),
  managed('POST', '/import', 'found', importApp),
];
