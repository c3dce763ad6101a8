import { isExactNumber, isNumber as isJsonNumber, isObject, type Json } from '../../base/json.ts';
import { isStorableText } from '../../base/storable.ts';
import { baseTypes, type ColumnType, classOf } from '../../base/types.ts';
import { refuse } from './codes.ts';
import type { Place } from './fields.ts';

/** Most elements of one list. */
const longestList = 10_000;

/** An operand for one value of a column type, or a refusal. What only Postgres can judge (dates, ranges) is left to it. */
export function fit(place: Place, value: Json): Json {
  return fits(place.type, value) ? value : misfit(place);
}

/** A list of values for a column's elements; null has its meaning settled before. */
export function fitList(place: Place, values: readonly Json[]): readonly Json[] {
  checkLength(place, values);
  const type: ColumnType = { base: place.type.base };
  return values.every((value) => fits(type, value)) ? values : misfit(place);
}

export function checkLength(place: Pick<Place, 'label'>, values: readonly Json[]): void {
  if (values.length <= longestList) return;
  refuse(
    'PARAMETER_LIMIT_EXCEEDED',
    `List of '${place.label}' has more than ${longestList} elements`,
    {
      field: place.label,
    },
  );
}

export function misfit(place: Pick<Place, 'label'>, why?: string): never {
  return refuse('FILTER_INVALID_VALUE', why ?? `The value does not fit '${place.label}'`, {
    field: place.label,
  });
}

/** Text Postgres can hold. */
export function isText(value: Json): value is string {
  return typeof value === 'string' && isStorableText(value);
}

function fits(type: ColumnType, value: Json): boolean {
  if (type.array) {
    return Array.isArray(value) && value.every((each) => fits({ base: type.base }, each as Json));
  }
  if (typeof value === 'string' && !isText(value)) return false;
  switch (classOf(type)) {
    case 'text':
    case 'other':
    case 'range':
    case 'multirange':
      return typeof value === 'string';
    case 'time':
      return typeof value === 'string' && value !== '';
    case 'boolean':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    case 'uuid':
      return isUuid(value);
    case 'number':
      return baseTypes[type.base].json === 'integer' ? isInteger(value) : isNumber(value);
    case 'json':
      return value !== null && !isObject(value) && !Array.isArray(value);
    default:
      return false;
  }
}

const uuid = /^\{?[0-9a-f]{4}(-?[0-9a-f]{4}){7}\}?$/i;

export function isUuid(value: Json): value is string {
  return typeof value === 'string' && uuid.test(value);
}

function isInteger(value: Json): boolean {
  if (typeof value === 'number') return Number.isInteger(value);
  if (isExactNumber(value)) return isInteger(value.rawJSON);
  if (typeof value !== 'string' || !/^[+-]?\d{1,19}$/.test(value)) return false;
  return BigInt.asIntN(64, BigInt(value)) === BigInt(value);
}

function isNumber(value: Json): boolean {
  if (isJsonNumber(value)) return true;
  return typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/.test(value);
}
