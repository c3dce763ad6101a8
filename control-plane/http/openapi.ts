import type { Json, JsonObject } from '../base/json.ts';
import { baseTypes, type ColumnType } from '../base/types.ts';
import type { Dialect, Route } from '../dialects/dialect.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Column, Table } from '../model/table.ts';

/** What one route looks like in the document. */
interface Described {
  readonly dialect: Dialect;
  readonly route: Route;
}

/**
 * An OpenAPI 3.1 document of the dialects' routes and, with a catalog, of the tenant's tables. Generated, so it can't disagree with
 * what is served.
 */
export function openApi(dialects: readonly Dialect[], catalog?: Catalog): JsonObject {
  const tables = catalog?.tables.filter((table) => table.status !== 'disabled') ?? [];
  const paths: Record<string, Record<string, Json>> = {};
  for (const dialect of dialects) {
    for (const route of dialect.routes) {
      const path = templated(route.path);
      paths[path] = {
        ...paths[path],
        [route.method.toLowerCase()]: operation({ dialect, route }, tables),
      };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: catalog === undefined ? 'Rowhouse' : `Rowhouse: ${catalog.tenant}`,
      version: String(catalog?.version ?? 0),
    },
    security: [{ bearer: [] }],
    tags: dialects.map((dialect) => ({ name: dialect.name })),
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: Object.fromEntries(tables.map((table) => [schemaName(table), tableSchema(table)])),
    },
  };
}

const parameterPattern = /:([A-Za-z_]\w*)|\*([A-Za-z_]\w*)|:"([^"]+)"/g;

function templated(path: string): string {
  return path.replace(/[{}]/g, '').replace(parameterPattern, (_, a, b, c) => `{${a ?? b ?? c}}`);
}

function operation({ dialect, route }: Described, tables: readonly Table[]): JsonObject {
  const names = [...route.path.matchAll(parameterPattern)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
  const writes = route.method !== 'GET';
  return {
    tags: [dialect.name],
    operationId: `${dialect.name} ${route.method} ${route.path}`,
    ...(route.public ? { security: [] } : {}),
    parameters: names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: parameterSchema(name, tables),
    })),
    ...(writes ? { requestBody: { content: { 'application/json': { schema: {} } } } } : {}),
    responses: {
      '200': { description: 'Success', content: { 'application/json': { schema: {} } } },
      default: {
        description: 'Failure, in the envelope of the dialect',
        content: { 'application/json': { schema: { type: 'object' } } },
      },
    },
  };
}

/** Parameters that name a table list the tenant's tables. */
function parameterSchema(name: string, tables: readonly Table[]): JsonObject {
  const isTable = name === 'schema' || name === 'table' || name === 'collection';
  if (!isTable || tables.length === 0) return { type: 'string' };
  return { type: 'string', examples: tables.map(shownName) };
}

function shownName(table: Table): string {
  return table.app === 'default' ? table.name : `${table.app}.${table.name}`;
}

/** Component names are limited to a few characters; table names are not. */
function schemaName(table: Table): string {
  const safe = shownName(table).replace(/[^A-Za-z0-9._-]/g, '_');
  return safe === shownName(table) ? safe : `${safe}-${table.id}`;
}

function tableSchema(table: Table): JsonObject {
  const properties = table.columns.map((column): [string, Json] => [
    column.name,
    columnSchema(column),
  ]);
  const required = table.columns
    .filter((column) => column.required && column.default === undefined)
    .map((column) => column.name);
  return {
    type: 'object',
    title: shownName(table),
    ...(table.description === undefined ? {} : { description: table.description }),
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
  };
}

function columnSchema(column: Column): JsonObject {
  const text = baseTypes[column.type.base].class === 'text';
  return {
    ...typeSchema(column.type, !column.required),
    ...(column.description === undefined ? {} : { description: column.description }),
    ...(column.minimum === undefined ? {} : { [text ? 'minLength' : 'minimum']: column.minimum }),
    ...(column.maximum === undefined ? {} : { [text ? 'maxLength' : 'maximum']: column.maximum }),
    ...(column.pattern === undefined ? {} : { pattern: column.pattern }),
    ...(column.enum === undefined
      ? {}
      : { enum: column.required ? column.enum : [...column.enum, null] }),
    ...(column.default?.kind === 'value' ? { default: column.default.value } : {}),
  };
}

const formats: Readonly<Record<string, string>> = {
  timestamptz: 'date-time',
  date: 'date',
  time: 'time',
  uuid: 'uuid',
};

function typeSchema(type: ColumnType, nullable: boolean): JsonObject {
  const form = baseTypes[type.base].json;
  if (type.array) {
    const items = typeSchema({ ...type, array: false }, true);
    return { type: nullable ? ['array', 'null'] : 'array', items };
  }
  if (form === 'any') return {};
  const format = formats[type.base];
  return {
    type: nullable ? [form, 'null'] : form,
    ...(format === undefined ? {} : { format }),
    ...(type.length === undefined ? {} : { maxLength: type.length }),
  };
}
