import { alternatives } from '../../base/alternatives.ts';
import { isNumber, isObject, type Json, type JsonObject, memberOf } from '../../base/json.ts';
import { type BaseType, baseTypes, type ColumnType, classOf } from '../../base/types.ts';
import {
  type Column,
  type Default,
  type Reference,
  type RelationshipType,
  relationshipTypes,
  type Table,
} from '../../model/table.ts';
import { type Item, invalid, refuse } from './codes.ts';
import { nameOf } from './tables.ts';

/** Types of this dialect. `numeric` is another name of decimal. */
const types: Readonly<Record<string, BaseType>> = {
  text: 'text',
  integer: 'bigint',
  decimal: 'numeric',
  numeric: 'numeric',
  boolean: 'boolean',
  timestamp: 'timestamptz',
  date: 'date',
  uuid: 'uuid',
  jsonb: 'jsonb',
};

const arrayTypes: readonly string[] = ['text', 'integer', 'decimal', 'numeric', 'uuid'];

/** What columns may be made of. */
export const typeNames: readonly string[] = [
  ...Object.keys(types),
  ...arrayTypes.map((name) => `${name}[]`),
];

/** What a type is called here; those made in other dialects by their nearest relative. */
function typeName({ base, array }: ColumnType): string {
  const names: Partial<Record<BaseType, string>> = { boolean: 'boolean', timestamp: 'timestamp' };
  const { json } = baseTypes[base];
  const own = Object.entries(types).find(([, known]) => known === base)?.[0];
  const near = json === 'integer' ? 'integer' : json === 'number' ? 'decimal' : undefined;
  const text = base === 'varchar' ? 'text' : undefined;
  const name = own ?? names[base] ?? near ?? text ?? base;
  return array ? `${name}[]` : name;
}

function parseType(value: Json | undefined): ColumnType | undefined {
  if (typeof value !== 'string') return undefined;
  const array = value.endsWith('[]');
  const name = array ? value.slice(0, -2) : value;
  const base = Object.hasOwn(types, name) ? types[name] : undefined;
  if (base === undefined || (array && !arrayTypes.includes(name))) return undefined;
  return array ? { base, array } : { base };
}

/** A time of the catalog as replies show times. */
export function timeText(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toISOString();
}

const relationKeys = [
  'relationship_type',
  'related_schema',
  'related_column',
  'relationship_name',
  'cascade_delete',
  'required_relationship',
] as const;

/** The single-column reference of a column. */
export function referenceOf(table: Pick<Table, 'references'>, name: string): Reference | undefined {
  return table.references.find(({ columns }) => columns.length === 1 && columns[0] === name);
}

/** A column as this dialect shows it. */
export function columnObject(table: Table, column: Column): JsonObject {
  return {
    id: column.id,
    schema_name: nameOf(table),
    column_name: column.name,
    type: typeName(column.type),
    required: column.required,
    default_value: column.default === undefined ? null : defaultValue(column.default),
    description: column.description ?? null,
    minimum: column.minimum ?? null,
    maximum: column.maximum ?? null,
    pattern: column.pattern ?? null,
    enum_values: column.enum ?? null,
    unique: column.unique,
    index: column.indexed,
    searchable: column.searchable,
    immutable: column.immutable,
    sudo: column.sudo,
    tracked: column.tracked,
    ...relationObject(table, column),
    created_at: timeText(column.createdAt),
    updated_at: timeText(column.updatedAt),
  };
}

function relationObject(table: Table, column: Column): JsonObject {
  const reference = referenceOf(table, column.name);
  const { relationship } = reference ?? {};
  if (reference !== undefined && relationship !== undefined) {
    return {
      relationship_type: relationship.type,
      related_schema: nameOf({ ...table, ...reference.target }),
      related_column: reference.targetColumns[0] ?? 'id',
      relationship_name: relationship.name ?? null,
      cascade_delete: relationship.cascade,
      required_relationship: relationship.required,
    };
  }
  const kept = column.extra?.['relationship'];
  const facts = kept !== undefined && isObject(kept) ? kept : {};
  const plain: JsonObject = { cascade_delete: false, required_relationship: false };
  return Object.fromEntries(relationKeys.map((key) => [key, facts[key] ?? plain[key] ?? null]));
}

function defaultValue(value: Default): Json {
  if (value.kind === 'value') return value.value;
  const { kind } = value;
  return kind === 'now' || kind === 'today' ? `${kind}()` : 'gen_random_uuid()';
}

/** A relationship as asked for, its target still a name. */
export interface RelationSpec {
  readonly type: RelationshipType;
  readonly schema: string;
  readonly column: string;
  readonly name?: string;
  readonly cascade: boolean;
  readonly required: boolean;
}

/** Whether a body speaks of the relationship at all. */
export function namesRelation(body: JsonObject): boolean {
  return relationKeys.some((key) => body[key] !== undefined);
}

const flagKeys = ['required', 'unique', 'index', 'searchable', 'immutable', 'sudo', 'tracked'];
const readOnly = ['id', 'schema_name', 'column_name', 'created_at', 'updated_at'];
const ruleKeys = ['type', 'default_value', 'description', 'minimum', 'maximum', 'pattern'];

const known: readonly string[] = [
  ...flagKeys,
  ...readOnly,
  ...ruleKeys,
  'enum_values',
  ...relationKeys,
];

/** A column object as a draft's column. `current` keeps its identity, and its exact type unless another is named. */
export function parseColumn(name: string, body: JsonObject, current?: Column): Column {
  const faults: Item[] = [];
  const fault = (field: string, code: string, message: string): undefined => {
    faults.push({ field, code, message });
  };
  for (const key of Object.keys(body)) {
    if (!known.includes(key)) fault(key, 'UNKNOWN_FIELD', `Unknown field '${key}'`);
  }
  const kept = current !== undefined && body['type'] === typeName(current.type);
  const type = kept ? current.type : parseType(body['type']);
  if (type === undefined) fault('type', 'ENUM', `Unknown type of column '${name}'`);
  const flag = (key: string): boolean => {
    const value = body[key] ?? false;
    if (typeof value === 'boolean') return value;
    fault(key, 'TYPE', `'${key}' is true or false`);
    return false;
  };
  const number = (key: string): number | undefined => {
    const value = body[key] ?? undefined;
    if (value === undefined || typeof value === 'number') return value;
    return fault(key, 'TYPE', `'${key}' is a number`);
  };
  const text = (key: string): string | undefined => {
    const value = body[key] ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    return fault(key, 'TYPE', `'${key}' is a text`);
  };
  const listed = body['enum_values'] ?? [];
  const values = Array.isArray(listed) ? (listed as readonly Json[]) : undefined;
  if (!values?.every((value) => typeof value === 'string' || typeof value === 'number')) {
    fault('enum_values', 'TYPE', "'enum_values' is an array of texts");
  }
  const initial = type && parseDefault(type, body['default_value'] ?? null);
  if (initial === 'misfit') fault('default_value', 'TYPE', 'The default does not fit the type');
  const optional = {
    default: initial === 'misfit' ? undefined : initial,
    minimum: number('minimum'),
    maximum: number('maximum'),
    pattern: text('pattern'),
    description: text('description'),
    enum: values === undefined || values.length === 0 ? undefined : values.map(String),
    extra: current?.extra,
  };
  const flags = Object.fromEntries(flagKeys.map((key) => [key, flag(key)]));
  if (faults.length > 0 || type === undefined) throw invalid(faults);
  return {
    id: current?.id ?? '',
    name,
    type,
    required: flags['required'] === true,
    unique: flags['unique'] === true,
    indexed: flags['index'] === true,
    searchable: flags['searchable'] === true,
    immutable: flags['immutable'] === true,
    sudo: flags['sudo'] === true,
    tracked: flags['tracked'] === true,
    ...present(optional),
    createdAt: current?.createdAt ?? '',
    updatedAt: current?.updatedAt ?? '',
  };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Present<T>;
}

const expressions: Readonly<Record<string, Readonly<Record<string, Default>>>> = {
  timestamptz: {
    'now()': { kind: 'now' },
    now: { kind: 'now' },
    current_timestamp: { kind: 'now' },
  },
  date: {
    'today()': { kind: 'today' },
    today: { kind: 'today' },
    'now()': { kind: 'today' },
    current_date: { kind: 'today' },
  },
  uuid: { 'gen_random_uuid()': { kind: 'uuid' }, 'uuid()': { kind: 'uuid' } },
};

/** A literal of the type, or one of the served expressions. Texts stand for numbers and truth values, as everywhere in the original. */
function parseDefault(type: ColumnType, value: Json): Default | 'misfit' | undefined {
  if (value === null) return undefined;
  if (type.array) {
    return Array.isArray(value) ? { kind: 'value', value } : 'misfit';
  }
  if (typeof value === 'string') {
    const expression = memberOf(expressions[type.base] ?? {}, value.toLowerCase());
    if (expression !== undefined) return expression;
  }
  const literal = literalOf(type, value);
  return literal === undefined ? 'misfit' : { kind: 'value', value: literal };
}

function literalOf(type: ColumnType, value: Json): Json | undefined {
  switch (classOf(type)) {
    case 'json':
      return value;
    case 'number': {
      if (isNumber(value)) return value;
      return typeof value === 'string' && /^[+-]?\d+(\.\d+)?$/.test(value) ? value : undefined;
    }
    case 'boolean':
      if (value === 'true' || value === 'false') return value === 'true';
      return typeof value === 'boolean' ? value : undefined;
    default:
      return typeof value === 'string' ? value : undefined;
  }
}

/** The relationship a body asks for; undefined when it asks for none. */
export function parseRelation(body: JsonObject): RelationSpec | undefined {
  const type = body['relationship_type'] ?? undefined;
  const schema = body['related_schema'] ?? undefined;
  const name = body['relationship_name'] ?? undefined;
  // A type of null takes a relationship away.
  if (body['relationship_type'] === null) return undefined;
  if (type === undefined && schema === undefined && name === undefined) return undefined;
  if (type === undefined || schema === undefined) {
    refuse('MISSING_REQUIRED_FIELDS', 'A relationship needs relationship_type and related_schema', {
      field: type === undefined ? 'relationship_type' : 'related_schema',
    });
  }
  const column = body['related_column'] ?? 'id';
  const faults: Item[] = [];
  const known = relationshipTypes.find((word) => word === type);
  if (known === undefined) {
    const message = `relationship_type is ${alternatives(relationshipTypes)}`;
    faults.push({ field: 'relationship_type', code: 'ENUM', message });
  }
  for (const [field, value] of Object.entries({ related_schema: schema, related_column: column })) {
    if (typeof value === 'string') continue;
    faults.push({ field, code: 'TYPE', message: `'${field}' is a name` });
  }
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    faults.push({
      field: 'relationship_name',
      code: 'TYPE',
      message: 'A relationship name is a text',
    });
  }
  for (const field of ['cascade_delete', 'required_relationship']) {
    if (typeof (body[field] ?? false) === 'boolean') continue;
    faults.push({ field, code: 'TYPE', message: `'${field}' is true or false` });
  }
  if (known === undefined || faults.length > 0) throw invalid(faults);
  return {
    type: known,
    schema: String(schema),
    column: String(column),
    ...(typeof name === 'string' ? { name } : {}),
    cascade: body['cascade_delete'] === true,
    required: body['required_relationship'] === true,
  };
}
