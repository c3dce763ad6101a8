import { randomUUID } from 'node:crypto';
import { memberOf } from '../../base/json.ts';
import type { ColumnType } from '../../base/types.ts';
import { inferType } from '../../frictionless/convert.ts';
import { draftColumn } from '../../model/draft-column.ts';
import type {
  Column,
  Features,
  Reference,
  Relationship,
  TableDraft,
  TableName,
} from '../../model/table.ts';
import { systemColumns } from '../../model/table.ts';
import type { Source, SourceField } from './source.ts';

/** The features of a table as Monk makes them. */
const features: Features = { timestamps: true, softDelete: true, acl: true, history: false };

/** A column with everything off but what is given. */
export function newColumn(
  name: string,
  type: ColumnType,
  rules: Partial<Omit<Column, 'id' | 'name' | 'type'>> = {},
): Column {
  const now = new Date().toISOString();
  return draftColumn(name, type, { id: randomUUID(), createdAt: now, updatedAt: now, ...rules });
}

/** The uuid key that Monk's tables have. */
export function uuidKey(name = 'id'): Column {
  return newColumn(
    name,
    { base: 'uuid' },
    { required: true, immutable: true, default: { kind: 'uuid' } },
  );
}

/** A foreign key; `relationship` makes it one that Monk's clients see. */
export function newReference(
  table: TableName,
  columns: readonly string[],
  target: TableName,
  targetColumns: readonly string[],
  relationship?: Relationship,
): Reference {
  // Constraint names stay below 50 bytes.
  const name = `${table.name}_${columns.join('_')}`.replace(/[^A-Za-z0-9_]/g, '_').slice(0, 40);
  return {
    name: `${name}_fkey`,
    columns,
    target,
    targetColumns,
    onDelete: 'no action',
    onUpdate: 'no action',
    ...(relationship === undefined ? {} : { relationship }),
  };
}

/** A table in Monk's profile: record access lists, timestamps, trash. */
export function newTable(
  name: TableName,
  columns: readonly Column[],
  key: readonly string[],
  more: Partial<Pick<TableDraft, 'references' | 'description' | 'features'>> = {},
): TableDraft {
  return {
    ...name,
    datasource: 'default',
    kind: 'table',
    provider: 'flat_table',
    access: 'acl',
    status: 'active',
    features,
    freeze: false,
    sudo: false,
    columns,
    key,
    references: [],
    ...more,
  };
}

/**
 * The table a source asks for. Its key: the one the package names; else a column `id` that identifies every row; else a generated
 * uuid, `id` or `row_id`. Features whose columns the file has itself are left off. References are added by the caller, who knows the other tables.
 */
export function draftOf(source: Source, app: string): TableDraft {
  const fields = source.fields ?? fieldsIn(source);
  const columns = fields.map((field) => {
    const type = field.type ?? inferType(valuesOf(source, field.name), source.textual);
    return newColumn(field.name, type, field.rules);
  });
  const key = source.key ?? naturalKey(source, fields);
  const own = new Set(columns.map((column) => column.name));
  const generated = keyName(own);
  const free = (names: readonly string[]): boolean => names.every((name) => !own.has(name));
  return newTable(
    { app, name: source.name },
    key === undefined ? [uuidKey(generated), ...columns] : columns.map((each) => asKey(each, key)),
    key ?? [generated],
    {
      features: {
        ...features,
        timestamps: free(systemColumns.timestamps),
        softDelete: free(systemColumns.softDelete),
      },
      ...(source.description === undefined ? {} : { description: source.description }),
    },
  );
}

function asKey(column: Column, key: readonly string[]): Column {
  return key.includes(column.name) ? { ...column, required: true } : column;
}

function naturalKey(source: Source, fields: readonly SourceField[]): string[] | undefined {
  if (!fields.some((field) => field.name === 'id')) return undefined;
  const values = valuesOf(source, 'id');
  const distinct = new Set(values.map(String));
  return values.includes(null) || distinct.size < values.length ? undefined : ['id'];
}

/** Of a generated key: `id`, or where the file has a column of that name, which does not identify its rows, the next that is free. */
function keyName(taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? 'row_id' : `row_id_${n}`;
    if (!taken.has('id')) return 'id';
    if (!taken.has(name)) return name;
  }
}

function fieldsIn(source: Source): SourceField[] {
  const names = new Set<string>();
  for (const row of source.rows) for (const name of Object.keys(row.values)) names.add(name);
  return [...names].map((name) => ({ name }));
}

function valuesOf(source: Source, field: string) {
  return source.rows.map((row) => memberOf(row.values, field) ?? null);
}
