import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ServiceError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { findTable } from '../model/catalog.ts';
import type { Reference, Table, TableDraft, TableName } from '../model/table.ts';
import type { Caller, EngineParts } from './engine.ts';
import { draftOf, newReference } from './import/draft.ts';
import { fitter, Misfit, noColumn } from './import/fit.ts';
import { readPackage } from './import/package.ts';
import { readSource } from './import/read.ts';
import { RowError, type Source } from './import/source.ts';

/** What loading needs of the engine. */
export type Loader = Pick<EngineParts, 'load' | 'loadRows' | 'execute' | 'define'>;

export interface Progress {
  readonly table: string;
  readonly done: number;
  readonly total: number;
}

export interface ImportOptions {
  readonly tenant: string;
  readonly app: string;
  readonly files: readonly string[];
  readonly caller: Caller;
  readonly onProgress?: (progress: Progress) => void;
  /** Told in words of things a user should know: a foreign key left out. */
  readonly notice?: (text: string) => void;
}

export interface ImportedTable {
  readonly table: string;
  readonly rows: number;
  readonly created: boolean;
}

/**
 * Loads files into tables of a tenant, making those that don't exist. All files are read and checked before anything is written; the
 * rows of one table come in one transaction; tables made by a run that fails are taken away again.
 * @throws RowError naming file, line, field and reason
 */
export async function importFiles(
  loader: Loader,
  options: ImportOptions,
): Promise<readonly ImportedTable[]> {
  const sources: Source[] = [];
  for (const place of options.files) {
    // A data package may be named by its folder.
    const file = (await stat(place)).isDirectory() ? join(place, 'datapackage.json') : place;
    if (basename(file) === 'datapackage.json') sources.push(...(await readPackage(file)));
    else sources.push(await readSource(file));
  }
  const ordered = targetsFirst(sources);
  const before = await loader.load(options.tenant, true);
  const plans = ordered.map((source) => {
    const table = findTable(before, { app: options.app, name: source.name });
    const draft = table ?? draftOf(source, options.app);
    return { source, draft, exists: table !== undefined, rows: rowsFor(source, draft) };
  });
  const made: TableName[] = [];
  const done: ImportedTable[] = [];
  try {
    for (const { source, draft, exists, rows } of plans) {
      if (!exists) {
        const references = referencesOf(source, draft, plans, options);
        await createTable(loader, options.caller, options.tenant, { ...draft, references });
        made.push({ app: draft.app, name: draft.name });
      }
      await insertRows(loader, options, source, draft, rows);
      done.push({ table: draft.name, rows: rows.length, created: !exists });
    }
  } catch (error) {
    // Also when it was an abort that ended the import.
    const caller = { ...options.caller, signal: new AbortController().signal };
    for (const table of made.reverse()) {
      const catalog = await loader.load(options.tenant, true);
      await loader.define({ kind: 'drop_table', table, retain: false }, catalog, caller);
    }
    throw error;
  }
  return done;
}

/** Makes one table; a definition of someone else in between is no reason to fail. */
export async function createTable(
  loader: Loader,
  caller: Caller,
  tenant: string,
  table: TableDraft,
): Promise<Table> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const catalog = await loader.load(tenant, attempt > 1);
      const outcome = await loader.define({ kind: 'create_table', table }, catalog, caller);
      if (outcome.table === undefined) throw new ServiceError('internal');
      return outcome.table;
    } catch (error) {
      const stale = error instanceof ServiceError && error.kind === 'stale_catalog';
      if (!stale || attempt === 3) throw error;
    }
  }
}

/** A row fitted to its table. */
export interface FittedRow {
  readonly line: number;
  readonly values: JsonObject;
}

/** Puts rows into a table, all or none, under the importing principal. */
export async function insertRows(
  loader: Loader,
  options: Pick<ImportOptions, 'tenant' | 'caller' | 'onProgress'>,
  source: Pick<Source, 'file'>,
  table: TableName,
  rows: readonly FittedRow[],
): Promise<void> {
  const report = (done: number): void =>
    options.onProgress?.({ table: table.name, done, total: rows.length });
  report(0);
  const catalog = await loader.load(options.tenant, false);
  const found = findTable(catalog, table);
  if (!found) throw new ServiceError('table_not_found', undefined, { table: table.name });
  const { faults } = await loader.loadRows(
    {
      table: found,
      columns: found.columns.map(({ name }) => name),
      rows: rows.map(({ values }, at) => ({ row: at + 1, values })),
      skip: false,
      dryRun: false,
      onProgress: report,
    },
    catalog,
    options.caller,
  );
  const [fault] = faults;
  const line = fault === undefined ? undefined : rows[fault.row - 1]?.line;
  if (fault && line !== undefined)
    throw new RowError(source.file, line, fault.field, fault.message);
  report(rows.length);
}

function rowsFor(source: Source, table: TableDraft): FittedRow[] {
  const unknown = source.fields?.find(
    ({ name }) => !table.columns.some((column) => column.name === name),
  );
  if (unknown) throw new RowError(source.file, 1, unknown.name, noColumn(table));
  const fit = fitter(table, source.fields ?? [], source.textual);
  return source.rows.map((row) => {
    try {
      return { line: row.line, values: fit(row) };
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      throw new RowError(source.file, row.line, error.field, error.message);
    }
  });
}

/** Foreign keys of a package, where the target is the key of its table: Postgres needs a full unique index there. */
function referencesOf(
  source: Source,
  draft: TableDraft,
  plans: readonly { readonly source: Source; readonly draft: TableDraft }[],
  options: ImportOptions,
): Reference[] {
  return (source.references ?? []).flatMap((reference) => {
    const { fields, resource, targetFields } = reference;
    const target =
      resource === '' ? draft : plans.find((plan) => plan.source.name === resource)?.draft;
    if (target === undefined || target.key.join('\0') !== targetFields.join('\0')) {
      options.notice?.(
        `${source.name}: the foreign key (${fields.join(', ')}) is left out, its target is not the primary key of ${resource || 'the table'}`,
      );
      return [];
    }
    return newReference(draft, fields, { app: target.app, name: target.name }, targetFields);
  });
}

/** Sources in such an order that a referenced table comes before those that refer to it. */
function targetsFirst(sources: readonly Source[]): Source[] {
  const ordered = new Set<Source>();
  const visit = (source: Source, path: readonly Source[]): void => {
    if (ordered.has(source) || path.includes(source)) return;
    for (const { resource } of source.references ?? []) {
      const target = sources.find((other) => other.name === resource);
      if (target !== undefined) visit(target, [...path, source]);
    }
    ordered.add(source);
  };
  for (const source of sources) visit(source, []);
  return [...ordered];
}
