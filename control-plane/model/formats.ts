import { type ColumnType, classOf } from '../base/types.ts';
import type { ValueFormat } from './table.ts';

const isText = (type: ColumnType): boolean => !type.array && classOf(type) === 'text';
const isJson = (type: ColumnType): boolean => !type.array && classOf(type) === 'json';

/** THE table of value formats: which column types may carry one. What each means is `rowhouse.has_format`. */
export const formats: Readonly<Record<ValueFormat, (type: ColumnType) => boolean>> = {
  email: isText,
  uri: isText,
  base64: isText,
  year_month: isText,
  lon_lat: ({ base, array }) => base === 'point' && !array,
  json_object: isJson,
  json_array: isJson,
};
