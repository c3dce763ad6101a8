import type { Table } from '../../../model/table.ts';
import {
  type Answer,
  answer,
  type DescribedTable,
  json,
  list,
  object,
  oneOrMany,
  type Ref,
  type Schema,
  type TableRoute,
} from '../../described.ts';
import { keyColumn, rowSchema, titleOf, valueSchema, valuesSchema } from '../../row-schema.ts';
import { rootOf } from '../names.ts';
import { format } from '../rows.ts';
import { isImplicitKey } from '../table-object.ts';
import { isRequired } from '../values.ts';
import { listing, searchBy } from './parameters.ts';
import { changeOfRows, deleted, rows, updated } from './routes.ts';
import { success } from './schemas.ts';

/** The rows of a table or a view, with their columns, as far as it is switched on for them. */
export function describeTable(table: Table, own: Ref): DescribedTable | undefined {
  const shown = rowSchema(table, table.columns, format);
  const closed = { ...titleOf(table, table.name), ...shown, additionalProperties: false };
  if (table.kind === 'view') {
    const views = routesOfView(table, own);
    return views.length === 0 ? undefined : { schemas: { Row: closed }, routes: views };
  }
  const written = table.columns.filter(({ name }) => !isImplicitKey(table, name));
  const required = written.filter(isRequired).map(({ name }) => name);
  return {
    schemas: {
      Row: { ...closed, ...keyed(table, shown) },
      Insert: valuesSchema(written, format, required),
      Update: valuesSchema(written, format),
    },
    routes: routesOfTable(table, own),
  };
}

/** New rows come without the repeated key. */
function keyed(table: Table, { properties }: Schema): Schema {
  const column = keyColumn(table);
  if (column === undefined) return {};
  return {
    properties: { _pkid: valueSchema(column.type, format), ...(properties as Schema) },
  };
}

function names({ columns }: Table): readonly string[] {
  return columns.map(({ name }) => name);
}

function routesOfView(table: Table, own: Ref): readonly TableRoute[] {
  if (table.endpoints && !table.endpoints.includes('list')) return [];
  return [
    {
      id: 'List',
      method: 'GET',
      path: `/v3/pgrest/views/${encodeURIComponent(rootOf(table))}`,
      summary: `List rows of the view ${table.name}`,
      parameters: [searchBy(names(table)), ...listing],
      replies: { 200: rows(own('Row')) },
    },
  ];
}

function routesOfTable(table: Table, own: Ref): readonly TableRoute[] {
  const path = `/v3/pgrest/data/${encodeURIComponent(rootOf(table))}`;
  const one: Answer = answer('The row, in a list.', success(list(own('Row'))));
  const many: Answer = answer('The rows in the order sent.', success(list(own('Row'))));
  const insert = object({ data: oneOrMany(own('Insert')) });
  const offered: readonly (readonly [string, TableRoute])[] = [
    [
      'list',
      {
        path,
        id: 'List',
        method: 'GET',
        summary: `List rows of ${table.name}`,
        parameters: [searchBy(names(table)), ...listing],
        replies: { 200: rows(own('Row')) },
      },
    ],
    [
      'create',
      {
        path,
        id: 'Create',
        method: 'POST',
        summary: `Create a row of ${table.name}, or several at once`,
        body: { media: json(insert) },
        replies: { 200: many },
      },
    ],
    [
      'update',
      {
        path,
        id: 'UpdateWhere',
        method: 'PUT',
        summary: `Change the rows of ${table.name} that conditions name`,
        body: { media: json(changeOfRows(own('Update'))) },
        replies: { 200: updated },
      },
    ],
    ...rowRoutes(table, own, `${path}/{id}`, one),
  ];
  const on = table.endpoints;
  return offered
    .filter(([endpoint]) => !on || on.some((each) => each === endpoint))
    .map(([, route]) => route);
}

function rowRoutes(
  table: Table,
  own: Ref,
  path: string,
  one: Answer,
): readonly (readonly [string, TableRoute])[] {
  const column = keyColumn(table);
  if (column === undefined) return [];
  const row = { path, places: { id: valueSchema(column.type, format) } };
  return [
    [
      'read',
      {
        ...row,
        id: 'Get',
        method: 'GET',
        summary: `Read a row of ${table.name}`,
        replies: { 200: one },
      },
    ],
    [
      'update',
      {
        ...row,
        id: 'Update',
        method: 'PUT',
        summary: `Change a row of ${table.name}`,
        body: { media: json(object({ data: own('Update') })) },
        replies: { 200: one },
      },
    ],
    [
      'delete',
      {
        ...row,
        id: 'Delete',
        method: 'DELETE',
        summary: `Delete a row of ${table.name}`,
        replies: { 200: deleted },
      },
    ],
  ];
}
