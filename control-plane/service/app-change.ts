import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import {
  storeApp,
  storeAppRole,
  storeDataSource,
  storeNewApp,
  storeNewDataSource,
} from '../catalog/app-store.ts';
import { type App, type DataSource, findApp, findDataSource } from '../model/app.ts';
import type { AppDefinition, LifeCycle, PolicyDefinition } from '../model/app-definition.ts';
import {
  checkObject,
  checkParent,
  checkRole,
  checkSettings,
  checkSlug,
  checkWords,
} from '../model/app-schema.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Change } from './change.ts';

type Rows = NonNullable<Change['rows']>;

/** Works a change of an app out: rows of the control schema, no DDL. @throws ServiceError when it can't be done */
export function planAppChange(
  definition: Exclude<AppDefinition, LifeCycle | PolicyDefinition>,
  catalog: Catalog,
  lastRelation: number,
): Change {
  return {
    before: catalog,
    after: catalog,
    steps: [],
    rows: rowsFor(definition, catalog),
    operation: {
      kind: definition.kind,
      table: {
        app: typeof definition.app === 'string' ? definition.app : definition.app.slug,
        name: '',
      },
      definition: definition as unknown as Json,
      forward: [],
      reverse: [],
    },
    lastRelation,
  };
}

function rowsFor(
  definition: Exclude<AppDefinition, LifeCycle | PolicyDefinition>,
  catalog: Catalog,
): Rows {
  switch (definition.kind) {
    case 'create_app': {
      const { app } = definition;
      checkSlug(app.slug);
      checkWords(app);
      checkSettings(app.settings);
      if (catalog.apps?.some(({ slug }) => slug === app.slug)) throw taken('app', app.slug);
      return (connection, tenant, by) => storeNewApp(connection, tenant, app, by);
    }
    case 'change_app': {
      const { settings, amend, ...words } = definition.change;
      const app = needApp(catalog, definition.app);
      checkWords(words);
      const kept = { ...(settings ?? app.settings), ...amend };
      const values = Object.fromEntries(
        Object.entries(kept).filter(([key, value]) => value !== null || amend?.[key] !== null),
      );
      checkSettings(values);
      const next = { ...app, ...words, settings: values };
      return (connection, tenant, by) => storeApp(connection, tenant, next, by);
    }
    case 'create_datasource': {
      const { datasource } = definition;
      const { slug } = needApp(catalog, definition.app);
      checkSlug(datasource.slug);
      checkWords(datasource);
      checkObject(datasource.config, 'provider_config');
      const others = needApp(catalog, slug).datasources;
      if (others.some((each) => each.slug === datasource.slug)) {
        throw taken('datasource', datasource.slug);
      }
      return (connection, tenant) => storeNewDataSource(connection, tenant, slug, datasource);
    }
    case 'change_datasource': {
      const { app, datasource, change } = definition;
      const old = needDataSource(needApp(catalog, app), datasource);
      checkWords(change);
      if (change.config) checkObject(change.config, 'provider_config');
      if (change.provider !== undefined && change.provider !== old.provider) {
        requireEmpty(catalog, app, datasource);
      }
      return (connection, tenant) => storeDataSource(connection, tenant, definition, change);
    }
    case 'define_app_role': {
      const { app, name, parent, members } = definition;
      checkRole(name, members ?? []);
      const there = needApp(catalog, app);
      if (typeof parent === 'string') checkParent(there, name, parent);
      return (connection, tenant, by) => storeAppRole(connection, tenant, definition, by);
    }
    default: {
      const never: never = definition;
      return never;
    }
  }
}

/** The active app of this slug. @throws ServiceError relation_not_found */
export function needApp(catalog: Catalog, slug: string): App {
  const app = findApp(catalog, slug);
  if (app) return app;
  throw new ServiceError('relation_not_found', `No such app '${slug}'`);
}

/** The active datasource of this slug. @throws ServiceError relation_not_found */
export function needDataSource(app: App, slug: string): DataSource {
  const source = findDataSource(app, slug);
  if (source) return source;
  throw new ServiceError('relation_not_found', `No such datasource '${slug}'`);
}

/** Rows are stored as the provider says: with tables, deactivated ones too, it stays what it is. */
function requireEmpty(catalog: Catalog, app: string, datasource: string): void {
  const names = catalog.tables
    .filter((table) => table.app === app && table.datasource === datasource)
    .map(({ name }) => name);
  if (names.length === 0) return;
  const message = `The provider of '${datasource}' cannot change: it has tables`;
  throw new ServiceError('has_dependents', message, { data: { names } });
}

function taken(what: string, slug: string): ServiceError {
  return new ServiceError('name_taken', `The ${what} '${slug}' exists`, { field: 'slug' });
}
