import { compositeText, isComposite } from '../base/composite.ts';
import { dateForm, uuidForm } from '../base/forms.ts';
import { digitsOf, isNumber, isObject, type Json } from '../base/json.ts';
import { isStorableText } from '../base/storable.ts';
import { type ColumnType, classOf, integerBounds } from '../base/types.ts';
import type { FieldType } from './types.ts';

/** ISO 8601; Postgres reads what is left. */
export const duration = /^-?P(?=.)[\d.,WYMDTHS+-]*$/;

const shapes: Readonly<Partial<Record<ColumnType['base'], RegExp>>> = {
  date: dateForm,
  time: /^\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)?$/,
  timestamptz: /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?)?$/,
  interval: duration,
  uuid: uuidForm,
};

/**
 * A value that a schema gives (a default, a bound, one of an enum) as the engine takes it; undefined when it is none of the field's
 * type. Whether a day or a range exists only Postgres tells, when the table is made.
 */
export function valueIn(value: Json, { type, format }: FieldType): Json | undefined {
  if (type.array) {
    const { array: _, ...element } = type;
    if (!Array.isArray(value)) return undefined;
    const items = value.map((item: Json) => valueIn(item, { type: element }));
    return items.every((item) => item !== undefined) ? (items as readonly Json[]) : undefined;
  }
  if (typeof value === 'string' && !isStorableText(value)) return undefined;
  if (isComposite(type)) return compositeText(value, type);
  switch (classOf(type)) {
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'number':
      return numberOf(value, type);
    case 'json':
      if (format === 'json_object') return isObject(value) ? value : undefined;
      return format === 'json_array' && !Array.isArray(value) ? undefined : value;
    default:
      return typeof value === 'string' && shapes[type.base]?.test(value) ? value : undefined;
  }
}

/** Within the range of the type; digits that a double would lose come as text. */
function numberOf(value: Json, { base }: ColumnType): Json | undefined {
  if (!isNumber(value)) return undefined;
  const bound = integerBounds[base];
  const digits = digitsOf(value);
  if (bound === undefined) return typeof value === 'number' ? value : digits;
  if (!/^-?\d+$/.test(digits)) return undefined;
  const whole = BigInt(digits);
  if (whole < -bound || whole >= bound) return undefined;
  return typeof value === 'number' ? value : digits;
}
