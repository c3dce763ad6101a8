import type { JsonObject } from '../../../base/json.ts';
import { systemColumns, type Table } from '../../../model/table.ts';
import {
  answer,
  type DescribedTable,
  json,
  number,
  oneOrMany,
  type Ref,
  type Schema,
  type TableRoute,
  text,
  time,
} from '../../described.ts';
import {
  keyColumn,
  needed,
  rowSchema,
  titleOf,
  valueSchema,
  valuesSchema,
} from '../../row-schema.ts';
import { reserved } from '../filter.ts';
import { format } from '../rows.ts';
import { filters, listPage, ordered } from './parameters.ts';
import { listed, records, ref, success } from './schemas/envelope.ts';

/** The rows of a table, with their columns. What changes the form of rows is at the routes for any table. */
export function describeTable(table: Table, own: Ref): DescribedTable {
  const writes = table.kind === 'table';
  const changeable = table.columns.filter(({ name }) => !table.key.includes(name));
  // Rows of a document take any field.
  const sent = (schema: Schema): Schema =>
    table.holder === undefined ? schema : { ...schema, additionalProperties: true };
  const inserted = valuesSchema(table.columns, format, needed(table.columns));
  return {
    schemas: {
      Row: shownSchema(table),
      ...(writes
        ? {
            Insert: sent(inserted),
            Update: sent(valuesSchema(changeable, format)),
            // Of rows that are there only what changes need be said.
            Upsert: sent(valuesSchema(table.columns, format)),
          }
        : {}),
    },
    routes: [...listRoutes(table, own, writes), ...rowRoutes(table, own, writes)],
  };
}

/** The declared columns, then the times that the server keeps. */
function shownSchema(table: Table): Schema {
  const row = rowSchema(table, table.columns, format);
  const names = table.columns.map(({ name }) => name);
  const kept = table.features.timestamps
    ? systemColumns.timestamps.filter((name) => !names.includes(name))
    : [];
  return {
    ...titleOf(table, table.name),
    ...row,
    properties: {
      // A search tells how well a row answers it.
      ...(names.includes('rank') ? {} : { rank: number }),
      ...(row['properties'] as JsonObject),
      ...Object.fromEntries(kept.map((name) => [name, time])),
    },
    required: [...names, ...kept],
    additionalProperties: table.holder !== undefined,
  };
}

function pathOf({ app, name }: Table): string {
  return `/api/apps/${encodeURIComponent(app)}/datatables/${encodeURIComponent(name)}/data`;
}

function listRoutes(table: Table, own: Ref, writes: boolean): readonly TableRoute[] {
  const path = pathOf(table);
  const { name } = table;
  const list_: TableRoute = {
    id: 'List',
    method: 'GET',
    path,
    summary: `List rows of ${name}`,
    parameters: [
      filtersOf(table),
      'Tree',
      ...ordered,
      ...listPage,
      'CountOnly',
      'Search',
      'Deleted',
    ],
    replies: { 200: answer('Rows, and how many there are in all.', listed(own('Row'))) },
  };
  if (!writes) return [list_];
  const many = { media: json(oneOrMany(own('Insert'))) };
  return [
    list_,
    {
      id: 'Create',
      method: 'POST',
      path,
      summary: `Create a row of ${name}, or several at once`,
      body: many,
      replies: {
        201: answer('The row, or the rows in order.', success(oneOrMany(own('Row')))),
      },
    },
    {
      id: 'DeleteMany',
      method: 'DELETE',
      path,
      summary: `Delete rows of ${name} by keys or by conditions`,
      parameters: ['Ids', 'DeleteFilter'],
      replies: { 200: answer('How many were deleted.', ref('Deleted')) },
    },
    ...(table.key.length === 0
      ? []
      : [
          {
            id: 'Upsert',
            method: 'POST',
            path: `${path}/upsert`,
            summary: `Create rows of ${name}, or change those that are there`,
            parameters: ['UniqueFields', 'Partial'],
            body: { media: json(oneOrMany(own('Upsert'))) },
            replies: { 200: answer('The rows as they are now.', records(own('Row'))) },
          },
        ]),
  ];
}

/** Columns as parameters, but for those whose names mean something else. */
function filtersOf(table: Table) {
  return filters(table.columns.map(({ name }) => name).filter((name) => !reserved.has(name)));
}

/** The routes of one row; those of composite keys name it by its parts with commas. */
function rowRoutes(table: Table, own: Ref, writes: boolean): readonly TableRoute[] {
  if (table.key.length === 0) return [];
  const key = keyColumn(table);
  const one = {
    path: `${pathOf(table)}/{id}`,
    places: { id: key === undefined ? text : valueSchema(key.type, format) },
    replies: { 200: answer('The row.', success(own('Row'))) },
  };
  const { name } = table;
  const get: TableRoute = {
    ...one,
    id: 'Get',
    method: 'GET',
    summary: `Read a row of ${name}`,
    parameters: ['Deleted'],
  };
  if (!writes) return [get];
  const body = { media: json(own('Update')) };
  return [
    get,
    {
      ...one,
      id: 'Update',
      method: 'PATCH',
      summary: `Change the named columns of a row of ${name}`,
      body,
    },
    {
      ...one,
      id: 'Replace',
      method: 'PUT',
      summary: `Change a row of ${name}; columns not named return to their default`,
      body,
    },
    {
      ...one,
      id: 'Delete',
      method: 'DELETE',
      summary: `Delete a row of ${name}`,
      replies: { 200: answer('How many were deleted.', ref('Deleted')) },
    },
  ];
}
