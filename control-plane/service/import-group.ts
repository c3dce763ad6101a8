import { errorKinds, ServiceError } from '../base/errors.ts';
import { findTable } from '../model/catalog.ts';
import type { Reference, TableDraft } from '../model/table.ts';
import { draftOf, newReference } from './import/draft.ts';
import { fitter, Misfit, noColumn } from './import/fit.ts';
import type { Resource } from './import/resource.ts';
import { RowError, type Source } from './import/source.ts';
import type { ImportOptions, ImportOutcome } from './import-outcome.ts';
import { createTable, type FittedRow, insertRows, type Loader, redefine } from './load-table.ts';

/** A source, the table it goes into, and its rows as that has them. */
interface Prepared {
  readonly source: Source;
  readonly draft: TableDraft;
  readonly exists: boolean;
  readonly rows: readonly FittedRow[];
}

/** Tables that refer to one another, all or none; mostly it is one table. `settled`: what has become of tables before; added to. */
export async function importGroup(
  loader: Loader,
  options: ImportOptions,
  group: readonly Resource[],
  settled: Map<string, TableDraft | 'refused'>,
): Promise<readonly ImportOutcome[]> {
  const made: TableDraft[] = [];
  let current = group[0];
  try {
    const prepared: Prepared[] = [];
    for (const resource of group) {
      current = resource;
      requireTargets(resource, settled);
      prepared.push(await prepare(loader, options, resource));
    }
    const drafts = new Map([
      ...settled,
      ...prepared.map(({ draft }) => [draft.name, draft] as const),
    ]);
    const late: { readonly draft: TableDraft; readonly references: readonly Reference[] }[] = [];
    for (const [at, { source, draft, exists, rows }] of prepared.entries()) {
      current = group[at];
      if (!exists) {
        const references = referencesOf(source, draft, drafts, options);
        // A reference that closes a circle comes when the rows are there.
        const closing = references.filter(({ target }) =>
          prepared.some((other, place) => place > at && other.draft.name === target.name),
        );
        const now = references.filter((each) => !closing.includes(each));
        await createTable(loader, options.caller, options.tenant, { ...draft, references: now });
        made.push(draft);
        if (closing.length > 0) late.push({ draft, references: closing });
      }
      await insertRows(loader, options, source, draft, rows);
    }
    for (const { draft, references } of late) {
      current = group.find(({ name }) => name === draft.name) ?? current;
      await addReferences(loader, options, draft, references);
    }
    return prepared.map(({ draft, exists, rows }) => {
      settled.set(draft.name, draft);
      return { kind: 'loaded', name: draft.name, rows: rows.length, created: !exists };
    });
  } catch (error) {
    await takeBack(loader, options, made);
    if (!isRefusal(error)) throw error;
    const reason = (error as Error).message;
    for (const { name } of group) settled.set(name, 'refused');
    return group.map(({ name }) => ({
      kind: 'refused',
      name,
      reason: name === current?.name ? reason : dependence(current?.name ?? ''),
    }));
  }
}

/** What is said of one file; anything else, such as a lost connection, ends it all. */
function isRefusal(error: unknown): boolean {
  return error instanceof RowError || (error instanceof ServiceError && isOfSender(error));
}

function isOfSender({ kind }: ServiceError): boolean {
  return errorKinds[kind].status < 500;
}

function dependence(name: string): string {
  return `refers to ${name}, which is refused`;
}

function requireTargets(
  { name, file, references }: Resource,
  settled: ReadonlyMap<string, TableDraft | 'refused'>,
): void {
  const gone = references.find(
    ({ resource }) => resource !== name && settled.get(resource) === 'refused',
  );
  if (gone) throw new RowError(file, 1, gone.fields.join(', '), dependence(gone.resource));
}

async function prepare(
  loader: Loader,
  options: ImportOptions,
  resource: Resource,
): Promise<Prepared> {
  const source = { ...(await resource.read()), name: resource.name };
  const catalog = await loader.load(options.tenant, false);
  const table = findTable(catalog, { app: options.app, name: source.name });
  const draft = table ?? draftOf(source, options.app);
  return { source, draft, exists: table !== undefined, rows: rowsFor(source, draft) };
}

function rowsFor(source: Source, table: TableDraft): FittedRow[] {
  const unknown = source.fields?.find(
    ({ name }) => !table.columns.some((column) => column.name === name),
  );
  if (unknown) throw new RowError(source.file, 1, unknown.name, noColumn(table));
  const fit = fitter(table, spellingsOf(source, table), source.textual);
  return source.rows.map((row) => {
    try {
      return { line: row.line, values: fit(row) };
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      throw new RowError(source.file, row.line, error.field, error.message);
    }
  });
}

/** Where nothing says the type of a column, any value is one of its texts. */
function spellingsOf({ fields = [] }: Source, table: TableDraft): Source['fields'] & object {
  const said = new Map(fields.map((field) => [field.name, field]));
  return table.columns.map(({ name }) => {
    const field = said.get(name) ?? { name };
    return field.type === undefined ? { ...field, mixed: true } : field;
  });
}

/** Foreign keys of a package, where the target is the key of its table: Postgres needs a full unique index there. */
function referencesOf(
  source: Source,
  draft: TableDraft,
  drafts: ReadonlyMap<string, TableDraft | 'refused'>,
  options: ImportOptions,
): readonly Reference[] {
  return (source.references ?? []).flatMap(({ fields, resource, targetFields }) => {
    const target = resource === '' ? draft : drafts.get(resource);
    if (
      target === undefined ||
      target === 'refused' ||
      target.key.join('\0') !== targetFields.join('\0')
    ) {
      options.notice?.(
        `${source.name}: the foreign key (${fields.join(', ')}) is left out, its target is not the primary key of ${resource || 'the table'}`,
      );
      return [];
    }
    return newReference(draft, fields, { app: target.app, name: target.name }, targetFields);
  });
}

async function addReferences(
  loader: Loader,
  { caller, tenant }: ImportOptions,
  draft: TableDraft,
  references: readonly Reference[],
): Promise<void> {
  await redefine(loader, caller, tenant, (catalog) => {
    const table = findTable(catalog, draft);
    if (!table) throw new ServiceError('table_not_found', undefined, { table: draft.name });
    const to = { ...table, references: [...table.references, ...references] };
    return { kind: 'change_table', from: table, to };
  });
}

/** Also when it was an abort that ended the import. */
async function takeBack(
  loader: Loader,
  { caller, tenant }: ImportOptions,
  made: readonly TableDraft[],
): Promise<void> {
  const patient = { ...caller, signal: new AbortController().signal };
  for (const { app, name } of made.toReversed()) {
    await redefine(loader, patient, tenant, () => ({
      kind: 'drop_table',
      table: { app, name },
      retain: false,
    }));
  }
}
