import type { Table } from '../../model/table.ts';
import { type Export, fileFormats } from '../../statement/transfer.ts';
import type { Action, DialectRequest, Route, RouteContext } from '../dialect.ts';
import { matchesOf } from './data.ts';
import { delimiterOf, underTable, wordOf } from './request.ts';
import { rowsOf } from './served.ts';

/** Rows into files: `datatables/{t}/export/`. */
export const exportRoutes: readonly Route[] = underTable('GET', '/export', exportRows);

/** What a file may be: one of rows alone, or with their schema. */
export const exportFormats = [...fileFormats, 'datapackage'] as const;

type Format = (typeof exportFormats)[number];

const types: Readonly<Record<Format, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  datapackage: 'application/json; charset=utf-8',
};

function exportRows(request: DialectRequest, context: RouteContext): Action {
  const { table } = rowsOf(request, context);
  const format = wordOf(request.query, 'format', exportFormats) ?? 'csv';
  const delimiter = delimiterOf(request.query) ?? ',';
  const query = new Map(request.query);
  for (const key of ['format', 'delimiter']) query.delete(key);
  const read = matchesOf({ query }, table, context.catalog);
  const names = read.output.items.flatMap((item) =>
    item.kind === 'column' ? [item.as ?? item.name] : [],
  );
  const ending = format === 'datapackage' ? 'json' : format;
  return {
    kind: 'export',
    rows: {
      read: { ...read, purpose: 'export' },
      format: formatOf(format, table, names, delimiter),
    },
    reply: (parts) => ({
      status: 200,
      headers: {
        'content-type': types[format],
        'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(table.name)}.${ending}`,
      },
      body: { parts },
    }),
  };
}

function formatOf(
  format: Format,
  table: Table,
  names: readonly string[],
  delimiter: string,
): Export['format'] {
  switch (format) {
    case 'csv':
      return { kind: 'csv', names, delimiter };
    case 'ndjson':
      return { kind: 'ndjson' };
    case 'json':
      return { kind: 'json', before: '[', after: ']' };
    case 'datapackage': {
      const schema = JSON.stringify(table.document ?? { fields: names.map((name) => ({ name })) });
      const name = JSON.stringify(table.name);
      return {
        kind: 'json',
        before: `{"name":${name},"resources":[{"name":${name},"schema":${schema},"data":[`,
        after: ']}]}',
      };
    }
    default: {
      const never: never = format;
      return never;
    }
  }
}
