import { compositeText, isComposite } from '../base/composite.ts';
import { ServiceError } from '../base/errors.ts';
import { digitsOf, type ExactNumber, isExactNumber, isNumber, type Json } from '../base/json.ts';
import { bind, raw, type Sql, sql } from '../base/sql.ts';
import { isStorableText } from '../base/storable.ts';
import {
  type BaseType,
  baseTypes,
  type ColumnType,
  integerBounds,
  typeText,
} from '../base/types.ts';
import type { Context } from './scope.ts';

/** Where an operand stands, for errors. */
export interface Place {
  readonly field: string;
  readonly operator: string;
}

/** @throws ServiceError invalid_operand naming the condition */
export function misfit(place: Place, reason: string): never {
  throw new ServiceError('invalid_operand', undefined, {
    field: place.field,
    reason,
    data: { operator: place.operator },
  });
}

/** The type an operand is cast to: without lengths, since an explicit cast to varchar(n) cuts silently, and without precision. */
export function castText(type: ColumnType): string {
  if (type.base === 'enum') return typeText(type);
  const base = type.base === 'varchar' && !type.array ? 'text' : type.base;
  return type.array ? `${base}[]` : base;
}

/** One value, bound and cast to the type. */
export function bindScalar(value: Json, type: ColumnType, place: Place, context: Context): Sql {
  if (type.array) {
    if (!Array.isArray(value)) misfit(place, 'not_array');
    return bindList(value, type, place, context);
  }
  const text = scalarText(value, type, place, context);
  // An offset in the text counts: a plain cast would drop it.
  if (type.base === 'timestamp') return sql`(${bind(text)}::timestamptz at time zone 'UTC')`;
  return sql`${bind(text)}::${raw(castText(type))}`;
}

/** A list as one array parameter; `type` may be that of the elements or of the array. */
export function bindList(
  value: readonly Json[],
  type: ColumnType,
  place: Place,
  context: Context,
): Sql {
  const { enumeration } = type;
  const element: ColumnType = { base: type.base, ...(enumeration ? { enumeration } : {}) };
  const texts = value.map((item) => scalarText(item, element, place, context));
  if (type.base === 'timestamp') {
    const utc = sql`t.value::timestamptz at time zone 'UTC'`;
    return sql`array(select ${utc} from unnest(${bind(texts)}::text[]) with ordinality as t (value, n) order by t.n)`;
  }
  return sql`${bind(texts)}::${raw(castText({ ...element, array: true }))}`;
}

/** Text that Postgres can hold. */
export function plainText(value: Json, place: Place): string {
  if (typeof value !== 'string') misfit(place, value === null ? 'null_operand' : 'type');
  if (!isStorableText(value)) misfit(place, 'text');
  return value;
}

function scalarText(value: Json, type: ColumnType, place: Place, context: Context): string {
  if (value === null) misfit(place, 'null_operand');
  if (type.base === 'jsonb') return jsonText(value, place);
  if (isComposite(type)) {
    const text = plainText(compositeText(value, type) ?? misfit(place, 'type'), place);
    context.suspects.push({ field: place.field, value: text, test: type.base });
    return text;
  }
  if (typeof value === 'object' && !isExactNumber(value)) misfit(place, 'type');
  if (!fits(value, type)) misfit(place, 'type');
  const text = isNumber(value) ? digitsOf(value) : String(value);
  const { class: family } = baseTypes[type.base];
  if (family === 'text') return plainText(value, place);
  if (type.base === 'enum') {
    return type.enumeration?.values.includes(text) ? text : misfit(place, 'type');
  }
  if (family === 'time' || family === 'other') {
    plainText(value, place);
    context.suspects.push({ field: place.field, value: text, test: type.base });
  }
  return text;
}

/** A JSON value for a jsonb parameter. */
export function jsonText(value: Json, place: Place): string {
  const text = JSON.stringify(value);
  if (/\\u(0000|d[89a-f])/i.test(text) && !isStorable(value)) misfit(place, 'text');
  return text;
}

/** Whether every string in a value can be held by Postgres. */
export function isStorable(value: Json): boolean {
  if (typeof value === 'string') return isStorableText(value);
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return true;
  if (Array.isArray(value)) return value.every(isStorable);
  return Object.entries(value).every(([key, item]) => isStorable(key) && isStorable(item));
}

const dated: ReadonlySet<string> = new Set(['timestamptz', 'timestamp', 'date']);

const year = /^\s*[+-]?\d{4}/;
const clock = /^\s*T?\d/;
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;
const uuid = /^(?:[0-9a-f]{4}-?){8}$|^\{(?:[0-9a-f]{4}-?){8}\}$/i;

/** Whether a JSON scalar can be a value of the type, as far as that can be told without Postgres (of times, only that they are told as dates). */
export function fits(value: string | number | boolean | ExactNumber, type: ColumnType): boolean {
  const row = baseTypes[type.base];
  switch (row.class) {
    case 'boolean':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    case 'number':
      return (
        typeof value !== 'boolean' &&
        ((typeof value === 'number' && fitsPlainly(value, type.base)) ||
          fitsNumber(isNumber(value) ? digitsOf(value) : value, type.base))
      );
    case 'uuid':
      return typeof value === 'string' && uuid.test(value) && !value.endsWith('-');
    case 'time':
      // Words like now and infinity, and days told month first, are Postgres' own: a reader would not get back what was sent.
      return typeof value === 'string' && (dated.has(type.base) ? year : clock).test(value);
    default:
      return typeof value === 'string';
  }
}

/** Most numbers of most rows, told without spelling them: an integer within the range, or any that a double holds where all do. */
function fitsPlainly(value: number, base: string): boolean {
  switch (base) {
    case 'smallint':
      return Number.isInteger(value) && value >= -(2 ** 15) && value < 2 ** 15;
    case 'integer':
      return Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
    case 'bigint':
      return Number.isSafeInteger(value);
    case 'real':
      return Number.isFinite(Math.fround(value));
    default:
      return Number.isFinite(value);
  }
}

function fitsNumber(text: string, base: BaseType): boolean {
  const bound = integerBounds[base];
  if (bound !== undefined) {
    const whole = wholeNumber(text);
    return whole !== undefined && whole >= -bound && whole < bound;
  }
  if (text.length > 1_000 || !decimal.test(text)) return false;
  if (base === 'numeric') return true;
  const number = Number(text);
  return Number.isFinite(base === 'real' ? Math.fround(number) : number);
}

/** An integer, as digits. Exponents don't occur: a number that large is out of every range. */
function wholeNumber(text: string): bigint | undefined {
  return /^[+-]?\d{1,30}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
}
