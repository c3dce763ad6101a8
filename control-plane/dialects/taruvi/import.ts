import { isObject, type Json } from '../../base/json.ts';
import { spelling } from '../../frictionless/spelling.ts';
import type { Table } from '../../model/table.ts';
import type { FieldsMatch, Import, ImportReport } from '../../statement/transfer.ts';
import type { Action, DialectRequest, Reply, Route, RouteContext } from '../dialect.ts';
import { refuse } from './errors.ts';
import { success } from './reply.ts';
import { flag, lastOf, underTable } from './request.ts';
import { rowsOf } from './served.ts';
import { uniqueFields } from './unique.ts';

const mostBytes = 64 * 1024 * 1024;
const mostRows = 100_000;

/** Files into rows: `data/import/`. */
export const importRoutes: readonly Route[] = underTable('POST', '/data/import', importRows).map(
  (route) => ({ ...route, file: mostBytes }),
);

const formats: Readonly<Record<string, Import['format']>> = {
  'text/csv': 'csv',
  'application/csv': 'csv',
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
};

function importRows(request: DialectRequest, context: RouteContext): Action {
  const { query, file } = request;
  const { table } = rowsOf(request, context);
  const format = chosen(query, 'format', ['csv', 'json', 'ndjson']) ?? formats[file?.type ?? ''];
  if (format === undefined) refuse('format must be csv, json or ndjson', 'format');
  if (file === undefined) refuse('There is no file in the body', 'file');
  const upsert = chosen(query, 'mode', ['insert', 'upsert']) === 'upsert';
  const skip = chosen(query, 'on_error', ['abort', 'skip']) === 'skip';
  const dryRun = flag(query, 'dry_run');
  const delimiter = lastOf(query, 'delimiter');
  if (delimiter !== undefined && !/^[^"\r\n]$/.test(delimiter)) {
    refuse('delimiter must be one character', 'delimiter');
  }
  if (!upsert && query.has('unique_fields')) {
    refuse('unique_fields goes with mode=upsert', 'unique_fields');
  }
  return {
    kind: 'import',
    file: {
      table,
      content: file.content,
      format,
      ...readings(table),
      ...(delimiter === undefined ? {} : { delimiter }),
      ...(upsert ? { by: uniqueFields(query, table) } : {}),
      skip,
      dryRun,
      most: mostRows,
    },
    reply: (report) => answer(report, { format, skip, dryRun }),
  };
}

function chosen<const T extends string>(
  query: DialectRequest['query'],
  name: string,
  words: readonly T[],
): T | undefined {
  const text = lastOf(query, name);
  if (text === undefined) return undefined;
  return (
    words.find((word) => word === text) ?? refuse(`${name} must be ${words.join(' or ')}`, name)
  );
}

/** What the schema says of files. */
function readings({ document = {} }: Table): Pick<Import, 'spellings' | 'fieldsMatch'> {
  const { fieldsMatch, fields, missingValues } = document;
  const matches: readonly FieldsMatch[] = ['exact', 'equal', 'subset', 'superset', 'partial'];
  const described = Array.isArray(fields) ? (fields as readonly Json[]).filter(isObject) : [];
  return {
    spellings: described.map((field) => spelling(field, missingValues)),
    fieldsMatch: matches.find((each) => each === fieldsMatch) ?? 'superset',
  };
}

function answer(
  { inserted, updated, skipped, faults }: ImportReport,
  asked: { readonly format: string; readonly skip: boolean; readonly dryRun: boolean },
): Reply {
  const refused = !asked.skip && skipped > 0;
  const data = {
    format: asked.format,
    inserted: refused ? 0 : inserted,
    updated: refused ? 0 : updated,
    skipped,
    error_count: skipped,
    errors: faults.map(({ row, field, code, message }) => ({ row, field, code, message })),
    dry_run: asked.dryRun,
  };
  if (!refused) return success(data, asked.dryRun ? 'Import checked' : 'Import done');
  const errors: Record<string, string[]> = {};
  for (const { row, field, message } of faults) {
    const place = `${row}.${field}`;
    errors[place] = [...(errors[place] ?? []), message];
  }
  const message = 'Rows of the file cannot be written, so none was';
  const json = {
    status: 'error',
    code: 'VALIDATION_ERROR',
    message,
    errors,
    details: errors,
    data,
  };
  return { status: 400, body: { json } };
}
