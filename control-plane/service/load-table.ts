import { ServiceError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { Definition } from '../model/definition.ts';
import type { Table, TableDraft, TableName } from '../model/table.ts';
import { isUnforeseen, toServiceError } from '../pg/sqlstate.ts';
import type { Caller } from './call.ts';
import type { EngineParts } from './engine.ts';
import { retried } from './execute.ts';
import { RowError, type Source } from './import/source.ts';

/** What loading needs of the engine. */
export type Loader = Pick<EngineParts, 'load' | 'loadRows' | 'execute' | 'define'>;

export interface Progress {
  readonly table: string;
  readonly done: number;
  readonly total: number;
}

/** A row fitted to its table. */
export interface FittedRow {
  readonly line: number;
  readonly values: JsonObject;
}

/** Makes one table; a definition of someone else in between is no reason to fail. */
export async function createTable(
  loader: Loader,
  caller: Caller,
  tenant: string,
  table: TableDraft,
): Promise<Table> {
  const outcome = await redefine(loader, caller, tenant, () => ({ kind: 'create_table', table }));
  if (outcome.table === undefined) throw new ServiceError('internal');
  return outcome.table;
}

/** Carries a definition out that is worked out from the catalog, again when that has changed meanwhile. */
export function redefine(
  loader: Loader,
  caller: Caller,
  tenant: string,
  definitionFor: (catalog: Catalog) => Definition,
): ReturnType<Loader['define']> {
  return byCatalog(loader, tenant, (catalog) =>
    loader.define(definitionFor(catalog), catalog, caller),
  );
}

/** Work that goes by the catalog, again when that has changed meanwhile. */
async function byCatalog<T>(
  loader: Pick<Loader, 'load'>,
  tenant: string,
  work: (catalog: Catalog) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const catalog = await loader.load(tenant, attempt > 1);
    try {
      return await work(catalog);
    } catch (error) {
      const stale = error instanceof ServiceError && error.kind === 'stale_catalog';
      const late =
        stale ||
        (isUnforeseen(error) && (await loader.load(tenant, true)).version !== catalog.version);
      if (!late || attempt === 3) throw error;
    }
  }
}

/** Puts rows into a table, all or none, under the importing principal. @throws RowError for the first that can't be written */
export async function insertRows(
  loader: Loader,
  options: {
    readonly tenant: string;
    readonly caller: Caller;
    readonly onProgress?: (progress: Progress) => void;
  },
  source: Pick<Source, 'file'>,
  table: TableName,
  rows: readonly FittedRow[],
): Promise<void> {
  const report = (done: number): void =>
    options.onProgress?.({ table: table.name, done, total: rows.length });
  report(0);
  const { faults } = await byCatalog(loader, options.tenant, async (catalog) => {
    const found = findTable(catalog, table);
    if (!found) throw new ServiceError('table_not_found', undefined, { table: table.name });
    const request = {
      table: found,
      columns: found.columns.map(({ name }) => name),
      rows: rows.map(({ values }, at) => ({ row: at + 1, values })),
      skip: false,
      dryRun: false,
      onProgress: report,
    };
    return retried(() => loader.loadRows(request, catalog, options.caller)).catch(
      (error: unknown) => {
        throw toServiceError(error);
      },
    );
  });
  const [fault] = faults;
  const line = fault === undefined ? undefined : rows[fault.row - 1]?.line;
  if (fault && line !== undefined) {
    throw new RowError(source.file, line, fault.field, fault.message);
  }
  report(rows.length);
}
