import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, posix } from 'node:path';
import { isObject, isStrings, type Json, type JsonObject } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { ColumnType } from '../../base/types.ts';
import { type CsvDialect, readCsv, readSource } from './read.ts';
import { RowError, type Source, type SourceField, type SourceReference } from './source.ts';

/** The resources of a Frictionless data package (https://datapackage.org), tables only, in the order of the descriptor. */
export async function readPackage(file: string): Promise<Source[]> {
  // Real descriptors begin with a byte-order mark, which JSON forbids.
  const text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  const descriptor = parse(file, text);
  const resources = descriptor['resources'];
  if (!Array.isArray(resources) || resources.length === 0) fault(file, 'resources', 'is missing');
  const sources: Source[] = [];
  for (const [index, resource] of (resources as readonly Json[]).entries()) {
    const place = `resources[${index}]`;
    if (!isObject(resource)) fault(file, place, 'is not an object');
    sources.push(await readResource(file, place, resource));
  }
  return sources;
}

async function readResource(file: string, place: string, resource: JsonObject): Promise<Source> {
  const name = resource['name'];
  if (typeof name !== 'string' || name === '') fault(file, `${place}.name`, 'is missing');
  const schema = isObject(resource['schema']) ? resource['schema'] : undefined;
  const fields = schema === undefined ? undefined : fieldsOf(file, place, schema);
  const description = resource['description'] ?? resource['title'];
  const common = {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    ...(schema === undefined ? {} : keysOf(schema)),
  };
  if (Array.isArray(resource['data'])) {
    const rows = resource['data'].map((values: Json) =>
      isObject(values) ? { line: 1, values } : fault(file, `${place}.data`, 'holds no objects'),
    );
    return { ...common, file, textual: false, rows, ...(fields ? { fields } : {}) };
  }
  const parts: Source[] = [];
  for (const path of pathsOf(file, place, resource)) {
    parts.push(await readPart(path, resource, schema, fields));
  }
  const [first] = parts;
  if (first === undefined) fault(file, `${place}.path`, 'is missing');
  const used = fields ?? first.fields;
  return {
    ...common,
    file: first.file,
    textual: first.textual,
    rows: parts.flatMap((part) => part.rows),
    ...(used ? { fields: used } : {}),
  };
}

async function readPart(
  path: string,
  resource: JsonObject,
  schema: JsonObject | undefined,
  fields: readonly SourceField[] | undefined,
): Promise<Source> {
  const format = String(resource['format'] ?? '').toLowerCase();
  const isCsv = format === 'csv' || format === 'tsv' || /\.(csv|tsv)$/i.test(path);
  if (!isCsv) return readSource(path);
  const names = fields?.map((field) => field.name);
  const dialect = dialectOf(resource, schema, format === 'tsv' || path.endsWith('.tsv'));
  const read = await readCsv(path, dialect, names);
  for (const name of names ?? []) {
    if (!read.fields.includes(name))
      throw new RowError(path, 1, name, 'the file has no such column');
  }
  const named = (fields ?? []).map((field) => field.name);
  const extra = fields && read.fields.find((name) => !named.includes(name));
  if (extra !== undefined) throw new RowError(path, 1, extra, 'the package does not describe it');
  const found = read.fields.map((name) => ({ name }));
  return { name: '', file: path, textual: true, rows: read.rows, fields: fields ?? found };
}

/** Paths lie below the descriptor: a package is not to read other files of this machine. */
function pathsOf(file: string, place: string, resource: JsonObject): string[] {
  const { path } = resource;
  const paths = typeof path === 'string' ? [path] : isStrings(path) ? path : [];
  return paths.map((each) => {
    const normal = posix.normalize(each.replaceAll('\\', '/'));
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(each)) {
      fault(file, `${place}.path`, `${each} is an address: fetch it first`);
    }
    if (isAbsolute(each) || normal.startsWith('../') || normal === '..') {
      fault(file, `${place}.path`, `${each} leads out of the package`);
    }
    return join(dirname(file), normal);
  });
}

function dialectOf(
  resource: JsonObject,
  schema: JsonObject | undefined,
  tabs: boolean,
): CsvDialect {
  const dialect = isObject(resource['dialect']) ? resource['dialect'] : {};
  const text = (name: string): string | undefined =>
    typeof dialect[name] === 'string' ? (dialect[name] as string) : undefined;
  const missing = schema?.['missingValues'];
  return {
    delimiter: text('delimiter') ?? (tabs ? '\t' : ','),
    quoteChar: text('quoteChar') ?? '"',
    header: dialect['header'] !== false,
    skipInitialSpace: dialect['skipInitialSpace'] === true,
    ...(text('commentChar') === undefined ? {} : { commentChar: text('commentChar') ?? '#' }),
    ...(typeof resource['encoding'] === 'string' ? { encoding: resource['encoding'] } : {}),
    ...(isStrings(missing) ? { missing } : {}),
  };
}

/** Types of the Table Schema standard. What has no equal here is kept as it is written. */
const types: Readonly<Record<string, ColumnType>> = {
  string: { base: 'text' },
  number: { base: 'numeric' },
  integer: { base: 'bigint' },
  boolean: { base: 'boolean' },
  date: { base: 'date' },
  time: { base: 'time' },
  datetime: { base: 'timestamptz' },
  year: { base: 'integer' },
  object: { base: 'jsonb' },
  array: { base: 'jsonb' },
  geojson: { base: 'jsonb' },
};

function fieldsOf(file: string, place: string, schema: JsonObject): SourceField[] | undefined {
  const { fields } = schema;
  if (!Array.isArray(fields)) return undefined;
  return fields.map((field: Json, index): SourceField => {
    if (!isObject(field) || typeof field['name'] !== 'string') {
      fault(file, `${place}.schema.fields[${index}].name`, 'is missing');
    }
    return fieldOf(field, String(field['name']));
  });
}

function fieldOf(field: JsonObject, name: string): SourceField {
  const type = typeOf(field);
  const { trueValues, falseValues, decimalChar, groupChar } = field;
  return {
    name,
    type,
    rules: rulesOf(field, type),
    ...(isStrings(trueValues) || isStrings(falseValues)
      ? {
          booleans: {
            yes: isStrings(trueValues) ? trueValues : ['true'],
            no: isStrings(falseValues) ? falseValues : ['false'],
          },
        }
      : {}),
    ...(typeof decimalChar === 'string' ? { decimalChar } : {}),
    ...(typeof groupChar === 'string' ? { groupChar } : {}),
  };
}

function typeOf(field: JsonObject): ColumnType {
  const { type = 'string', format = 'default' } = field;
  if (type === 'string' && format === 'uuid') return { base: 'uuid' };
  // Dates in a format of their own are kept as written rather than read wrongly.
  const timely = type === 'date' || type === 'datetime' || type === 'time';
  if (timely && format !== 'default' && format !== 'any') return { base: 'text' };
  return types[String(type)] ?? { base: 'text' };
}

function rulesOf(field: JsonObject, type: ColumnType): NonNullable<SourceField['rules']> {
  const rules = isObject(field['constraints']) ? field['constraints'] : {};
  const isText = type.base === 'text';
  const bound = (name: string, length: string): number | undefined => {
    const value = rules[isText ? length : name];
    return value === undefined || value === null || value === '' ? undefined : Number(value);
  };
  const minimum = bound('minimum', 'minLength');
  const maximum = bound('maximum', 'maxLength');
  const description = field['description'] ?? field['title'];
  const numeric = isText || ['numeric', 'bigint', 'integer'].includes(type.base);
  return {
    ...(rules['required'] === true ? { required: true } : {}),
    ...(rules['unique'] === true ? { unique: true } : {}),
    ...(numeric && Number.isFinite(minimum) ? { minimum: minimum ?? 0 } : {}),
    ...(numeric && Number.isFinite(maximum) ? { maximum: maximum ?? 0 } : {}),
    ...(isText && typeof rules['pattern'] === 'string'
      ? { pattern: `^(?:${rules['pattern']})$` }
      : {}),
    ...(Array.isArray(rules['enum']) && type.base !== 'jsonb'
      ? { enum: rules['enum'].map(String) }
      : {}),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
  };
}

function keysOf(schema: JsonObject): Pick<Source, 'key' | 'references'> {
  const names = (value: Json | undefined): readonly string[] =>
    typeof value === 'string' ? [value] : isStrings(value) ? value : [];
  const key = names(schema['primaryKey']);
  const foreign = Array.isArray(schema['foreignKeys']) ? schema['foreignKeys'] : [];
  const references: SourceReference[] = foreign.filter(isObject).flatMap((each) => {
    const reference = each['reference'];
    if (!isObject(reference)) return [];
    return {
      fields: names(each['fields']),
      resource: String(reference['resource'] ?? ''),
      targetFields: names(reference['fields']),
    };
  });
  return { ...(key.length > 0 ? { key } : {}), references };
}

function parse(file: string, text: string): JsonObject {
  try {
    const value = parseJson(text);
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RowError(file, 1, '', error.message);
  }
  throw new RowError(file, 1, '', 'the file is not a data package');
}

function fault(file: string, field: string, reason: string): never {
  throw new RowError(file, 1, field, reason);
}
