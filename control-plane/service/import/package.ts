import { readFile } from 'node:fs/promises';
import { dirname, extname, isAbsolute, join, posix } from 'node:path';
import { isObject, isStrings, type Json, type JsonObject } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import { fieldsOf, keysOf } from './fields.ts';
import { type CsvDialect, readCsv, readSource } from './read.ts';
import type { NoTable, Resource } from './resource.ts';
import { RowError, type Source, type SourceField } from './source.ts';

/** What a data package holds, in the order of its descriptor. */
export interface Package {
  readonly tables: readonly Resource[];
  readonly others: readonly NoTable[];
}

/**
 * A Frictionless data package (https://datapackage.org). What is wrong with one resource shows when that one is read.
 * @throws RowError for a descriptor that is none
 */
export async function readPackage(file: string): Promise<Package> {
  // Real descriptors begin with a byte-order mark, which JSON forbids.
  const text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  const { resources } = parse(file, text);
  if (!Array.isArray(resources) || resources.length === 0) fault(file, 'resources', 'is missing');
  const tables: Resource[] = [];
  const others: NoTable[] = [];
  for (const [index, resource] of (resources as readonly Json[]).entries()) {
    const place = `resources[${index}]`;
    const said = isObject(resource) ? resource : {};
    const name = typeof said['name'] === 'string' ? said['name'] : '';
    const kind = otherThanTable(said);
    if (kind !== undefined) {
      others.push({ name: name || place, file: String(said['path'] ?? file), kind });
      continue;
    }
    const taken = tables.some((each) => each.name === name);
    const { schema } = said;
    tables.push({
      name: name || place,
      file,
      references: isObject(schema) ? keysOf(schema).references : [],
      read: async () => {
        if (!isObject(resource)) fault(file, place, 'is not an object');
        if (name === '') fault(file, `${place}.name`, 'is missing');
        if (taken) fault(file, `${place}.name`, 'another resource has this name');
        return await readResource(file, place, name, said);
      },
    });
  }
  return { tables, others };
}

const tabular = ['csv', 'tsv', 'json', 'ndjson', 'jsonl'];

/** What a resource is when it is no table; one with a schema always means to be one. */
function otherThanTable(resource: JsonObject): string | undefined {
  const { type, schema, data } = resource;
  if (isObject(schema) || type === 'table' || Array.isArray(data)) return undefined;
  if (typeof type === 'string') return `${type}, ${formatOf(resource) || 'of no format'}`;
  const format = formatOf(resource);
  return format === '' || tabular.includes(format) ? undefined : format;
}

function formatOf({ format, path }: JsonObject): string {
  const [first = path] = isStrings(path) ? path : [];
  const ending = typeof first === 'string' ? extname(first).slice(1) : '';
  return (typeof format === 'string' ? format.replace(/^\./, '') : ending).toLowerCase();
}

async function readResource(
  file: string,
  place: string,
  name: string,
  resource: JsonObject,
): Promise<Source> {
  const schema = isObject(resource['schema']) ? resource['schema'] : undefined;
  const fields = schema && fieldsOf(schema, (at, reason) => fault(file, `${place}.${at}`, reason));
  const description = resource['description'] ?? resource['title'];
  const common = {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    ...(schema === undefined ? {} : keysOf(schema)),
  };
  if (Array.isArray(resource['data'])) {
    const rows = (resource['data'] as readonly Json[]).map((values) =>
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
  const format = formatOf(resource);
  if (format !== '' && !tabular.includes(format)) {
    throw new RowError(path, 1, '', `files of format ${format} are not read`);
  }
  const isCsv = format === 'csv' || format === 'tsv' || /\.(csv|tsv)$/i.test(path);
  const source = isCsv
    ? await readTable(path, resource, schema, fields, format === 'tsv' || path.endsWith('.tsv'))
    : await readSource(path);
  if (fields) requireFields(path, source, fields);
  return source;
}

async function readTable(
  path: string,
  resource: JsonObject,
  schema: JsonObject | undefined,
  fields: readonly SourceField[] | undefined,
  tabs: boolean,
): Promise<Source> {
  const names = fields?.map((field) => field.name);
  const dialect = dialectOf(resource, schema, tabs);
  if (dialect.delimiter?.length !== 1 || dialect.quoteChar?.length !== 1) {
    throw new RowError(path, 1, '', 'a delimiter or quotation mark is one character');
  }
  const read = await readCsv(path, dialect, names);
  const found = read.fields.map((name) => ({ name }));
  return { name: '', file: path, textual: true, rows: read.rows, fields: found };
}

/** A file has the fields that its schema describes, and no others. */
function requireFields(path: string, source: Source, fields: readonly SourceField[]): void {
  const described = new Set(fields.map(({ name }) => name));
  const found = new Set(source.fields?.map(({ name }) => name));
  for (const { line, values } of source.fields ? [] : source.rows) {
    for (const name of Object.keys(values)) {
      if (!described.has(name)) throw new RowError(path, line, name, undescribed);
      found.add(name);
    }
  }
  const extra = [...found].find((name) => !described.has(name));
  if (extra !== undefined) throw new RowError(path, 1, extra, undescribed);
  const lacking = fields.find(({ name }) => !found.has(name));
  const any = source.fields !== undefined || source.rows.length > 0;
  if (any && lacking) throw new RowError(path, 1, lacking.name, 'the file has no such column');
}

const undescribed = 'the package does not describe it';

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
  const said = isObject(resource['dialect']) ? resource['dialect'] : {};
  // Some writers keep what belongs to CSV in a part of its own.
  const dialect = isObject(said['csv']) ? { ...said, ...said['csv'] } : said;
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
