import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { isEdgeTable } from '../../model/graph.ts';
import type { Table } from '../../model/table.ts';
import type { NewRow, Result, Statement } from '../../statement/statement.ts';
import type { Action, DialectRequest, Reply, RouteContext } from '../dialect.ts';
import { numberRows, refuse, withoutNodes } from './errors.ts';
import { idText, type Key, keyOf, keyText, scalar } from './key.ts';
import { oneText, recordsText, successText } from './reply.ts';
import { flagOf, objectOf } from './request.ts';
import { checkCount, outputOf, sentRows, valuesOf } from './rows.ts';
import { rowsOf } from './served.ts';
import { uniqueFields } from './unique.ts';

/** `POST data/`: an object, or an array of them in one transaction. */
export function createRows(request: DialectRequest, context: RouteContext): Action {
  const { app, table } = rowsOf(request, context);
  const { many, rows } = sentRows(request.body, table, app);
  if (rows.length === 0) return { kind: 'reply', reply: successText('[]', 'Nothing created', 201) };
  return write({ kind: 'insert', table, rows, output: outputOf(table) }, many, ({ rows: made }) =>
    many ? successText(made, 'Rows created', 201) : oneText(made, 'Row created', 201),
  );
}

/** `PATCH data/{id}/` */
export function patchRow(request: DialectRequest, context: RouteContext): Action {
  return changeRow(request, context, {});
}

/** `PUT data/{id}/`: columns that it doesn't name return to their default. */
export function putRow(request: DialectRequest, context: RouteContext): Action {
  return changeRow(request, context, { unnamed: 'default' });
}

function changeRow(
  request: DialectRequest,
  context: RouteContext,
  mode: { readonly unnamed?: 'default' },
): Action {
  const { table } = rowsOf(request, context);
  const id = request.params['id'] ?? '';
  const values = withoutKey(valuesOf(objectOf(request.body), table), keyOf(id, table), table);
  return write(
    {
      kind: 'update',
      table,
      target: { by: 'keys', keys: [idText(id, table)] },
      changes: [{ values }],
      ...mode,
      output: outputOf(table),
      show: 'live',
    },
    false,
    ({ rows }) => oneText(rows, 'Row updated'),
  );
}

/** The values without the key, which may be said again and not be changed. */
function withoutKey(values: JsonObject, key: Key | undefined, table: Table): JsonObject {
  table.key.forEach((name, at) => {
    if (!Object.hasOwn(values, name)) return;
    const same = scalar(values[name])?.toLowerCase() === key?.[at]?.toLowerCase();
    if (!same) refuse('The key of a row cannot be changed', name, 'immutable_column');
  });
  return without(values, table.key);
}

/** `PATCH data/`: partial rows, each with its key; all of them or none. */
export function patchRows(request: DialectRequest, context: RouteContext): Action {
  const { app, table } = rowsOf(request, context);
  const { body } = request;
  if (!Array.isArray(body)) return refuse('The body must be an array of objects with their keys');
  const items = body as readonly Json[];
  checkCount(items.length, app, 'rows');
  const sent = items.map((item, at) =>
    isObject(item) ? item : refuse(`Row ${at} must be a JSON object`),
  );
  const keys = sent.map((item, at) => keyText(table.key.map((name) => partOf(item, name, at))));
  if (keys.length === 0) return { kind: 'reply', reply: recordsText('[]', 0, 'Nothing to update') };
  return write(
    {
      kind: 'update',
      table,
      target: { by: 'keys', keys },
      changes: sent.map((item) => ({ values: without(valuesOf(item, table), table.key) })),
      once: true,
      output: outputOf(table),
      show: 'live',
    },
    true,
    ({ rows, count }) => recordsText(rows, count, 'Rows updated'),
  );
}

function partOf(item: JsonObject, name: string, at: number): string {
  return scalar(item[name]) ?? refuse(`${at}.${name} is required`, `${at}.${name}`, 'invalid_row');
}

/** `POST data/upsert/?unique_fields=a,b&partial=false` */
export function upsertRows(request: DialectRequest, context: RouteContext): Action {
  const { app, table } = rowsOf(request, context);
  const by = uniqueFields(request.query, table);
  const { rows } = sentRows(request.body, table, app);
  checkOnce(
    rows.map((row) => identityOf(row, by)),
    by.join(', '),
  );
  if (rows.length === 0) return { kind: 'reply', reply: recordsText('[]', 0, 'Nothing to write') };
  return write(
    {
      kind: 'upsert',
      table,
      rows,
      by,
      unnamed: flagOf(request.query, 'partial') === false ? 'default' : 'keep',
      output: outputOf(table),
    },
    Array.isArray(request.body),
    ({ rows: written, count }) => recordsText(written, count, 'Rows written'),
  );
}

/** What a row is found by; undefined: it is new in any case. */
function identityOf({ values }: NewRow, by: readonly string[]): string | undefined {
  const parts = by.map((name) => scalar(values[name]));
  return parts.every((part) => part !== undefined) ? JSON.stringify(parts) : undefined;
}

/** @throws ServiceError row_repeated when two of them are spelled alike; other spellings are the database's to compare */
function checkOnce(identities: readonly (string | undefined)[], what: string): void {
  const seen = new Set<string>();
  for (const identity of identities) {
    if (identity === undefined) continue;
    if (seen.has(identity)) refuse(`Two rows have the same ${what}`, undefined, 'row_repeated');
    seen.add(identity);
  }
}

function without(values: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

type Write = Extract<Statement, { kind: 'insert' | 'update' | 'upsert' }> & {
  readonly table: Table;
};

/** A write and its reply. `many`: faults are told by the number of the row, too. */
function write(statement: Write, many: boolean, answer: (result: Result) => Reply): Action {
  return {
    kind: 'statements',
    statements: [statement],
    reply: ([result]) => answer(result ?? { rows: '[]', count: 0 }),
    fail: (error) => {
      const told = isEdgeTable(statement.table) ? withoutNodes(error) : error;
      return many ? numberRows(told) : told;
    },
  };
}
