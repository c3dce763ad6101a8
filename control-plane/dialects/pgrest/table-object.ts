import type { Json, JsonObject } from '../../base/json.ts';
import { baseTypes, type ColumnType } from '../../base/types.ts';
import type { Catalog } from '../../model/catalog.ts';
import type { Column, Table } from '../../model/table.ts';
import { columnDefinition } from './column.ts';
import { endpointNames, rootOf } from './names.ts';
import { isRequired } from './values.ts';

/** A table as lists show it. */
export function tableObject(table: Table, { tenant }: Pick<Catalog, 'tenant'>): JsonObject {
  return {
    table_name: table.name,
    table_id: table.id,
    root_url: rootOf(table),
    tenant,
    tenant_id: tenant,
    endpoints: endpointNames(table),
    primary_key: keyOf(table) ?? null,
    constraints: constraintsOf(table),
    comments: table.description ?? '',
  };
}

/** The column that rows are addressed by, where there is one. */
export function keyOf({ key }: Pick<Table, 'key'>): string | undefined {
  return key.length === 1 ? key[0] : undefined;
}

/** What a definition answers with. */
export function createdObject(table: Table): JsonObject {
  return {
    table_name: table.name,
    table_id: table.id,
    root_url: rootOf(table),
    endpoints: endpointNames(table),
    primary_key: keyOf(table) ?? null,
    constraints: constraintsOf(table),
    comments: table.description ?? '',
  };
}

function constraintsOf({ uniques = [] }: Table): JsonObject {
  if (uniques.length === 0) return {};
  return { unique: Object.fromEntries(uniques.map((rule) => [rule.name, rule.columns])) };
}

/** Columns and JSON Schemas of rows to create and to change. */
export function details(table: Table): JsonObject {
  const columns = Object.fromEntries(
    table.columns.map((column) => {
      const reference = table.references.find(
        (each) => each.columns.length === 1 && each.columns[0] === column.name,
      );
      const primary = keyOf(table) === column.name;
      return [
        column.name,
        columnDefinition(column, { primary, ...(reference ? { reference } : {}) }),
      ];
    }),
  );
  return {
    columns,
    create_schema: createSchema(table),
    update_schema: updateSchema(table),
  };
}

export function createSchema(table: Table): JsonObject {
  const required = table.columns.filter(isRequired).map(({ name }) => name);
  return { ...updateSchema(table), ...(required.length === 0 ? {} : { required }) };
}

export function updateSchema(table: Table): JsonObject {
  const properties = table.columns
    .filter(({ name }) => !isImplicitKey(table, name))
    .map((column) => [column.name, propertyOf(column)] as const);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  };
}

/** The first column of a table that was defined without a primary key: numbered, and nobody else's to set. */
export function isImplicitKey(table: Pick<Table, 'extra' | 'key'>, name: string): boolean {
  return table.extra?.['implicitKey'] === true && table.key[0] === name;
}

function propertyOf({ type, required }: Column): JsonObject {
  const schema = schemaOf(type);
  if (required) return schema;
  const { enum: values } = schema;
  const open = Array.isArray(values) ? { enum: [...(values as readonly Json[]), null] } : {};
  return { ...schema, type: [String(schema['type']), 'null'], ...open };
}

function schemaOf(type: ColumnType): JsonObject {
  if (type.array) {
    const { array: _, ...element } = type;
    return { type: 'array', items: schemaOf(element) };
  }
  if (type.base === 'enum') return { type: 'string', enum: [...(type.enumeration?.values ?? [])] };
  const { json } = baseTypes[type.base];
  const length = type.length === undefined ? {} : { maxLength: type.length };
  const format = formats[type.base];
  return {
    type: json === 'any' ? 'object' : json,
    ...length,
    ...(format === undefined ? {} : { format }),
  };
}

const formats: Readonly<Record<string, string>> = {
  date: 'date',
  timestamp: 'date-time',
  timestamptz: 'date-time',
  uuid: 'uuid',
};
