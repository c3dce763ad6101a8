import { baseTypes, boundsOf, type ColumnType, classOf } from '../base/types.ts';
import type { Column, Table } from '../model/table.ts';
import type { Format } from '../statement/output.ts';
import {
  boolean,
  list,
  nullable,
  number,
  oneOf,
  openObject,
  type Schema,
  text,
  time,
} from './described.ts';

/** A row as replies in this format show it: every key is there. */
export function rowSchema(
  table: Pick<Table, 'kind'>,
  columns: readonly Column[],
  format: Format,
): Schema {
  const shown = columns.map(({ name, type, required, ...column }): [string, Schema] => {
    // Whatever a view selects may be missing.
    const schema = valueSchema(type, format);
    const never = required && table.kind === 'table';
    return [name, described(never ? schema : nullable(schema), column)];
  });
  return {
    type: 'object',
    properties: Object.fromEntries(shown),
    ...(columns.length === 0 ? {} : { required: columns.map(({ name }) => name) }),
  };
}

/** Values for columns, with what their rules say of them. Other keys are refused; `required`: keys that must be there. */
export function valuesSchema(
  columns: readonly Column[],
  format: Format,
  required: readonly string[] = [],
): Schema {
  const taken = columns.map((column): [string, Schema] => {
    const ruled = { ...valueSchema(column.type, format), ...rulesOf(column) };
    const schema = column.required ? ruled : nullable(ruled);
    return [column.name, described(schema, column)];
  });
  return {
    type: 'object',
    properties: Object.fromEntries(taken),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

/** The one column that rows are addressed by; undefined where none is, or several together. */
export function keyColumn({ key, columns }: Pick<Table, 'key' | 'columns'>): Column | undefined {
  return key.length === 1 ? columns.find(({ name }) => name === key[0]) : undefined;
}

/** What the rows of a table are called, and what it says of itself. */
export function titleOf({ description }: Pick<Table, 'description'>, title: string): Schema {
  return { title, ...(description === undefined || description === '' ? {} : { description }) };
}

/** Columns without which no row can be made. */
export function needed(columns: readonly Column[]): readonly string[] {
  return columns
    .filter((column) => column.required && column.default === undefined && !column.identity)
    .map(({ name }) => name);
}

function described(schema: Schema, { description }: Pick<Column, 'description'>): Schema {
  return description === undefined || description === '' ? schema : { ...schema, description };
}

/** How a value of the type is printed. What is read is at least this. */
export function valueSchema(type: ColumnType, format: Format): Schema {
  if (type.array) {
    const { array: _, ...member } = type;
    return list(nullable(valueSchema(member, format)));
  }
  const bounds = boundsOf(type);
  if (bounds !== undefined) {
    const one = rangeSchema(valueSchema(bounds, format));
    return classOf(type) === 'range' ? one : list(one);
  }
  switch (type.base) {
    case 'bigint':
    case 'numeric':
      return format.numbers === 'safe' ? long[type.base] : { type: baseTypes[type.base].json };
    case 'timestamptz':
    case 'timestamp':
      // Without a zone it is no date-time of JSON Schema.
      return local(format) ? text : time;
    case 'date':
    case 'uuid':
      return { type: 'string', format: type.base };
    case 'point':
      return pointSchema(type);
    case 'enum':
      return { type: 'string', enum: [...(type.enumeration?.values ?? [])] };
    default: {
      const form = baseTypes[type.base].json;
      const length = type.length === undefined ? {} : { maxLength: type.length };
      return form === 'any' ? {} : { type: form, ...length };
    }
  }
}

function local({ times }: Format): boolean {
  return times === 'local' || times === 'micros';
}

/** Numbers that a double does not hold are texts of their digits. */
const long = {
  bigint: { type: ['integer', 'string'] },
  numeric: { type: ['number', 'string'] },
} as const;

function rangeSchema(bound: Schema): Schema {
  return openObject({
    lower: nullable(bound),
    upper: nullable(bound),
    bounds: oneOf('[]', '[)', '(]', '()'),
    empty: boolean,
  });
}

function pointSchema({ form }: ColumnType): Schema {
  if (form === 'array') return { ...list(number), minItems: 2 };
  return form === 'object' ? openObject({ lon: number, lat: number }) : text;
}

/** What a column asks of its values, as far as JSON Schema has words for it. */
function rulesOf(column: Column): Schema {
  const { type, minimum, maximum, minLength, maxLength, oneOf: asked, enum: words } = column;
  if (type.array) return numbers({ minItems: minLength, maxItems: maxLength });
  switch (classOf(type)) {
    case 'text':
      return {
        // A number that bounds a text bounds its length.
        ...numbers({ minLength: minLength ?? minimum, maxLength: maxLength ?? maximum }),
        ...patternOf(column),
        ...(words === undefined && asked === undefined
          ? {}
          : { enum: [...(asked ?? words ?? [])] }),
      };
    case 'number': {
      const { exclusiveMinimum, exclusiveMaximum } = column;
      const values = asked ?? words?.map(Number);
      return {
        ...numbers({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }),
        ...(values === undefined ? {} : { enum: [...values] }),
      };
    }
    default:
      return {};
  }
}

function numbers(bounds: Readonly<Record<string, number | string | undefined>>): Schema {
  return Object.fromEntries(
    Object.entries(bounds).filter((entry): entry is [string, number] => {
      return typeof entry[1] === 'number';
    }),
  );
}

/** What Postgres' expressions have and those of JSON Schema lack, or mean otherwise. */
const foreign = /\[\[[:.=]|\\[aAmMyYZ]|\(\?|^\*\*\*/;

/** A pattern is told where it means the same here and there. */
function patternOf({ pattern, whole }: Column): Schema {
  if (pattern === undefined || foreign.test(pattern)) return {};
  const told = whole ? `^(?:${pattern})$` : pattern;
  try {
    new RegExp(told, 'u');
  } catch {
    return {};
  }
  return { pattern: told };
}
