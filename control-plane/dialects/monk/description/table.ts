import { isObject, type JsonObject } from '../../../base/json.ts';
import type { Column, Table } from '../../../model/table.ts';
import {
  answer,
  any,
  constant,
  count,
  type DescribedTable,
  json,
  list,
  map,
  object,
  oneOrMany,
  type Ref,
  type Schema,
  type TableRoute,
} from '../../described.ts';
import {
  keyColumn,
  needed,
  rowSchema,
  titleOf,
  valueSchema,
  valuesSchema,
} from '../../row-schema.ts';
import { format, hasId } from '../output.ts';
import { timeColumns } from '../system-fields.ts';
import { nameOf } from '../tables.ts';
import { paging, presence } from './parameters.ts';
import { featureFields, listed, ref, success } from './schemas.ts';

/** The records of a schema, with their columns. What changes the form of replies is at the routes for any schema. */
export function describeTable(table: Table, own: Ref): DescribedTable {
  const writes = table.kind === 'table';
  const schemas = {
    Row: recordSchema(table),
    ...(writes ? { Insert: sent(table, true), Update: sent(table, false) } : {}),
  };
  return { schemas, routes: routes(table, own, writes) };
}

/** System fields first, then the columns in their order. */
function recordSchema(table: Table): Schema {
  const { acl, timestamps, softDelete } = table.features;
  const parts = [
    rowSchema(table, table.columns.filter(isKey(table)), format),
    ...(acl ? [featureFields.acl] : []),
    ...(timestamps ? [featureFields.timestamps] : []),
    ...(softDelete ? [featureFields.softDelete] : []),
    rowSchema(table, rest(table), format),
  ];
  return {
    ...merged(parts),
    ...titleOf(table, nameOf(table)),
  };
}

function isKey(table: Table) {
  return ({ name }: Column): boolean => hasId(table) && name === 'id';
}

function rest(table: Table): readonly Column[] {
  const times = timeColumns(table);
  const isOwn = isKey(table);
  return table.columns.filter((column) => !isOwn(column) && !times.includes(column.name));
}

function merged(parts: readonly Schema[]): Schema {
  const part = (name: string, schema: Schema): JsonObject => {
    const value = schema[name];
    return value !== undefined && isObject(value) ? value : {};
  };
  const required = parts.flatMap(({ required: names }) => (Array.isArray(names) ? names : []));
  const properties = parts.flatMap((schema) => Object.entries(part('properties', schema)));
  return {
    type: 'object',
    // Where a record was deleted, the reply says so.
    properties: Object.fromEntries([['deleted', constant(true)], ...properties]),
    required,
    additionalProperties: false,
  };
}

function sent(table: Table, creates: boolean): Schema {
  const columns = creates ? table.columns : rest(table);
  const values = valuesSchema(columns, format, creates ? needed(columns) : []);
  if (!table.features.acl) return values;
  const { properties: lists = {} } = featureFields.acl;
  const { properties: own = {} } = values;
  return { ...values, properties: { ...(own as JsonObject), ...(lists as JsonObject) } };
}

function routes(table: Table, own: Ref, writes: boolean): readonly TableRoute[] {
  const name = encodeURIComponent(nameOf(table));
  const data = `/api/data/${name}`;
  const row = own('Row');
  const found = answer('Records.', listed(row));
  const made = answer('The record, or the records in the order sent.', success(oneOrMany(row)));
  const all: TableRoute[] = [
    {
      id: 'List',
      method: 'GET',
      path: data,
      summary: `List records of ${nameOf(table)}`,
      parameters: [...paging, ...presence],
      replies: { 200: found },
    },
    {
      id: 'Find',
      method: 'POST',
      path: `/api/find/${name}`,
      summary: `Find records of ${nameOf(table)}`,
      body: { media: json(ref('Page')), optional: true },
      replies: { 200: found },
    },
    {
      id: 'Aggregate',
      method: 'POST',
      path: `/api/aggregate/${name}`,
      summary: `Count, sum and compare records of ${nameOf(table)}`,
      body: { media: json(ref('Aggregation')) },
      replies: { 200: answer('A row for each group.', success(list(map(any)))) },
    },
  ];
  if (writes) {
    all.push({
      id: 'Create',
      method: 'POST',
      path: data,
      summary: `Create a record of ${nameOf(table)}, or several at once`,
      body: { media: json(oneOrMany(own('Insert'))) },
      replies: { 200: made },
    });
    all.push({
      id: 'UpdateWhere',
      method: 'PUT',
      path: data,
      summary: `Change the records of ${nameOf(table)} that a condition names`,
      parameters: ['WhereNeeded'],
      body: { media: json(own('Update')) },
      replies: {
        200: answer('How many were changed.', success(object({ updated: count, matched: count }))),
      },
    });
    all.push({
      id: 'DeleteWhere',
      method: 'DELETE',
      path: data,
      summary: `Delete the records of ${nameOf(table)} that a condition names`,
      parameters: ['WhereNeeded'],
      replies: {
        200: answer('How many were deleted.', success(object({ deleted: count, matched: count }))),
      },
    });
  }
  return [...all, ...rowRoutes(table, own, `${data}/{id}`, writes)];
}

/** The routes of one record, where a single column is the key. */
function rowRoutes(table: Table, own: Ref, path: string, writes: boolean): readonly TableRoute[] {
  const column = keyColumn(table);
  if (column === undefined) return [];
  const places = { id: valueSchema(column.type, { ...format, numbers: 'plain' }) };
  const one = { path, places, replies: { 200: answer('The record.', success(own('Row'))) } };
  const get: TableRoute = {
    ...one,
    id: 'Get',
    method: 'GET',
    summary: `Read a record of ${nameOf(table)}`,
    parameters: presence,
  };
  if (!writes) return [get];
  const body = { media: json(own('Update')) };
  const gone = answer('The record that was.', success(own('Row')));
  return [
    get,
    {
      ...one,
      id: 'Update',
      method: 'PUT',
      summary: `Change a record of ${nameOf(table)}`,
      body,
    },
    {
      ...one,
      id: 'Delete',
      method: 'DELETE',
      summary: `Delete a record of ${nameOf(table)}`,
      parameters: ['Permanent'],
      replies: { 200: gone },
    },
  ];
}
