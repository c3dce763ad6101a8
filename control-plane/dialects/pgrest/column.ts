import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { type ColumnType, classOf } from '../../base/types.ts';
import { draftColumn } from '../../model/draft-column.ts';
import type { Column, Default, Reference } from '../../model/table.ts';
import { parseType, typeName } from './column-type.ts';
import { wrong } from './errors.ts';
import { parseArray } from './operators.ts';
import { type Place, parseReference } from './reference.ts';
import { misfit } from './values.ts';

const keys = new Set(
  `data_type char_len serial_start serial_increment unique null comments default primary_key foreign_key reference_table
reference_column on_event event_action on_delete on_update`.split(/\s+/),
);

/** A column as a definition has it. */
export interface ParsedColumn {
  readonly column: Column;
  readonly primary: boolean;
  readonly reference?: Reference;
}

/** A column of a definition. @throws ServiceError naming the key that is wrong */
export function parseColumn(name: string, value: Json, place: Place): ParsedColumn {
  checkColumnName(name);
  if (!isObject(value)) return wrong(`Column ${name} must be an object`, name);
  const body = Object.fromEntries(
    Object.entries(value).filter(([, part]) => part !== null),
  ) as JsonObject;
  const unknown = Object.keys(body).find((key) => !keys.has(key));
  if (unknown !== undefined) wrong(`Column ${name}: unknown key ${unknown}`, unknown);
  const { data_type: typeText } = body;
  if (typeof typeText !== 'string')
    return wrong(`Column ${name}: data_type is required`, 'data_type');
  const parsed = parseType(typeText, place.catalog);
  if (!parsed) return wrong(`Column ${name}: ${typeText} is no data_type`, 'data_type');
  const type = withLength(parsed.type, body['char_len'], parsed.needsLength, name);
  const primary = flag(body, 'primary_key', false, name);
  const nullable = flag(body, 'null', true, name);
  const identity = parsed.serial ? numbering(body, name) : undefined;
  if (!parsed.serial) refuseNumbering(body, name);
  if (primary) checkPrimary(type, body, name);
  const preset = parsed.serial ? noDefault(body, name) : parseDefault(body['default'], type, name);
  const column: Column = {
    ...draftColumn(name, type),
    required: primary || !nullable || parsed.serial,
    unique: flag(body, 'unique', false, name) && !primary,
    ...preset,
    ...(identity ? { identity } : {}),
  };
  const reference = flag(body, 'foreign_key', false, name)
    ? parseReference(column, body, place)
    : undefined;
  return { column, primary, ...(reference ? { reference } : {}) };
}

function checkColumnName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (name === '' || Buffer.byteLength(name) > 63 || /[\u0000-\u001f\u007f-\u009f]/.test(name)) {
    wrong('A column name is text of 1 to 63 bytes without control characters', name);
  }
  if (name === '_pkid') wrong('The column name _pkid is reserved', name);
}

function flag(body: JsonObject, key: string, absent: boolean, column: string): boolean {
  const value = body[key];
  if (value === undefined) return absent;
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  return wrong(`Column ${column}: ${key} must be true or false`, key);
}

/** `[…]` of varchar may leave the length open. */
function withLength(
  type: ColumnType,
  length: Json | undefined,
  needed: boolean,
  name: string,
): ColumnType {
  if (length === undefined || length === false) {
    if (needed) wrong(`Column ${name}: char_len is required for varchar`, 'char_len');
    return type;
  }
  if (type.base !== 'varchar')
    return wrong(`Column ${name}: char_len goes with varchar only`, 'char_len');
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 1 || length > 255) {
    return wrong(`Column ${name}: char_len must be an integer from 1 to 255`, 'char_len');
  }
  return { ...type, length };
}

function numbering(body: JsonObject, name: string): NonNullable<Column['identity']> {
  const number = (key: string): number => {
    const value = body[key] === false ? 1 : (body[key] ?? 1);
    const fits = typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31;
    return fits ? value : wrong(`Column ${name}: ${key} must be an integer`, key);
  };
  const increment = number('serial_increment');
  if (increment === 0) wrong(`Column ${name}: serial_increment must not be 0`, 'serial_increment');
  return { start: number('serial_start'), increment };
}

function refuseNumbering(body: JsonObject, name: string): void {
  for (const key of ['serial_start', 'serial_increment']) {
    if (body[key] !== undefined && body[key] !== false) {
      wrong(`Column ${name}: ${key} goes with serial only`, key);
    }
  }
}

function noDefault(body: JsonObject, name: string): object {
  if (body['default'] !== undefined) wrong(`Column ${name}: a serial has no default`, 'default');
  return {};
}

function checkPrimary(type: ColumnType, body: JsonObject, name: string): void {
  if (type.array || (type.base !== 'integer' && type.base !== 'varchar')) {
    wrong(`Column ${name}: a primary_key is integer, serial or varchar`, 'primary_key');
  }
  if (body['null'] === true || body['null'] === 'true') {
    wrong(`Column ${name}: a primary_key is never null`, 'null');
  }
  if (body['default'] !== undefined)
    wrong(`Column ${name}: a primary_key has no default`, 'default');
}

/** What a default makes of a column. */
export type Preset = Pick<Column, 'default' | 'immutable' | 'touched'>;

/** A literal of the type, or the time of the row's creation or last update. */
export function parseDefault(value: Json | undefined, type: ColumnType, name: string): Preset {
  if (value === undefined) return { immutable: false };
  const word = typeof value === 'string' ? value.trim().toUpperCase() : '';
  if (word === 'CREATETIME' || word === 'UPDATETIME') {
    const times = classOf(type) === 'time' && !type.array && type.base !== 'time';
    if (!times) wrong(`Column ${name}: ${word} goes with timestamp, datetime and date`, 'default');
    const preset: Default = { kind: type.base === 'date' ? 'today' : 'now' };
    return word === 'CREATETIME'
      ? { default: preset, immutable: true }
      : { default: preset, immutable: false, touched: true };
  }
  return { default: { kind: 'value', value: literalOf(value, type, name) }, immutable: false };
}

/** Text casts to the column's type; what only Postgres can judge it judges when the column is made. */
function literalOf(value: Json, type: ColumnType, name: string): Json {
  const cast = typeof value === 'string' ? castText(value, type) : value;
  const fault = misfit(cast, type) ?? mistimed(cast, type);
  if (fault !== undefined) wrong(`Column ${name}: the default ${fault}`, 'default');
  return cast;
}

/** Words such as now and infinity are no literals: the row would not show what the definition says. */
function mistimed(value: Json, type: ColumnType): string | undefined {
  if (classOf(type) !== 'time' || type.base === 'time') return undefined;
  const all = Array.isArray(value) ? (value as readonly Json[]) : [value];
  const good = all.every((each) => each === null || /^\s*\d{4,6}-\d/.test(String(each)));
  return good ? undefined : 'must be a date or time that begins with its year';
}

function castText(text: string, type: ColumnType): Json {
  if (type.array) {
    try {
      return JSON.parse(text) as Json;
    } catch {
      const { array: _, ...element } = type;
      const items = parseArray(text)?.map((item) => castText(String(item), element));
      return items ?? text;
    }
  }
  const lower = text.trim().toLowerCase();
  if (classOf(type) === 'boolean') {
    if (['true', 't', 'yes', 'on', '1'].includes(lower)) return true;
    return ['false', 'f', 'no', 'off', '0'].includes(lower) ? false : text;
  }
  if (classOf(type) !== 'number' || lower === '') return text;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(lower) ? Number(lower) : text;
}

/** The definition of a column as it could be sent. */
export function columnDefinition(
  column: Column,
  facts: { readonly primary: boolean; readonly reference?: Reference },
): JsonObject {
  const { type, identity, required, unique } = column;
  const { primary, reference } = facts;
  const preset = defaultText(column);
  return {
    data_type: typeName(column),
    ...(type.base === 'varchar' && type.length !== undefined ? { char_len: type.length } : {}),
    ...(identity ? { serial_start: identity.start, serial_increment: identity.increment } : {}),
    null: !required,
    unique,
    ...(preset === undefined ? {} : { default: preset }),
    ...(primary ? { primary_key: true } : {}),
    ...(reference
      ? {
          foreign_key: true,
          reference_table: reference.target.name,
          reference_column: reference.targetColumns[0] ?? '',
          on_delete: reference.onDelete.toUpperCase(),
          on_update: reference.onUpdate.toUpperCase(),
        }
      : {}),
  };
}

function defaultText({ default: preset, immutable, touched }: Column): Json | undefined {
  if (preset === undefined) return undefined;
  if (preset.kind === 'value') return preset.value;
  if (touched) return 'UPDATETIME';
  return immutable && preset.kind !== 'uuid' ? 'CREATETIME' : preset.kind;
}
