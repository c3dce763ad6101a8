import { isObject, type JsonObject } from '../base/json.ts';
import type { BaseType, ColumnType } from '../base/types.ts';
import type { ValueFormat } from '../model/table.ts';
import type { Report } from './report.ts';

/** What a field's type and format come to. */
export interface FieldType {
  readonly type: ColumnType;
  readonly format?: ValueFormat;
}

type Formats = Readonly<Record<string, FieldType>>;

const text: FieldType = { type: { base: 'text' } };
const uuid: FieldType = { type: { base: 'uuid' } };
const json = (format?: ValueFormat): FieldType => ({
  type: { base: 'jsonb' },
  ...(format === undefined ? {} : { format }),
});
const plain = (base: BaseType): Formats => ({ default: { type: { base } } });
const dated = (base: BaseType): Formats => ({
  default: { type: { base } },
  any: { type: { base } },
});
const point = (form?: 'array' | 'object'): FieldType => ({
  type: { base: 'point', ...(form === undefined ? {} : { form }) },
  format: 'lon_lat',
});

/** THE table of field types and their formats. Lists and arrays of one scalar type are in {@link arrayOf}. */
const types: Readonly<Record<string, Formats>> = {
  string: {
    default: text,
    email: { ...text, format: 'email' },
    uri: { ...text, format: 'uri' },
    binary: { ...text, format: 'base64' },
    uuid,
  },
  uuid: { default: uuid },
  integer: plain('integer'),
  number: plain('numeric'),
  boolean: plain('boolean'),
  date: dated('date'),
  time: dated('time'),
  datetime: dated('timestamptz'),
  year: plain('integer'),
  yearmonth: { default: { ...text, format: 'year_month' } },
  duration: plain('interval'),
  object: { default: json('json_object') },
  any: { default: json() },
  geojson: { default: json(), topojson: json() },
  array: { default: json('json_array') },
  list: { default: json('json_array') },
  geopoint: { default: point(), array: point('array'), object: point('object') },
};

/** Types of which Postgres has arrays of its own. */
const scalars = new Set(
  'string uuid integer number boolean date time datetime year yearmonth duration'.split(' '),
);

/** The type of a field that names none: `any` since version 2 of the standard. */
export function presetOf({ $schema }: JsonObject): 'any' | 'string' {
  return typeof $schema === 'string' && /\b2(\.\d+)*\b/.test($schema) ? 'any' : 'string';
}

/** The type of a field, or undefined with the faults told. `preset`: the type of a field that names none. */
export function typeOfField(
  field: JsonObject,
  preset: string,
  report: Report,
): FieldType | undefined {
  const { type: name = preset, format = 'default' } = field;
  if (typeof name !== 'string' || !Object.hasOwn(types, name)) {
    report.add('unknown_type', `unknown type ${JSON.stringify(name)}`, 'type');
    return undefined;
  }
  const found = typeof format === 'string' ? formatOf(name, format) : undefined;
  if (!found) {
    report.add('unknown_format', `type ${name} has no format ${JSON.stringify(format)}`, 'format');
    return undefined;
  }
  if (name === 'array' || name === 'list') {
    const array = arrayOf(field, name, report);
    if (array !== 'json') return array && { type: array };
  }
  return refined(field, name, found, report);
}

/** Patterns of dates are for imports: they say nothing of the stored value. */
function formatOf(name: string, format: string): FieldType | undefined {
  const formats = types[name] ?? {};
  const patterned = ['date', 'time', 'datetime'].includes(name) && format.includes('%');
  return patterned
    ? formats['default']
    : Object.hasOwn(formats, format)
      ? formats[format]
      : undefined;
}

/** `json`: what isn't a list of one scalar type. */
function arrayOf(field: JsonObject, name: string, report: Report): ColumnType | 'json' | undefined {
  const { itemType, arrayItem, 'x-pg-type': refinement } = field;
  const item = name === 'list' ? { type: itemType ?? 'string' } : (arrayItem ?? {});
  const at = name === 'list' ? [] : ['arrayItem'];
  const within = report.at(...at);
  const key = name === 'list' ? 'itemType' : 'type';
  if (!isObject(item)) {
    report.add('type', 'arrayItem must be an object', 'arrayItem');
    return undefined;
  }
  const { type, format = 'default', constraints = {} } = item;
  if (refinement !== undefined) {
    report.add('not_supported', 'x-pg-type does not go with arrays', 'x-pg-type');
  }
  if (!isObject(constraints) || Object.keys(constraints).length > 0) {
    within.add('not_supported', 'constraints of members are not supported', 'constraints');
  }
  if (type === undefined) return 'json';
  if (typeof type !== 'string' || !Object.hasOwn(types, type)) {
    within.add('unknown_type', `unknown type ${JSON.stringify(type)}`, key);
    return undefined;
  }
  if (!scalars.has(type)) return 'json';
  const found = typeof format === 'string' ? formatOf(type, format) : undefined;
  if (!found || (found.format !== undefined && found.format !== 'year_month')) {
    within.add(
      'unknown_format',
      `members of type ${type} have no format ${JSON.stringify(format)}`,
      'format',
    );
    return undefined;
  }
  return { ...found.type, array: true };
}

const ranges: readonly BaseType[] = [
  'int4range',
  'int8range',
  'numrange',
  'tsrange',
  'tstzrange',
  'daterange',
  'int4multirange',
  'int8multirange',
  'nummultirange',
  'tsmultirange',
  'tstzmultirange',
  'datemultirange',
];

/** Which Postgres types a type may be refined to. */
const refinements: Readonly<Record<string, readonly BaseType[]>> = {
  integer: ['smallint', 'integer', 'bigint'],
  number: ['numeric', 'real', 'double precision'],
  string: ['text', 'varchar', ...ranges],
  object: ['jsonb', ...ranges],
  any: ['jsonb', ...ranges],
};

function refined(
  field: JsonObject,
  name: string,
  found: FieldType,
  report: Report,
): FieldType | undefined {
  const asked = field['x-pg-type'];
  if (asked === undefined) return found;
  const [, word = '', size] =
    typeof asked === 'string' ? (/^([a-z0-9 ]+?)(?:\((\d{1,8})\))?$/.exec(asked) ?? []) : [];
  const base = (refinements[name] ?? []).find((each) => each === word);
  const range = base !== undefined && ranges.includes(base);
  const odd =
    base === undefined ||
    (base === 'varchar') !== (size !== undefined) ||
    (range && field['format'] !== undefined && field['format'] !== 'default') ||
    found.type.base === 'uuid';
  if (odd) {
    report.add(
      'unknown_type',
      `x-pg-type ${JSON.stringify(asked)} does not refine ${name}`,
      'x-pg-type',
    );
    return undefined;
  }
  if (range) return { type: { base } };
  const length = size === undefined ? {} : { length: Number(size) };
  if (size !== undefined && (Number(size) < 1 || Number(size) > 10_485_760)) {
    report.add('invalid', 'the length of a varchar is from 1 to 10485760', 'x-pg-type');
  }
  return { ...found, type: { base, ...length } };
}
