import { isObject, type Json } from '../../base/json.ts';
import { castRow } from '../../frictionless/cast.ts';
import type { Action, DialectRequest, Route, RouteContext } from '../dialect.ts';
import { refuse } from './errors.ts';
import { managed } from './management.ts';
import { mostRows } from './page.ts';
import { success } from './reply.ts';
import { flag, objectOf } from './request.ts';
import { schemaOf } from './schema/document.ts';
import { tableOf } from './served.ts';

/** POST `datatables/{t}/validate/`: every fault of every row, counted from 1; nothing is written. */
function validateRows(request: DialectRequest, context: RouteContext): Action {
  const { table } = tableOf(request, context);
  const { data } = objectOf(request.body);
  const rows = Array.isArray(data)
    ? (data as readonly Json[])
    : data === undefined
      ? undefined
      : [data];
  if (!rows?.every(isObject)) return refuse('data must be a list of objects', 'data');
  if (rows.length > mostRows) {
    return refuse(`More than ${mostRows} rows in one call`, 'data', 'limit_exceeded');
  }
  const schema = schemaOf(table);
  return {
    kind: 'statements',
    statements: [
      {
        kind: 'check',
        table,
        rows: rows.map((row) => ({ values: castRow(row, table, schema) })),
        first: 1,
      },
    ],
    reply: ([result]) => {
      const { rows: errors = '[]', count = 0 } = result ?? {};
      const text = `{"valid":${count === 0},"count":${rows.length},"errors":${errors}}`;
      return flag(request.query, 'envelope')
        ? success(JSON.parse(text) as Json, 'Rows validated')
        : { status: 200, body: text };
    },
  };
}

/** Rows looked at before they are written. */
export const validateRoutes: readonly Route[] = [
  managed('POST', '/:app/datatables/:table/validate', 'inspect', validateRows),
  managed(
    'POST',
    '/:app/datasources/:datasource/datatables/:table/validate',
    'inspect',
    validateRows,
  ),
];
