import { ServiceError } from '../base/errors.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { FieldsMatch, Import, ImportReport } from '../statement/transfer.ts';
import type { Caller } from './engine.ts';
import { fitter, Misfit, noColumn } from './import/fit.ts';
import { arrayRows, csvRows, lineRows, textOf } from './import/read.ts';
import { RowError, type SourceRow } from './import/source.ts';
import type { Load, LoadedRow } from './load.ts';

/** Rows of a file that came with a request. */
export type ImportFile = (file: Import, catalog: Catalog, caller: Caller) => Promise<ImportReport>;

/** The file's name in messages. */
const name = 'file';
/** Bytes decoded at a time. */
const chunk = 65_536;

export function createImportFile(load: Load): ImportFile {
  return async (file, catalog, caller) => {
    const table = findTable(catalog, file.table);
    if (!table) throw new ServiceError('table_not_found', undefined, { table: file.table.name });
    const columns = table.columns.map((column) => column.name);
    try {
      const named =
        file.format === 'csv' ? await csvColumns(file, table) : await keysOf(file, columns);
      const lacking = file.by?.find((name) => !named.includes(name));
      if (lacking !== undefined) {
        const message = `The file has no column ${lacking}, which tells the rows that are there`;
        throw new ServiceError('bad_request', message, { field: lacking });
      }
      return await load(
        {
          table,
          columns: named,
          rows: fitted(file, table),
          skip: file.skip,
          dryRun: file.dryRun,
          ...(file.by ? { by: file.by } : {}),
        },
        catalog,
        caller,
      );
    } catch (error) {
      throw error instanceof RowError ? unreadable(error, table) : error;
    }
  };
}

/** What can't be read at all is refused as a whole, with its line. */
function unreadable({ line, field, reason }: RowError, table: Table): ServiceError {
  const message = `Line ${line}${field === '' ? '' : `, ${field}`}: ${reason}`;
  return new ServiceError('bad_request', message, {
    table: logicalName(table),
    ...(field === '' ? {} : { field }),
    data: { line },
  });
}

/** Rows as the table has them, or what is wrong with each. */
async function* fitted(file: Import, table: Table): AsyncGenerator<LoadedRow> {
  const fit = fitter(table, file.spellings, file.format === 'csv');
  let row = 0;
  for await (const each of rowsOf(file, () => undefined)) {
    row++;
    if (row > file.most) {
      throw new ServiceError('limit_exceeded', `More than ${file.most} rows in one file`, {
        data: { limit: file.most },
      });
    }
    if (each.fault !== undefined) {
      yield { row, fault: { field: '', code: 'cells', message: each.fault } };
      continue;
    }
    try {
      yield { row, values: fit(each) };
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      yield { row, fault: { field: error.field, code: error.code, message: error.message } };
    }
  }
}

function rowsOf(
  file: Import,
  onFields: (fields: readonly string[]) => void,
): Iterable<SourceRow> | AsyncIterable<SourceRow> {
  const text = textOf(name, chunks(file.content));
  if (file.format !== 'csv') return objects(file.format, text);
  const dialect = {
    delimiter: file.delimiter ?? ',',
    ...(file.missing ? { missing: file.missing } : {}),
  };
  return csvRows(name, text, dialect, undefined, onFields);
}

async function* objects(
  format: 'json' | 'ndjson',
  parts: AsyncIterable<string>,
): AsyncGenerator<SourceRow> {
  let text = '';
  for await (const part of parts) text += part;
  text = text.replace(/^\uFEFF/, '');
  yield* format === 'json' ? arrayRows(name, text) : lineRows(name, text);
}

function* chunks(content: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += chunk) yield content.subarray(at, at + chunk);
}

/** The columns that the header names. @throws ServiceError for one that the table has not got, or that is missing */
async function csvColumns(file: Import, table: Table): Promise<readonly string[]> {
  let header: readonly string[] = [];
  for await (const _ of rowsOf(file, (fields) => {
    header = fields;
  })) {
    break;
  }
  return matched(header, table, file.fieldsMatch);
}

/** The keys that any row has, for the columns that are not named keep their defaults. */
async function keysOf(file: Import, columns: readonly string[]): Promise<readonly string[]> {
  const named = new Set<string>();
  for await (const { values } of rowsOf(file, () => undefined)) {
    for (const key of Object.keys(values)) named.add(key);
  }
  return columns.filter((column) => named.has(column));
}

function matched(header: readonly string[], table: Table, rule: FieldsMatch): readonly string[] {
  const columns = table.columns.map((column) => column.name);
  const extra = header.find((each) => !columns.includes(each));
  const lacking = columns.find((each) => !header.includes(each));
  const ordered = header.join('\0') === columns.join('\0');
  if (
    extra !== undefined &&
    rule !== 'subset' &&
    rule !== 'partial' &&
    table.holder === undefined
  ) {
    throw new ServiceError('column_not_found', `${extra}: ${noColumn(table)}`, { field: extra });
  }
  if (lacking !== undefined && (rule === 'exact' || rule === 'equal' || rule === 'subset')) {
    throw new ServiceError('bad_request', `The file has no column ${lacking}`, { field: lacking });
  }
  if (rule === 'exact' && !ordered) {
    throw new ServiceError(
      'bad_request',
      'The columns of the file are not in the order of the schema',
    );
  }
  if (rule === 'partial' && !header.some((each) => columns.includes(each))) {
    throw new ServiceError('bad_request', 'The file has no column of the schema');
  }
  return header.filter((each) => columns.includes(each));
}
