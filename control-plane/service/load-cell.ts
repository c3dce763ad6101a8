import { dateForm, uuidForm } from '../base/forms.ts';
import { type Json, type JsonObject, memberOf } from '../base/json.ts';
import { type ColumnType, classOf } from '../base/types.ts';
import type { StagedColumn } from '../plan/load.ts';

/** The text of a value as COPY reads it; undefined: it takes a closer look to tell whether it is one of the column. */
type Cell = (value: Json) => string | undefined;

/** Texts that COPY, and Postgres' text, take as they are. */
const special = /[\\\t\n\r\0\ud800-\udfff]/;
const none = '\\N';

const few: Readonly<Record<string, RegExp>> = {
  smallint: /^-?\d{1,4}$/,
  integer: /^-?\d{1,9}$/,
  bigint: /^-?\d{1,18}$/,
  numeric: /^-?\d{1,15}(\.\d{1,15})?$/,
  real: /^-?\d{1,15}(\.\d{1,15})?$/,
  'double precision': /^-?\d{1,15}(\.\d{1,15})?$/,
};

const timely: Readonly<Record<string, RegExp>> = {
  date: dateForm,
  time: /^\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?$/,
  timestamp: /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?$/,
  timestamptz: /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?$/,
};

/**
 * Rows as COPY reads them where that shows at a glance: each value of the form nearly all values of its column's type have. To judge a row
 * in full costs ten times as much.
 * @returns a function that answers undefined for a row that is to be judged in full
 */
export function ordinaryLine(
  columns: readonly StagedColumn[],
): (row: number, values: JsonObject) => string | undefined {
  const places = columns.map(({ name, type }) => ({ name, cell: cellOf(type) }));
  return (row, values) => {
    let line = String(row);
    let named = 0;
    for (const { name, cell } of places) {
      const value = memberOf(values, name);
      if (value !== undefined) named++;
      const text = value === undefined || value === null ? none : cell(value);
      if (text === undefined) return undefined;
      line += `\t${text}`;
    }
    // A name that is no column's.
    return named === Object.keys(values).length ? `${line}\n` : undefined;
  };
}

function cellOf(type: ColumnType): Cell {
  if (type.array) return () => undefined;
  const matching =
    (form: RegExp | undefined): Cell =>
    (value) =>
      typeof value === 'string' && form?.test(value) ? value : undefined;
  switch (classOf(type)) {
    case 'text':
      return (value) => (typeof value === 'string' && !special.test(value) ? value : undefined);
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? String(value) : undefined);
    case 'number': {
      const text = matching(few[type.base]);
      return (value) => text(typeof value === 'number' ? String(value) : value);
    }
    case 'time':
      return matching(timely[type.base]);
    case 'uuid':
      return matching(uuidForm);
    case 'json':
    case 'range':
    case 'multirange':
    case 'other':
      return () => undefined;
    default: {
      const never: never = classOf(type) as never;
      return never;
    }
  }
}
