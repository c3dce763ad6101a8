import { alternatives } from '../../base/alternatives.ts';
import { spellingsOf } from '../../frictionless/spelling.ts';
import type { Table } from '../../model/table.ts';
import {
  type FileFormat,
  fieldsMatches,
  fileFormats,
  type Import,
  type ImportReport,
} from '../../statement/transfer.ts';
import type { Action, DialectRequest, Reply, Route, RouteContext } from '../dialect.ts';
import { refuse } from './errors.ts';
import { success } from './reply.ts';
import { delimiterOf, flag, underTable, wordOf } from './request.ts';
import { rowsOf } from './served.ts';
import { uniqueFields } from './unique.ts';

const mostBytes = 64 * 1024 * 1024;
const mostRows = 100_000;

/** Files into rows: `data/import/`. */
export const importRoutes: readonly Route[] = underTable('POST', '/data/import', importRows).map(
  (route) => ({ ...route, file: mostBytes }),
);

/** What happens to rows that are there. */
export const modes = ['insert', 'upsert'] as const;
/** What happens when a row is wrong. */
export const faultModes = ['abort', 'skip'] as const;

const formats: Readonly<Record<string, FileFormat>> = {
  'text/csv': 'csv',
  'application/csv': 'csv',
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
};

function importRows(request: DialectRequest, context: RouteContext): Action {
  const { query, file } = request;
  const { table } = rowsOf(request, context);
  const format = wordOf(query, 'format', fileFormats) ?? formats[file?.type ?? ''];
  if (format === undefined) refuse(`format must be ${alternatives(fileFormats)}`, 'format');
  if (file === undefined) refuse('There is no file in the body', 'file');
  const upsert = wordOf(query, 'mode', modes) === 'upsert';
  const skip = wordOf(query, 'on_error', faultModes) === 'skip';
  const dryRun = flag(query, 'dry_run');
  const delimiter = delimiterOf(query);
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

/** What the schema says of files. */
function readings({ document = {} }: Table): Pick<Import, 'spellings' | 'fieldsMatch'> {
  const { fieldsMatch } = document;
  return {
    spellings: spellingsOf(document),
    fieldsMatch: fieldsMatches.find((each) => each === fieldsMatch) ?? 'superset',
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
