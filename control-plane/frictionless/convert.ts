import { dateForm, uuidForm } from '../base/forms.ts';
import { digitsOf, type ExactNumber, isExactNumber, isNumber, type Json } from '../base/json.ts';
import { parseJson } from '../base/parse-json.ts';
import { type ColumnType, classOf, typeText } from '../base/types.ts';
import type { Spelling } from '../statement/transfer.ts';
import { timeOf } from './pattern.ts';
import { usualBooleans } from './spelling.ts';
import { duration } from './values.ts';

const integer = /^[+-]?\d{1,19}$/;
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/;
const time = /^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;
const moment = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?$/;

/** The narrowest type that takes all values. Text that only looks like a number (00501) stays text. */
export function inferType(values: readonly Json[], textual: boolean): ColumnType {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return { base: 'text' };
  const all = (test: (value: Json) => boolean): boolean => present.every(test);
  if (!textual) {
    if (all((value) => typeof value === 'boolean')) return { base: 'boolean' };
    if (all(isNumber)) {
      return { base: all((value) => Number.isSafeInteger(value)) ? 'bigint' : 'numeric' };
    }
    if (present.some((value) => typeof value === 'object')) return { base: 'jsonb' };
    if (!all((value) => typeof value === 'string')) return { base: 'text' };
  }
  const text = (test: (value: string) => boolean): boolean =>
    all((value) => typeof value === 'string' && test(value));
  if (textual) {
    if (text((value) => /^(true|false)$/i.test(value))) return { base: 'boolean' };
    if (text((value) => /^-?(0|[1-9]\d*)$/.test(value) && isBigint(value))) {
      return { base: 'bigint' };
    }
    if (text((value) => decimal.test(value) && !/^-?0\d/.test(value))) return { base: 'numeric' };
  }
  if (text((value) => dateForm.test(value) && isDate(value))) return { base: 'date' };
  if (text((value) => moment.test(value) && isMoment(value))) return { base: 'timestamptz' };
  if (text((value) => uuidForm.test(value))) return { base: 'uuid' };
  return { base: 'text' };
}

/**
 * The value as the insert statement takes it for a column of this type: text cells become booleans and JSON where the type wants
 * them; digits stay text, so nothing is lost. Throws a TypeError whose message is the reason.
 */
export function convert(
  value: Json,
  type: ColumnType,
  field: Omit<Spelling, 'name'>,
  textual: boolean,
): Json {
  if (value === null) return null;
  if (isExactNumber(value)) return exact(value, type, field);
  if (typeof value === 'string' && value.includes('\0')) refuse('contains a NUL character');
  if (field.list !== undefined && typeof value === 'string')
    return members(value, type, field.list);
  if (type.array || type.base === 'jsonb') {
    return textual && typeof value === 'string' ? json(value) : value;
  }
  if (typeof value === 'object') refuse(`is not ${article(type)}`);
  switch (classOf(type)) {
    case 'text':
      return typeof value === 'string' || field.mixed ? String(value) : refuse(notA(value, type));
    case 'boolean':
      return typeof value === 'boolean' ? value : boolean(String(value), field);
    case 'number':
      if (typeof value === 'boolean') refuse(notA(value, type));
      return typeof value === 'number' ? value : number(value, type, field);
    case 'time':
    case 'uuid':
    case 'json':
    case 'other':
    case 'range':
    case 'multirange':
      return plain(value, type, field.pattern);
    default: {
      const never: never = classOf(type) as never;
      return never;
    }
  }
}

/**
 * {@link convert} for the values of one column. What most texts of a type look like is told by one expression; a setting of the file about the
 * type, and whatever else there is, goes the long way.
 */
export function converter(
  type: ColumnType,
  field: Omit<Spelling, 'name'>,
  textual: boolean,
): (value: Json) => Json {
  const long = (value: Json): Json => convert(value, type, field, textual);
  const { list, booleans, decimalChar, groupChar, bareNumber, pattern } = field;
  if (list !== undefined || type.array || type.base === 'jsonb') return long;
  switch (classOf(type)) {
    case 'text':
      return (value) => (typeof value === 'string' && !value.includes('\0') ? value : long(value));
    case 'boolean':
      if (booleans !== undefined) return long;
      return (value) => (value === 'true' ? true : value === 'false' ? false : long(value));
    default: {
      const common = commonTexts[type.base];
      const altered = decimalChar ?? groupChar ?? bareNumber ?? pattern;
      if (common === undefined || altered !== undefined) return long;
      return (value) => (typeof value === 'string' && common.test(value) ? value : long(value));
    }
  }
}

/** Texts that are values of the type as they stand; not all of them. */
const commonTexts: Readonly<Partial<Record<ColumnType['base'], RegExp>>> = {
  smallint: /^-?\d{1,18}$/,
  integer: /^-?\d{1,18}$/,
  bigint: /^-?\d{1,18}$/,
  numeric: /^-?\d{1,15}(\.\d{1,15})?$/,
  real: /^-?\d{1,15}(\.\d{1,15})?$/,
  'double precision': /^-?\d{1,15}(\.\d{1,15})?$/,
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$/,
};

function members(text: string, type: ColumnType, separator: string): Json {
  const { array, ...member } = type;
  const parts = text === '' ? [] : text.split(separator);
  return array ? parts.map((part) => convert(part, member, {}, true)) : parts;
}

/** A number too long for a double: its digits are what they are, whatever the file's separators. */
function exact(value: ExactNumber, type: ColumnType, field: Omit<Spelling, 'name'>): Json {
  if (type.base === 'jsonb') return value;
  if (type.array) refuse(`is not ${article(type)}`);
  if (classOf(type) === 'text' && field.mixed) return value.rawJSON;
  const { groupChar: _group, decimalChar: _decimal, ...plain } = field;
  return convert(digitsOf(value), type, plain, false);
}

/** Text that Postgres reads; a pattern says how the file writes it. */
function plain(value: Json, type: ColumnType, pattern: string | undefined): string {
  if (typeof value !== 'string') return refuse(notA(String(value), type));
  const text = pattern === undefined ? value : timeOf(value, pattern, type.base);
  if (text === undefined || !fits(text, type)) {
    refuse(
      pattern === undefined ? notA(value, type) : `${notA(value, type)} as ${pattern} writes it`,
    );
  }
  return text;
}

function number(value: string, type: ColumnType, field: Omit<Spelling, 'name'>): string {
  let plain = value.trim();
  if (field.bareNumber === false) plain = plain.replace(/^[^\d.+-]+|[^\d.]+$/g, '');
  if (field.groupChar) plain = plain.replaceAll(field.groupChar, '');
  if (field.decimalChar && field.decimalChar !== '.') plain = plain.replace(field.decimalChar, '.');
  const whole = type.base === 'bigint' || type.base === 'integer' || type.base === 'smallint';
  if (!(whole ? integer.test(plain) && isBigint(plain) : decimal.test(plain))) {
    refuse(notA(value, type));
  }
  return plain.replace(/^\+/, '');
}

function boolean(value: string, field: Omit<Spelling, 'name'>): boolean {
  const { yes, no } = field.booleans ?? usualBooleans;
  if (yes.includes(value)) return true;
  if (no.includes(value)) return false;
  return refuse(notA(value, { base: 'boolean' }));
}

function json(value: string): Json {
  try {
    return parseJson(value);
  } catch {
    return refuse('is not valid JSON');
  }
}

function fits(value: string, type: ColumnType): boolean {
  switch (type.base) {
    case 'date':
      return dateForm.test(value) && isDate(value);
    case 'timestamp':
    case 'timestamptz':
      return dateForm.test(value) ? isDate(value) : moment.test(value) && isMoment(value);
    case 'time':
      return time.test(value);
    case 'uuid':
      return uuidForm.test(value);
    case 'interval':
      return duration.test(value);
    default:
      return true;
  }
}

function isBigint(value: string): boolean {
  return BigInt.asIntN(64, BigInt(value.replace(/^\+/, ''))) === BigInt(value.replace(/^\+/, ''));
}

function isDate(value: string): boolean {
  const year = Number(value.slice(0, 4));
  const month = Number(value.slice(5, 7));
  const day = Number(value.slice(8, 10));
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31);
}

function isMoment(value: string): boolean {
  const [hour = 0, minute = 0, second = 0] = value
    .slice(11, 19)
    .split(/[:Z+-]/)
    .map(Number);
  return isDate(value) && hour < 24 && minute < 60 && second < 60;
}

function notA(value: string | number | boolean, type: ColumnType): string {
  const shown = typeof value === 'string' && value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return `${JSON.stringify(shown)} is not ${article(type)}`;
}

function article(type: ColumnType): string {
  const name = typeText(type);
  return /^[aei]/.test(name) ? `an ${name}` : `a ${name}`;
}

function refuse(reason: string): never {
  throw new TypeError(reason);
}
