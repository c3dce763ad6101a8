import { createHash } from 'node:crypto';
import { isExactNumber, type Json, type JsonObject } from '../../../base/json.ts';
import { type ColumnType, classOf } from '../../../base/types.ts';
import type { Column, Default, Reference, Table, TableDraft } from '../../../model/table.ts';

/** The schema of a table: as it was written, or as its columns say where it was made otherwise. */
export function schemaOf(table: Table): JsonObject {
  return table.document ?? described(table);
}

/** SHA-256 of the canonical JSON of a schema: keys in order at every depth, no spaces. */
export function hashOf(document: Json): string {
  return createHash('sha256').update(canonical(document)).digest('hex');
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((each: Json) => canonical(each)).join(',')}]`;
  if (typeof value !== 'object' || value === null || isExactNumber(value)) {
    return JSON.stringify(value);
  }
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`;
}

function described(table: Table): JsonObject {
  const foreignKeys = table.references.map((reference) => foreignKeyOf(reference, table));
  return {
    fields: table.columns.map(fieldOf),
    ...(table.key.length === 0
      ? {}
      : { primaryKey: table.key.length === 1 ? (table.key[0] ?? '') : table.key }),
    ...(foreignKeys.length === 0 ? {} : { foreignKeys }),
    ...(table.uniques?.length ? { uniqueKeys: table.uniques.map(({ columns }) => columns) } : {}),
  };
}

const words: Readonly<Partial<Record<ColumnType['base'], JsonObject>>> = {
  smallint: { type: 'integer', 'x-pg-type': 'smallint' },
  bigint: { type: 'integer', 'x-pg-type': 'bigint' },
  real: { type: 'number', 'x-pg-type': 'real' },
  'double precision': { type: 'number', 'x-pg-type': 'double precision' },
  date: { type: 'date' },
  time: { type: 'time' },
  interval: { type: 'duration' },
  point: { type: 'geopoint' },
};

const byClass: Readonly<Record<ReturnType<typeof classOf>, JsonObject>> = {
  text: { type: 'string' },
  number: { type: 'integer' },
  boolean: { type: 'boolean' },
  time: { type: 'datetime' },
  uuid: { type: 'string', format: 'uuid' },
  json: { type: 'any' },
  range: { type: 'any' },
  multirange: { type: 'any' },
  other: { type: 'string' },
};

function typeWords(type: ColumnType): JsonObject {
  const { base } = type;
  if (base === 'numeric') return { type: 'number' };
  if (base === 'varchar' && type.length !== undefined) {
    return { type: 'string', 'x-pg-type': `varchar(${type.length})` };
  }
  const ranged = classOf(type) === 'range' || classOf(type) === 'multirange';
  return { ...(words[base] ?? byClass[classOf(type)]), ...(ranged ? { 'x-pg-type': base } : {}) };
}

function fieldOf(column: Column): JsonObject {
  const { name, type, description, default: preset } = column;
  const { array: _, ...element } = type;
  const constraints = constraintsOf(column);
  return {
    name,
    ...(type.array ? { type: 'array', arrayItem: typeWords(element) } : typeWords(type)),
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: defaultWords(preset) }),
    ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
  };
}

function defaultWords(value: Default): Json {
  if (value.kind === 'value') return value.value;
  if (value.kind === 'now') return 'now()';
  return value.kind === 'today' ? 'current_date' : 'gen_random_uuid()';
}

function constraintsOf({
  type,
  required,
  unique,
  minimum,
  maximum,
  enum: values,
}: Column): JsonObject {
  const text = classOf(type) === 'text' && !type.array;
  return {
    ...(required ? { required } : {}),
    ...(unique ? { unique } : {}),
    ...(minimum === undefined ? {} : { [text ? 'minLength' : 'minimum']: minimum }),
    ...(maximum === undefined ? {} : { [text ? 'maxLength' : 'maximum']: maximum }),
    ...(values === undefined ? {} : { enum: values }),
  };
}

function foreignKeyOf(reference: Reference, table: TableDraft): JsonObject {
  const { columns, target, targetColumns, onDelete } = reference;
  const resource = target.app === table.app ? target.name : `${target.app}:${target.name}`;
  return {
    fields: columns,
    reference: { resource, fields: targetColumns },
    'x-actions': { onDelete: onDelete.toUpperCase() },
  };
}
