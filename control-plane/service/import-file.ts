import { ServiceError } from '../base/errors.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import { toServiceError } from '../pg/sqlstate.ts';
import type { FieldsMatch, Import, ImportReport } from '../statement/transfer.ts';
import type { Caller } from './call.ts';
import { retried } from './execute.ts';
import { fitter, Misfit, noColumn } from './import/fit.ts';
import { arrayRows, lineRows } from './import/json-rows.ts';
import { CsvRows, decoderOf } from './import/read.ts';
import { RowError, type SourceRow } from './import/source.ts';
import type { Load } from './load.ts';
import type { LoadedRow } from './load-stage.ts';

/** Rows of a file that came with a request. */
export type ImportFile = (file: Import, catalog: Catalog, caller: Caller) => Promise<ImportReport>;

/** The file's name in messages. */
const name = 'file';
/** Bytes decoded at a time. */
const chunk = 262_144;

/** Imports of files into a table, judged row by row. */
export function createImportFile(load: Load): ImportFile {
  return async (file, catalog, caller) => {
    const table = findTable(catalog, file.table);
    if (!table) throw new ServiceError('table_not_found', undefined, { table: file.table.name });
    try {
      const report = await retried(() => loadFile(load, file, table, catalog, caller));
      requireRight(report, file, table);
      return report;
    } catch (error) {
      throw error instanceof RowError ? unreadable(error, table) : toServiceError(error);
    }
  };
}

function loadFile(load: Load, file: Import, table: Table, catalog: Catalog, caller: Caller) {
  const { columns, rows } = contentOf(file, table);
  const lacking = file.by?.find((name) => !columns.includes(name));
  if (lacking !== undefined) {
    const message = `The file has no column ${lacking}, which tells the rows that are there`;
    throw new ServiceError('bad_request', message, { field: lacking });
  }
  const request = {
    table,
    columns,
    rows: fitted(rows, file, table),
    skip: file.skip,
    dryRun: file.dryRun,
    ...(file.by ? { by: file.by } : {}),
  };
  return load(request, catalog, caller);
}

/** A caller whose rows are refused for want of a right, and for nothing else, is told so. @throws ServiceError forbidden */
function requireRight({ faults }: ImportReport, { skip }: Import, table: Table): void {
  if (skip || faults.length === 0 || faults.some(({ code }) => code !== 'forbidden')) return;
  throw new ServiceError('forbidden', undefined, { table: logicalName(table) });
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
function* fitted(rows: Iterable<SourceRow>, file: Import, table: Table): Generator<LoadedRow> {
  const fit = fitter(table, file.spellings, file.format === 'csv');
  let row = 0;
  for (const each of rows) {
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

interface Content {
  /** The columns that rows have values for. */
  readonly columns: readonly string[];
  readonly rows: Iterable<SourceRow>;
}

function contentOf(file: Import, table: Table): Content {
  if (file.format === 'csv') return csvContent(file, table);
  const decode = decoderOf(name);
  const text = decode(file.content) + decode();
  const rows = file.format === 'json' ? arrayRows(name, text) : lineRows(name, text);
  // Columns that no row names keep their defaults.
  const named = new Set(rows.flatMap(({ values }) => Object.keys(values)));
  const columns = table.columns.filter((column) => named.has(column.name));
  return { columns: columns.map((column) => column.name), rows };
}

/** The header at once, the rows as they are asked for. */
function csvContent(file: Import, table: Table): Content {
  const csv = new CsvRows(name, { delimiter: file.delimiter ?? ',', missing: [] });
  const rows = csvRows(csv, file.content);
  const first = rows.next();
  const columns = matched(csv.fields, table, file.fieldsMatch);
  return {
    columns,
    rows: (function* () {
      if (first.done !== true) yield first.value;
      yield* rows;
    })(),
  };
}

function* csvRows(csv: CsvRows, content: Uint8Array): Generator<SourceRow> {
  const decode = decoderOf(name);
  for (let at = 0; at < content.length; at += chunk) {
    yield* csv.take(decode(content.subarray(at, at + chunk)));
  }
  yield* csv.take(decode());
  yield* csv.end();
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
