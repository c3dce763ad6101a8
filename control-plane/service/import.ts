import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ServiceError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { findTable } from '../model/catalog.ts';
import type { Reference, Table, TableDraft, TableName } from '../model/table.ts';
import type { Insert } from '../statement/statement.ts';
import type { Caller, EngineParts } from './engine.ts';
import { convert } from './import/convert.ts';
import { draftOf, newReference } from './import/draft.ts';
import { readPackage } from './import/package.ts';
import { readSource } from './import/read.ts';
import { RowError, type Source, type SourceRow } from './import/source.ts';

/** What loading needs of the engine. */
export type Loader = Pick<EngineParts, 'load' | 'execute' | 'define'>;

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

/** Rows of one statement: large enough to be fast, small enough for progress and memory. */
const batchSize = 2_000;

/**
 * Puts rows into a table: one transaction, one insert statement per batch, under the importing principal. The one place that knows
 * how rows travel: a COPY into a staging table would replace its body only.
 */
export async function insertRows(
  loader: Loader,
  options: Pick<ImportOptions, 'tenant' | 'caller' | 'onProgress'>,
  source: Pick<Source, 'file'>,
  table: TableName & Partial<Pick<TableDraft, 'references' | 'key'>>,
  rows: readonly FittedRow[],
): Promise<void> {
  const ordered = parentsFirst(table, rows);
  const report = (done: number): void =>
    options.onProgress?.({ table: table.name, done, total: rows.length });
  let from = 0;
  const statements = Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, index) => {
    // Built when its turn comes: the failing batch is the last one built.
    return (): Insert => {
      from = index * batchSize;
      report(from);
      const batch = ordered.slice(from, from + batchSize);
      return {
        kind: 'insert',
        table: { app: table.app, name: table.name },
        rows: batch.map(({ values }) => ({ values })),
        output: { items: [], format: { numbers: 'plain', times: 'millis' } },
      };
    };
  });
  if (statements.length === 0) return;
  try {
    await loader.execute(statements, await loader.load(options.tenant, false), options.caller);
  } catch (error) {
    throw placed(error, source.file, ordered.slice(from));
  }
  report(rows.length);
}

/** The error with file, line and field, when it speaks of a row. */
function placed(error: unknown, file: string, rows: readonly FittedRow[]): unknown {
  if (!(error instanceof ServiceError)) return error;
  const fault = error.detail.faults?.[0];
  const line = fault === undefined ? undefined : rows[fault.row]?.line;
  if (fault === undefined || line === undefined) {
    return new Error(`${file}: ${error.message}`, { cause: error });
  }
  return new RowError(file, line, fault.field, fault.message);
}

function rowsFor(source: Source, table: TableDraft): FittedRow[] {
  const columns = new Map(table.columns.map((column) => [column.name, column]));
  const fields = new Map(source.fields?.map((field) => [field.name, field]));
  for (const name of fields.keys()) {
    if (!columns.has(name)) throw new RowError(source.file, 1, name, noColumn(table));
  }
  return source.rows.map((row) => fit(row));

  function fit(row: SourceRow): FittedRow {
    const values: Record<string, Json> = {};
    for (const [name, value] of Object.entries(row.values)) {
      const column = columns.get(name);
      if (column === undefined) throw new RowError(source.file, row.line, name, noColumn(table));
      try {
        values[name] = convert(value, column.type, fields.get(name) ?? {}, source.textual);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        throw new RowError(source.file, row.line, name, error.message);
      }
      // Postgres would say so too, but an empty cell is to take the default where there is one.
      if (value === null && column.default !== undefined) delete values[name];
      else if (value === null && column.required) {
        throw new RowError(source.file, row.line, name, 'is required');
      }
    }
    return { line: row.line, values };
  }
}

function noColumn(table: TableDraft): string {
  return `table ${table.name} has no such column`;
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

/** Rows of a table that refers to itself in such an order that a batch never refers to a later one. */
function parentsFirst(
  table: TableName & Partial<Pick<TableDraft, 'references' | 'key'>>,
  rows: readonly FittedRow[],
): readonly FittedRow[] {
  const own = table.references?.find(
    (each) => each.target.app === table.app && each.target.name === table.name,
  );
  const [from, to] = [own?.columns[0], own?.targetColumns[0]];
  if (rows.length <= batchSize || from === undefined || to === undefined) return rows;
  const byKey = new Map(rows.map((row) => [String(row.values[to]), row]));
  const ordered = new Set<FittedRow>();
  for (const row of rows) {
    const chain: FittedRow[] = [];
    let at: FittedRow | undefined = row;
    while (at !== undefined && !ordered.has(at) && !chain.includes(at)) {
      chain.push(at);
      at = byKey.get(String(at.values[from]));
    }
    for (const each of chain.reverse()) ordered.add(each);
  }
  return [...ordered];
}
