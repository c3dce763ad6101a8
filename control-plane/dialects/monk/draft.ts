import { createHash } from 'node:crypto';
import { alternatives } from '../../base/alternatives.ts';
import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { classOf } from '../../base/types.ts';
import type { Catalog } from '../../model/catalog.ts';
import { draftColumn } from '../../model/draft-column.ts';
import {
  type Column,
  type Reference,
  type Table,
  type TableDraft,
  type TableStatus,
  tableStatuses,
} from '../../model/table.ts';
import { postgresColumns } from '../../model/table-schema.ts';
import { type Item, invalid, MonkError, refuse } from './codes.ts';
import {
  namesRelation,
  parseColumn,
  parseRelation,
  type RelationSpec,
  referenceOf,
} from './column-object.ts';
import { systemFields } from './system-fields.ts';
import { lookUp } from './tables.ts';

const namePattern = /^[a-z][a-z0-9_]*$/;

export function checkSchemaName(name: string): void {
  if (namePattern.test(name) && name.length <= 63) return;
  refuse('INVALID_SCHEMA_NAME', `'${name}' is no schema name`, { field: 'schema_name' });
}

export function checkColumnName(name: string): void {
  const field = { field: 'column_name' };
  if (Buffer.byteLength(name) > 63) {
    refuse('COLUMN_NAME_TOO_LONG', 'A column name has at most 63 bytes', field);
  }
  if (!namePattern.test(name)) refuse('INVALID_COLUMN_NAME', `'${name}' is no column name`, field);
  if (systemFields.includes(name) || postgresColumns.includes(name)) {
    refuse('RESERVED_COLUMN_NAME', `Column name '${name}' is reserved`, field);
  }
}

/** Flags and texts of a schema, checked; absent ones stay absent. */
export function schemaValues(body: JsonObject): Partial<TableDraft> {
  const faults: Item[] = [];
  const { status, description, sudo, freeze } = body as {
    status?: Json;
    description?: Json;
    sudo?: Json;
    freeze?: Json;
  };
  if (status !== undefined && !isStatus(status)) {
    const message = `status is ${alternatives(tableStatuses)}`;
    faults.push({ field: 'status', code: 'ENUM', message });
  }
  if (description !== undefined && description !== null && typeof description !== 'string') {
    faults.push({ field: 'description', code: 'TYPE', message: 'description is a text' });
  }
  for (const [field, value] of Object.entries({ sudo, freeze })) {
    if (value === undefined || typeof value === 'boolean') continue;
    faults.push({ field, code: 'TYPE', message: `${field} is true or false` });
  }
  if (faults.length > 0) throw invalid(faults);
  return {
    ...(isStatus(status) ? { status } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(typeof sudo === 'boolean' ? { sudo } : {}),
    ...(typeof freeze === 'boolean' ? { freeze } : {}),
  };
}

function isStatus(value: Json | undefined): value is TableStatus {
  return tableStatuses.some((status) => status === value);
}

const idColumn = draftColumn(
  'id',
  { base: 'uuid' },
  {
    required: true,
    default: { kind: 'uuid' },
    // History and links speak of a row by its id, so plain SQL may not change it either.
    immutable: true,
  },
);

/** A schema of this dialect without columns of its own yet. */
function emptyDraft(name: string, values: Partial<TableDraft>): TableDraft {
  return {
    app: 'default',
    name,
    datasource: 'default',
    kind: 'table',
    provider: 'flat_table',
    access: 'acl',
    status: 'pending',
    features: { timestamps: true, softDelete: true, acl: true, history: false },
    freeze: false,
    sudo: false,
    columns: [idColumn],
    key: ['id'],
    references: [],
    ...values,
  };
}

/** What a definition says of a table, from what the catalog says. */
export function draftOf(table: Table): TableDraft {
  const { id: _id, uuid: _uuid, schema: _schema, physical: _physical, ...rest } = table;
  const { createdAt: _createdAt, updatedAt: _updatedAt, ...draft } = rest;
  return draft;
}

/** The draft with a column of this definition added, or changed where it has one of the name. */
export function withColumn(
  draft: TableDraft,
  name: string,
  body: JsonObject,
  catalog: Catalog,
): TableDraft {
  const current = draft.columns.find((column) => column.name === name);
  const parsed = parseColumn(name, body, current);
  const draftWith = (column: Column, references: readonly Reference[]): TableDraft => ({
    ...draft,
    columns: current
      ? draft.columns.map((each) => (each.name === name ? column : each))
      : [...draft.columns, column],
    references,
    // Entries already written stay readable when no column is tracked any more.
    features: { ...draft.features, history: draft.features.history || column.tracked },
  });
  if (!namesRelation(body)) return draftWith(parsed, draft.references);
  const spec = parseRelation(body);
  const { relationship: _, ...extra } = parsed.extra ?? {};
  const { extra: _extra, ...bare } = parsed;
  const plain: Column = Object.keys(extra).length === 0 ? bare : { ...bare, extra };
  const others = draft.references.filter((each) => each !== referenceOf(draft, name));
  if (spec === undefined) return draftWith(plain, others);
  const base = draftWith(plain, others);
  const target = targetOf(base, spec, catalog);
  if (target === undefined) {
    return draftWith({ ...plain, extra: { ...extra, relationship: facts(spec) } }, others);
  }
  checkTarget(plain, target, spec);
  const reference: Reference = {
    name: referenceOf(draft, name)?.name ?? referenceName(draft, name, catalog),
    columns: [name],
    target: { app: target.app, name: target.name },
    targetColumns: [spec.column],
    onDelete: 'no action',
    onUpdate: 'no action',
    relationship: {
      type: spec.type,
      ...(spec.name === undefined ? {} : { name: spec.name }),
      cascade: spec.cascade,
      required: spec.required,
    },
  };
  return draftWith(plain, [...others, reference]);
}

/** `users` without such a table means the accounts: no rows, so no key. */
function targetOf(draft: TableDraft, spec: RelationSpec, catalog: Catalog): TableDraft | undefined {
  if (draft.app === 'default' && draft.name === spec.schema) return draft;
  const target = lookUp(catalog, spec.schema);
  if (target !== undefined || spec.schema === 'users') return target;
  return refuse('SCHEMA_NOT_FOUND', `Schema '${spec.schema}' not found`, {
    field: 'related_schema',
  });
}

function facts(spec: RelationSpec): JsonObject {
  return {
    relationship_type: spec.type,
    related_schema: spec.schema,
    related_column: spec.column,
    relationship_name: spec.name ?? null,
    cascade_delete: spec.cascade,
    required_relationship: spec.required,
  };
}

function checkTarget(column: Column, target: TableDraft, spec: RelationSpec): void {
  const far = target.columns.find((each) => each.name === spec.column);
  if (far === undefined) {
    const message = `Column '${spec.column}' not found in '${spec.schema}'`;
    throw new MonkError('COLUMN_NOT_FOUND', message, { field: 'related_column' });
  }
  if (column.type.array || classOf(column.type) !== classOf(far.type)) {
    const message = `Column '${column.name}' has not the type of '${spec.schema}.${spec.column}'`;
    throw invalid([{ field: 'type', code: 'TYPE', message }]);
  }
  // Where there is a trash, unique values are so among live records only: nothing a foreign key can stand on.
  const isKey = target.key.length === 1 && target.key[0] === spec.column;
  if (isKey || (far.unique && !target.features.softDelete)) return;
  const message = `Column '${spec.schema}.${spec.column}' is no key: the values of trashed records may come again`;
  throw invalid([{ field: 'related_column', code: 'TYPE', message }]);
}

/** Constraint names are unique in the tenant and at most 50 bytes: cut ones, and those another pair of names leads to, carry a hash. */
function referenceName(draft: TableDraft, column: string, catalog: Catalog): string {
  const table = draft.app === 'default' ? draft.name : `${draft.app}_${draft.name}`;
  const plain = `${table}_${column}_fkey`;
  const taken = [...catalog.tables, draft].some((each) =>
    each.references.some(({ name }) => name === plain),
  );
  if (!taken && Buffer.byteLength(plain) <= 50) return plain;
  const hash = createHash('sha256').update(JSON.stringify([draft.app, draft.name, column]));
  const stem = Buffer.from(`${table}_${column}`)
    .subarray(0, 36)
    .toString()
    .replace(/\uFFFD+$/, '');
  return `${stem}_${hash.digest('hex').slice(0, 8)}_fkey`;
}

/** The draft of a new schema with all columns of a body. */
export function draftFrom(name: string, body: JsonObject, catalog: Catalog): TableDraft {
  const columns = body['columns'] ?? [];
  if (!Array.isArray(columns) || !columns.every((column) => isObject(column))) {
    const message = 'columns is an array of column objects';
    throw invalid([{ field: 'columns', code: 'TYPE', message }]);
  }
  const empty = emptyDraft(name, schemaValues(body));
  return (columns as readonly JsonObject[]).reduce((draft, column) => {
    const { column_name: column_, type } = column as { column_name?: Json; type?: Json };
    if (typeof column_ !== 'string' || column_ === '' || type === undefined || type === null) {
      return refuse('MISSING_REQUIRED_FIELDS', 'A column needs column_name and type', {
        field: typeof column_ === 'string' && column_ !== '' ? 'type' : 'column_name',
      });
    }
    checkColumnName(column_);
    if (draft.columns.some((each) => each.name === column_)) {
      refuse('COLUMN_EXISTS', `Column '${column_}' exists`, { field: column_ });
    }
    return withColumn(draft, column_, column, catalog);
  }, empty);
}
