import { ServiceError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { Definition } from '../model/definition.ts';
import type { Table, TableDraft, TableName } from '../model/table.ts';
import { toServiceError } from '../pg/sqlstate.ts';
import type { Caller } from './call.ts';
import type { EngineParts } from './engine.ts';
import { retried } from './execute.ts';
import { RowError, type Source } from './import/source.ts';
import { withCatalog } from './with-catalog.ts';

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
  return withCatalog(
    (fresh) => loader.load(tenant, fresh),
    (catalog) => loader.define(definitionFor(catalog), catalog, caller),
  );
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
  const load = (fresh: boolean): Promise<Catalog> => loader.load(options.tenant, fresh);
  const { faults } = await withCatalog(load, async (catalog) => {
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
