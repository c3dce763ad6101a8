import { isObject, type Json } from '../../base/json.ts';
import { type ColumnType, classOf } from '../../base/types.ts';
import { type Catalog, nearestName } from '../../model/catalog.ts';
import type { Column, Table, TableDraft } from '../../model/table.ts';
import { parseColumn, parseDefault } from './column.ts';
import { parseType } from './column-type.ts';
import { refuseTwins } from './definition.ts';
import { refuse, wrong } from './errors.ts';
import { checkFree, checkName, checkRoot, parseEndpoints, tablesOf } from './names.ts';
import { checkSelf } from './reference.ts';
import { isImplicitKey } from './table-object.ts';

/** A change of a table, and what the reply says of it. */
export interface TableChange {
  readonly to: TableDraft;
  readonly told: string;
}

type Operation = (value: Json, table: Table, catalog: Catalog) => TableChange;

/** THE table of operations: one a request. */
const operations: Readonly<Record<string, Operation>> = {
  root_url: (value, table, catalog) => {
    const path = checkRoot(value, tablesOf(catalog), table);
    return { to: { ...table, path }, told: `root_url is ${path}` };
  },
  table_name: (value, table, catalog) => {
    const name = textOf(value, 'table_name');
    checkName(name, 'table_name');
    checkFree(catalog, name, 'table_name', table);
    // The address stays what it was.
    return {
      to: { ...table, name, path: table.path ?? table.name },
      told: `table_name is ${name}`,
    };
  },
  comments: (value, table) => {
    if (typeof value !== 'string') return wrong('comments must be text', 'comments');
    const { description: _, ...rest } = table;
    const to = value === '' ? rest : { ...rest, description: value };
    return { to, told: 'comments are changed' };
  },
  endpoints: (value, table) => {
    const endpoints = parseEndpoints(value);
    return { to: { ...table, endpoints }, told: 'endpoints are changed' };
  },
  column_type: changeType,
  add_column: addColumn,
  drop_column: dropColumn,
  drop_default: (value, table) => {
    const column = columnOf(table, textOf(value, 'drop_default'));
    if (!column.default) return wrong(`Column ${column.name} has no default`, column.name);
    const to = withColumn(table, { ...bare(column), immutable: false });
    return { to, told: `column ${column.name} has no default` };
  },
  set_default: setDefault,
};

/** The change that a body asks for; undefined: none. @throws ServiceError when it asks for two, or for anything unknown besides */
export function parseChange(
  body: Json | undefined,
  table: Table,
  catalog: Catalog,
): TableChange | undefined {
  if (!isObject(body)) return refuse('The body must be a JSON object', 'body');
  const present = Object.entries(body).filter(([, value]) => value !== null);
  const asked = present.filter(([key]) => Object.hasOwn(operations, key));
  const [first, second] = asked;
  if (!first) return undefined;
  const other = second ?? present.find(([key]) => key !== first[0]);
  if (other) refuse(`One operation a request: ${first[0]} and ${other[0]}`, other[0]);
  return operations[first[0]]?.(first[1], table, catalog);
}

function textOf(value: Json | undefined, key: string): string {
  return typeof value === 'string' && value !== '' ? value : wrong(`${key} must be text`, key);
}

function columnOf(table: Table, name: string): Column {
  const column = nearestName(table.columns, name);
  return column ?? refuse(`There is no column ${name}`, name, 'column_not_found');
}

/** `"column, rest"`, split at the first comma, or an object of the two. */
function pairOf(value: Json, key: string, second: string): readonly [string, Json] {
  if (isObject(value)) {
    const extra = Object.keys(value).find((each) => each !== 'column' && each !== second);
    if (extra !== undefined) wrong(`Unknown key ${extra}`, extra);
    const rest = value[second];
    if (rest === undefined || rest === null) return wrong(`${second} is required`, second);
    return [textOf(value['column'], 'column'), rest];
  }
  const text = textOf(value, key);
  const comma = text.indexOf(',');
  if (comma === -1) return wrong(`${key} must be "column, ${second}"`, key);
  return [text.slice(0, comma).trim(), text.slice(comma + 1).trim()];
}

function withColumn(table: Table, column: Column): TableDraft {
  const columns = table.columns.map((each) => (each.id === column.id ? column : each));
  return { ...table, columns };
}

/** A column without its default and what came with it. */
function bare({ default: _, touched: __, ...column }: Column): Column {
  return column;
}

function changeType(value: Json, table: Table, catalog: Catalog): TableChange {
  const [name, text] = pairOf(value, 'column_type', 'type');
  const column = columnOf(table, name);
  const parsed = typeof text === 'string' ? typeOf(text, catalog) : undefined;
  if (!parsed) return wrong(`${String(text)} is no type`, 'type');
  const { type, serial } = parsed;
  const { identity: _, ...plain } = column;
  const told = `column ${column.name} is ${String(text)}`;
  if (serial) {
    if (column.type.base !== 'integer' || column.type.array) return unsafe(column, 'serial');
    if (column.default) wrong(`Column ${column.name} has a default: drop it first`, column.name);
    const identity = column.identity ?? { start: 1, increment: 1 };
    return { to: withColumn(table, { ...plain, required: true, identity }), told };
  }
  const isKey = table.key.includes(column.name);
  if (isImplicitKey(table, column.name)) wrong(`Column ${column.name} is the key`, column.name);
  if (isKey && (type.array || !['integer', 'varchar'].includes(type.base))) {
    wrong(`Column ${column.name} is the key: integer, serial or varchar`, column.name);
  }
  if (!isConvertible(column.type, type)) unsafe(column, String(text));
  const preset = defaultAs(column, type);
  return { to: withColumn(table, { ...plain, ...preset, type }), told };
}

function typeOf(text: string, catalog: Catalog): ReturnType<typeof parseType> {
  const match = /^\s*varchar\s*(?:\(\s*(\d{1,3})\s*\))?\s*$/i.exec(text);
  if (!match) {
    const parsed = parseType(text, catalog);
    return parsed?.needsLength ? undefined : parsed;
  }
  const length = Number(match[1] ?? 255);
  if (length < 1 || length > 255) return undefined;
  return { type: { base: 'varchar', length }, serial: false, needsLength: false };
}

function unsafe(column: Column, type: string): never {
  return wrong(`Column ${column.name} cannot become ${type}`, column.name);
}

/** The default is cast too. */
function defaultAs(column: Column, type: ColumnType): Pick<Column, 'default'> {
  const { default: preset, name, touched } = column;
  if (preset === undefined || preset.kind === 'uuid') return {};
  const time = touched ? 'UPDATETIME' : 'CREATETIME';
  const value = preset.kind === 'value' ? preset.value : time;
  const text = classOf(type) === 'text' && typeof value !== 'object' ? String(value) : value;
  const whole = type.base === 'boolean' && (text === 0 || text === 1) ? text === 1 : text;
  const number = type.base === 'integer' && typeof whole === 'boolean' ? Number(whole) : whole;
  const listed = type.array && !column.type.array ? [number] : number;
  const cast = parseDefault(listed, type, name).default;
  return cast ? { default: cast } : {};
}

const pairs: Readonly<Record<string, readonly string[]>> = {
  integer: ['double precision', 'boolean'],
  'double precision': ['integer'],
  boolean: ['integer'],
  date: ['timestamp'],
  timestamp: ['date'],
};

/** Whether there is a safe way at all; that every row fits is told when it is tried. */
function isConvertible(from: ColumnType, to: ColumnType): boolean {
  if (from.array && !to.array) return classOf(to) === 'text';
  if (to.array && !from.array) return same(from, to);
  if (same(from, to) || (classOf(to) === 'text' && !to.array)) return true;
  if (from.array) return classOf(from) === 'text' && classOf(to) === 'text';
  return classOf(from) === 'text' || (pairs[from.base]?.includes(to.base) ?? false);
}

function same(from: ColumnType, to: ColumnType): boolean {
  if (from.base === 'enum') return from.enumeration?.name === to.enumeration?.name;
  return from.base === to.base;
}

function addColumn(value: Json, table: Table, catalog: Catalog): TableChange {
  const entries = isObject(value) ? Object.entries(value) : [];
  const [entry] = entries;
  if (!entry || entries.length > 1)
    return wrong('add_column takes exactly one column', 'add_column');
  const [name, definition] = entry;
  const parsed = parseColumn(name, definition, { catalog, table: table.name });
  if (parsed.primary) wrong('The table has a primary_key', 'primary_key');
  const columns = [...table.columns, parsed.column];
  refuseTwins(columns);
  const added = parsed.reference ? checkSelf([parsed.reference], { ...table, columns }) : [];
  const references = [...table.references, ...added];
  return { to: { ...table, columns, references }, told: `column ${name} is added` };
}

function dropColumn(value: Json, table: Table): TableChange {
  const column = columnOf(table, textOf(value, 'drop_column'));
  const { name } = column;
  if (table.key.includes(name)) wrong(`Column ${name} is the primary_key`, name);
  const to = {
    ...table,
    columns: table.columns.filter(({ id }) => id !== column.id),
    references: table.references.filter(({ columns }) => !columns.includes(name)),
  };
  return { to, told: `column ${name} is dropped` };
}

function setDefault(value: Json, table: Table): TableChange {
  const [name, sent] = pairOf(value, 'set_default', 'value');
  const column = columnOf(table, name);
  if (column.identity || table.key.includes(column.name)) {
    wrong(`Column ${column.name} takes no default`, column.name);
  }
  const text = typeof sent === 'string' ? sent.replace(/^'(.*)'$/s, '$1') : sent;
  if (text === '') wrong('The default must not be empty', 'set_default');
  const preset = parseDefault(text, column.type, column.name);
  return {
    to: withColumn(table, { ...bare(column), ...preset }),
    told: `column ${column.name} has a new default`,
  };
}
