import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { storeActivity, storePurge } from '../catalog/app-store.ts';
import { storeRemoval, storeTable } from '../catalog/store.ts';
import { forwardOf, reverseOf } from '../compile/step.ts';
import { type App, type DataSource, defaultApp } from '../model/app.ts';
import type { AppPart, LifeCycle } from '../model/app-definition.ts';
import type { Catalog } from '../model/catalog.ts';
import { edgesOf, isEdgeTable } from '../model/graph.ts';
import { sameName, type Table } from '../model/table.ts';
import { needApp, needDataSource } from './app-change.ts';
import type { Change } from './change.ts';
import { remove } from './plan-change.ts';
import { blocked, giveUp, put, requireNoViews, type State, takeBack } from './suspension.ts';

/** With which parent a table goes and comes; `undefined` for the one named. */
type With = Table['deactivatedWith'];

/** What a definition is about: the tables of it, and the app or datasource itself unless it is about a table. */
interface Subject {
  readonly place?: { readonly app: string; readonly datasource?: string };
  /** An app or a datasource that is as it should be already leaves nothing to do. */
  readonly active: boolean;
  readonly tables: readonly Table[];
  readonly with: With;
}

/**
 * Works out what becomes of tables when they, their datasource or their app are deactivated, come back or go for good. `catalog` holds
 * deactivated tables too. Undefined: there is nothing to change.
 * @throws ServiceError relation_not_found, table_not_found, has_dependents
 */
export function planLifeCycle(
  definition: LifeCycle,
  catalog: Catalog,
  lastRelation: number,
): Change | undefined {
  const { kind, part, force = false } = definition;
  const subject = subjectOf(definition, catalog);
  if (kind === 'reactivate' && subject.active) return undefined;
  const start: State = { catalog, steps: [], touched: new Set() };
  const end =
    kind === 'deactivate'
      ? deactivated(start, subject, force)
      : kind === 'reactivate'
        ? reactivated(start, subject, force)
        : purged(start, subject, force);
  const { place } = subject;
  const gone = kind === 'purge' ? withEdges(subject.tables, catalog, () => true) : [];
  const [only] = part.table === undefined ? [] : subject.tables;
  return {
    before: catalog,
    after: end.catalog,
    steps: end.steps,
    rows: async (connection, tenant, by) => {
      for (const table of gone) await storeRemoval(connection, tenant, table);
      for (const table of end.catalog.tables) {
        if (end.touched.has(table.id)) await storeTable(connection, tenant, table);
      }
      if (!place) return;
      if (kind === 'purge') await storePurge(connection, tenant, place);
      else await storeActivity(connection, tenant, place, kind === 'reactivate', by);
    },
    operation: {
      kind,
      table: { app: part.app, name: part.table ?? '' },
      ...(only ? { relation: only.id } : {}),
      definition: definition as unknown as Json,
      forward: forwardOf(end.steps),
      reverse: reverseOf(end.steps),
    },
    lastRelation,
  };
}

/** Finds what is meant. Only what is active can be deactivated; the rest of the life cycle reaches everything. */
function subjectOf({ kind, part }: LifeCycle, catalog: Catalog): Subject {
  const { app: slug, datasource, table: name } = part;
  const app = kind === 'deactivate' ? needApp(catalog, slug) : anyApp(catalog, slug);
  const inApp = catalog.tables.filter((table) => table.app === slug);
  if (name !== undefined) {
    const table = inApp.find((each) => sameName(each, { app: slug, name }));
    const misplaced = datasource !== undefined && table?.datasource !== datasource;
    if (!table || misplaced || (kind === 'deactivate' && table.active === false)) {
      throw new ServiceError('table_not_found', `No such table '${name}'`, { table: name });
    }
    if (table.kind === 'view') throw new ServiceError('read_only', undefined, { table: name });
    if (isEdgeTable(table)) {
      const message = `'${name}' goes and comes with the table whose edges it holds`;
      throw new ServiceError('has_dependents', message, { table: name });
    }
    if (kind === 'reactivate') requireParents(table, catalog);
    return { active: table.active !== false, tables: [table], with: undefined };
  }
  requireOptional(part, kind);
  if (datasource !== undefined) {
    if (kind === 'reactivate') needApp(catalog, slug);
    const source =
      kind === 'deactivate' ? needDataSource(app, datasource) : anyDataSource(app, datasource);
    const tables = inApp.filter((table) => table.datasource === datasource);
    const place = { app: slug, datasource };
    return { place, active: source.active, tables, with: 'datasource' };
  }
  return { place: { app: slug }, active: app.active, tables: inApp, with: 'app' };
}

function deactivated(start: State, subject: Subject, force: boolean): State {
  const active = subject.tables.filter((table) => table.active !== false);
  const leaving = withEdges(active, start.catalog, (table) => table.active !== false);
  requireNoViews(leaving, start.catalog);
  const released = giveUp(start, leaving, force);
  return leaving.reduce((state, { id }) => {
    const table = tableOf(state, id);
    const parent = active.some((each) => each.id === id) ? subject.with : 'table';
    return put(state, {
      ...table,
      active: false,
      ...(parent === undefined ? {} : { deactivatedWith: parent }),
    });
  }, released);
}

function reactivated(start: State, subject: Subject, force: boolean): State {
  const alone = subject.with === undefined;
  const own = subject.tables.filter(
    (table) => table.active === false && (alone || table.deactivatedWith === subject.with),
  );
  const returning = withEdges(
    own,
    start.catalog,
    (table) => table.active === false && table.deactivatedWith === 'table',
  );
  const free = blocked(start, returning, force);
  const back = returning.reduce((state, { id }) => {
    const { active: _, deactivatedWith: __, suspended: ___, ...table } = tableOf(state, id);
    return put(state, table);
  }, free);
  return returning.reduce((state, table) => takeBack(state, table), back);
}

function purged(start: State, subject: Subject, force: boolean): State {
  const leaving = withEdges(subject.tables, start.catalog, () => true);
  requireNoViews(leaving, start.catalog);
  const released = giveUp(start, leaving, force);
  return leaving.toReversed().reduce((state, { id }) => drop(state, tableOf(state, id)), released);
}

function drop(state: State, table: Table): State {
  const { steps, after } = remove(table, false, state.catalog);
  return { ...state, catalog: after, steps: [...state.steps, ...steps] };
}

/** The tables with those that hold their edges: an edge table follows its node table. */
function withEdges(
  tables: readonly Table[],
  catalog: Catalog,
  follows: (edges: Table) => boolean,
): readonly Table[] {
  const edges = tables
    .flatMap((table) => edgesOf(table, catalog) ?? [])
    .filter((each) => !tables.includes(each) && follows(each));
  return [...tables, ...edges];
}

function tableOf({ catalog }: State, id: number): Table {
  const table = catalog.tables.find((each) => each.id === id);
  if (!table) throw new TypeError('a table went while it was worked on');
  return table;
}

function anyApp(catalog: Catalog, slug: string): App {
  const app = catalog.apps?.find((each) => each.slug === slug);
  if (app) return app;
  throw new ServiceError('relation_not_found', `No such app '${slug}'`);
}

function anyDataSource(app: App, slug: string): DataSource {
  const source = app.datasources.find((each) => each.slug === slug);
  if (source) return source;
  throw new ServiceError('relation_not_found', `No such datasource '${slug}'`);
}

/** A table comes back into an app and a datasource that are there. */
function requireParents(table: Table, catalog: Catalog): void {
  const app = needApp(catalog, table.app);
  const source = app.datasources.find(({ slug }) => slug === table.datasource);
  if (source?.active !== false) return;
  const message = `Datasource '${table.datasource}' is deactivated: restore it first`;
  throw new ServiceError('has_dependents', message, { table: table.name });
}

/** The app that every tenant has, with its datasources, stays. */
function requireOptional({ app, datasource }: AppPart, kind: LifeCycle['kind']): void {
  const lasting =
    app === defaultApp && (datasource === undefined || ['default', 'objects'].includes(datasource));
  if (!lasting || kind === 'reactivate') return;
  const what = datasource === undefined ? `The app '${app}'` : `The datasource '${datasource}'`;
  throw new ServiceError('has_dependents', `${what} always exists`);
}
