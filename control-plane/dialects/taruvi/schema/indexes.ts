import { isObject, isStrings, type Json, type JsonObject } from '../../../base/json.ts';
import { isStorableText } from '../../../base/storable.ts';
import { type ColumnType, classOf } from '../../../base/types.ts';
import type { Report } from '../../../frictionless/report.ts';
import {
  type Column,
  type IndexColumn,
  type IndexRule,
  type OperatorClass,
  operatorClasses,
} from '../../../model/table.ts';

type Method = IndexRule['method'];

interface MethodRow {
  /** Which types it indexes without an operator class of its own. */
  readonly fits: (type: ColumnType) => boolean;
  readonly columns: number;
}

const isJson = (type: ColumnType): boolean => !type.array && classOf(type) === 'json';
const isRange = (type: ColumnType): boolean => ['range', 'multirange'].includes(classOf(type));

/** THE table of index methods. */
const methods: Readonly<Record<Method, MethodRow>> = {
  btree: { fits: ({ base }) => base !== 'point', columns: 32 },
  hash: { fits: ({ base }) => base !== 'point', columns: 1 },
  gin: { fits: (type) => type.array === true || isJson(type), columns: 32 },
  gist: { fits: (type) => type.base === 'point' || isRange(type), columns: 32 },
  brin: {
    fits: (type) => !type.array && ['number', 'time', 'text', 'uuid'].includes(classOf(type)),
    columns: 32,
  },
};

/** Which types an operator class is for. */
const classes: Readonly<Record<OperatorClass, (type: ColumnType) => boolean>> = {
  text_pattern_ops: ({ base, array }) => base === 'text' && !array,
  varchar_pattern_ops: ({ base, array }) => base === 'varchar' && !array,
  jsonb_ops: isJson,
  jsonb_path_ops: isJson,
  array_ops: ({ array }) => array === true,
  tsvector_ops: () => false,
  gin_trgm_ops: (type) => !type.array && classOf(type) === 'text',
  range_ops: (type) => classOf(type) === 'range',
  multirange_ops: (type) => classOf(type) === 'multirange',
  point_ops: ({ base }) => base === 'point',
  gist_trgm_ops: (type) => !type.array && classOf(type) === 'text',
  date_minmax_multi_ops: ({ base, array }) => base === 'date' && !array,
  timestamptz_minmax_multi_ops: ({ base, array }) => base === 'timestamptz' && !array,
  int4_minmax_multi_ops: ({ base, array }) => base === 'integer' && !array,
  int8_minmax_multi_ops: ({ base, array }) => base === 'bigint' && !array,
  numeric_minmax_multi_ops: ({ base, array }) => base === 'numeric' && !array,
};

const keys = new Set(
  'name fields columns expression method type unique where using comment'.split(' '),
);

/** The indexes of a schema; names begin with that of the physical table. */
export function indexesOf(
  value: Json | undefined,
  columns: readonly Pick<Column, 'name' | 'type'>[],
  physical: string,
  report: Report,
): readonly IndexRule[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    report.add('type', 'indexes must be a list');
    return [];
  }
  const seen = new Set<string>();
  return (value as readonly Json[]).flatMap((each, at) => {
    const within = report.at(at);
    if (!isObject(each)) {
      within.add('type', 'an index must be an object');
      return [];
    }
    const rule = indexOf(each, columns, physical, within);
    if (rule && seen.has(rule.name))
      within.add('duplicate', 'an index of this name is there already', 'name');
    if (rule) seen.add(rule.name);
    return rule ? [rule] : [];
  });
}

function indexOf(
  index: JsonObject,
  columns: readonly Pick<Column, 'name' | 'type'>[],
  physical: string,
  report: Report,
): IndexRule | undefined {
  for (const key of Object.keys(index)) {
    if (!keys.has(key)) report.add('not_supported', `an index has no ${key}`, key);
  }
  const name = nameOf(index['name'], physical, report);
  const method = methodOf(index, report);
  if (name === undefined || method === undefined) return undefined;
  const unique = index['unique'] ?? false;
  if (typeof unique !== 'boolean') report.add('type', 'unique must be true or false', 'unique');
  if (unique === true && method !== 'btree') {
    report.add('not_supported', 'only btree indexes can be unique', 'unique');
  }
  const operatorClass = classOfIndex(index['using'], method, report);
  const parts = partsOf(
    index,
    columns,
    { method, ...(operatorClass ? { operatorClass } : {}) },
    report,
  );
  const { where, comment } = index;
  for (const [key, text] of Object.entries({ where, comment })) {
    if (text === undefined || isText(text)) continue;
    report.add('type', `${key} must be text`, key);
    return undefined;
  }
  return (
    parts && {
      name,
      method,
      ...parts,
      ...(unique === true ? { unique } : {}),
      ...(typeof where === 'string' ? { where } : {}),
      ...(typeof comment === 'string' ? { comment } : {}),
    }
  );
}

function isText(value: Json): value is string {
  return typeof value === 'string' && isStorableText(value);
}

function nameOf(value: Json | undefined, physical: string, report: Report): string | undefined {
  if (value === undefined || !isText(value) || value === '') {
    report.add(value === undefined ? 'required' : 'type', 'an index needs a name', 'name');
    return undefined;
  }
  const name = `${physical}_${value}`;
  if (Buffer.byteLength(name) <= 63) return name;
  report.add('too_long', `the name ${name} has more than 63 bytes`, 'name');
  return undefined;
}

function methodOf({ method, type }: JsonObject, report: Report): Method | undefined {
  const asked = method ?? type ?? 'btree';
  const found = (Object.keys(methods) as Method[]).find((each) => each === asked);
  const key = method === undefined ? 'type' : 'method';
  if (!found) report.add('not_supported', `no index method ${JSON.stringify(asked)}`, key);
  if (method !== undefined && type !== undefined && method !== type) {
    report.add('invalid', 'method and type say different things', 'type');
  }
  return found;
}

function classOfIndex(
  value: Json | undefined,
  method: Method,
  report: Report,
): OperatorClass | undefined {
  if (value === undefined) return undefined;
  const known: readonly OperatorClass[] = operatorClasses[method];
  const found = known.find((each) => each === value);
  if (!found)
    report.add(
      'not_supported',
      `${method} indexes have no operator class ${JSON.stringify(value)}`,
      'using',
    );
  return found;
}

/** Exactly one of columns and expression. */
function partsOf(
  index: JsonObject,
  columns: readonly Pick<Column, 'name' | 'type'>[],
  how: { readonly method: Method; readonly operatorClass?: OperatorClass },
  report: Report,
): Pick<IndexRule, 'columns' | 'expression' | 'operatorClass'> | undefined {
  const { fields, columns: listed, expression } = index;
  const given = [fields, listed, expression].filter((each) => each !== undefined);
  if (given.length !== 1) {
    report.add('invalid', 'an index has either columns or an expression');
    return undefined;
  }
  if (expression !== undefined) {
    if (isText(expression)) {
      return { expression, ...(how.operatorClass ? { operatorClass: how.operatorClass } : {}) };
    }
    report.add('type', 'expression must be text', 'expression');
    return undefined;
  }
  const key = fields === undefined ? 'columns' : 'fields';
  const names = typeof given[0] === 'string' ? [given[0]] : given[0];
  const { columns: most } = methods[how.method];
  if (!isStrings(names) || names.length === 0 || names.length > most) {
    report.add('invalid', `a ${how.method} index has 1 to ${most} columns`, key);
    return undefined;
  }
  const parts = names.map((name, at) => partOf(name, columns, how, report.at(key, at)));
  if (new Set(parts.map((part) => part.name)).size < parts.length) {
    report.add('duplicate', 'a column is named twice', key);
  }
  return { columns: parts };
}

/** `-name`: descending; a column that is really called so is itself. */
function partOf(
  text: string,
  columns: readonly Pick<Column, 'name' | 'type'>[],
  { method, operatorClass }: { readonly method: Method; readonly operatorClass?: OperatorClass },
  report: Report,
): IndexColumn {
  const exact = columns.some(({ name }) => name === text);
  const descending = !exact && text.startsWith('-');
  const name = descending ? text.slice(1) : text;
  const type = columns.find((column) => column.name === name)?.type;
  if (!type) report.add('unknown_field', `no field ${name}`);
  else if (!(operatorClass ? classes[operatorClass] : methods[method].fits)(type)) {
    const suited = operatorClass ?? method;
    report.add('not_supported', `${suited} does not go with the type of ${name}`);
  }
  if (descending && method !== 'btree') {
    report.add('not_supported', 'only btree indexes have an order');
  }
  return {
    name,
    ...(descending ? { descending } : {}),
    ...(operatorClass ? { operatorClass } : {}),
  };
}
