import { type JsonObject, memberOf } from '../../base/json.ts';
import type { AppMeasures, TableMeasure } from '../../model/app.ts';
import type { Catalog } from '../../model/catalog.ts';
import type { Table } from '../../model/table.ts';
import type { Action, DialectRequest, Reply, Route, RouteContext } from '../dialect.ts';
import { dataSourceOf } from './datasources.ts';
import { managed } from './management.ts';
import { bare } from './reply.ts';
import { appOf } from './served.ts';

/** A table with what it holds. */
interface Measured {
  readonly table: Table;
  readonly measure: TableMeasure | undefined;
}

function appStats(request: DialectRequest, { catalog }: RouteContext): Action {
  const app = appOf(request, { catalog });
  return measuring(request, app.slug, (measures) => {
    const tables = measured(catalog, measures, app.slug);
    return {
      app_name: app.name,
      app_slug: app.slug,
      datasource_count: app.datasources.filter(({ active }) => active).length,
      ...countsOf(tables),
      providers: countedBy(tables, ({ provider }) => provider),
      ...totalsOf(tables, measures),
      last_schema_operation_at: latest(Object.values(measures.lastOperations)),
    };
  });
}

function dataSourceStats(request: DialectRequest, { catalog }: RouteContext): Action {
  const app = appOf(request, { catalog });
  const { slug, name, provider } = dataSourceOf(request, app);
  return measuring(request, app.slug, (measures) => {
    const tables = measured(catalog, measures, app.slug).filter(
      ({ table }) => table.datasource === slug,
    );
    const last = memberOf(measures.lastOperations, slug);
    return {
      datasource_name: name,
      datasource_slug: slug,
      provider_type: provider,
      ...countsOf(tables),
      providers: countedBy(tables, (table) => table.provider),
      ...totalsOf(tables, measures),
      last_schema_operation_at: latest(last === undefined ? [] : [last]),
      tables: tables.map(tableStats),
    };
  });
}

function tablesStats(request: DialectRequest, { catalog }: RouteContext): Action {
  const app = appOf(request, { catalog });
  return measuring(request, app.slug, (measures) => {
    const tables = measured(catalog, measures, app.slug);
    const counts = countsOf(tables);
    return {
      app_slug: app.slug,
      total_tables: counts.table_count,
      materialized_tables: counts.materialized_table_count,
      by_datasource: countedBy(tables, ({ datasource }) => datasource),
      by_provider: countedBy(tables, ({ provider }) => provider),
      ...totalsOf(tables, measures),
      tables: tables.map(tableStats),
    };
  });
}

function measuring(
  request: DialectRequest,
  app: string,
  told: (measures: AppMeasures) => JsonObject,
): Action {
  const reply = (measures: AppMeasures): Reply => bare(told(measures), request);
  return { kind: 'measure', app, reply };
}

function measured(catalog: Catalog, measures: AppMeasures, app: string): readonly Measured[] {
  const byId = new Map(measures.tables.map((measure) => [measure.id, measure]));
  return catalog.tables
    .filter((table) => table.app === app)
    .map((table) => ({ table, measure: byId.get(table.id) }));
}

function countsOf(tables: readonly Measured[]) {
  return {
    table_count: tables.length,
    materialized_table_count: tables.filter(({ table }) => isMaterialized(table)).length,
  };
}

/** Null where the caller is not told. */
function totalsOf(tables: readonly Measured[], { full }: AppMeasures) {
  const sum = (part: 'rows' | 'bytes'): number | null =>
    full ? tables.reduce((total, { measure }) => total + (measure?.[part] ?? 0), 0) : null;
  return { row_count_estimate: sum('rows'), size_bytes: sum('bytes') };
}

function tableStats({ table, measure }: Measured) {
  return {
    name: table.name,
    is_materialized: isMaterialized(table),
    row_count_estimate: measure?.rows ?? null,
    size_bytes: measure?.bytes ?? null,
    index_count: measure?.indexes ?? 0,
  };
}

function isMaterialized(table: Table): boolean {
  return table.materialized !== false;
}

function countedBy(tables: readonly Measured[], key: (table: Table) => string): JsonObject {
  const counts = new Map<string, number>();
  for (const { table } of tables) counts.set(key(table), (counts.get(key(table)) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** Times of one form stand in the order of their text. */
function latest(times: readonly string[]): string | null {
  return times.toSorted().at(-1) ?? null;
}

export const statsRoutes: readonly Route[] = [
  managed('GET', '/:app/stats', 'inspect', appStats),
  managed('GET', '/:app/datasources/:datasource/stats', 'inspect', dataSourceStats),
  managed('GET', '/:app/datatables/stats', 'inspect', tablesStats),
];
