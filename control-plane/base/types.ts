import { ident, toText } from './sql.ts';

/** How a value of a column type looks in JSON. */
export type JsonForm = 'string' | 'integer' | 'number' | 'boolean' | 'any';

/** What operators a type takes part in. */
export type TypeClass =
  | 'text'
  | 'number'
  | 'boolean'
  | 'time'
  | 'uuid'
  | 'json'
  | 'range'
  | 'multirange'
  | 'other';

/** THE table of column types: name (also the Postgres type) → JSON form and class. Arrays are `array: true` of one of these. */
export const baseTypes = {
  text: { json: 'string', class: 'text' },
  varchar: { json: 'string', class: 'text' },
  smallint: { json: 'integer', class: 'number' },
  integer: { json: 'integer', class: 'number' },
  bigint: { json: 'integer', class: 'number' },
  numeric: { json: 'number', class: 'number' },
  real: { json: 'number', class: 'number' },
  'double precision': { json: 'number', class: 'number' },
  boolean: { json: 'boolean', class: 'boolean' },
  timestamptz: { json: 'string', class: 'time' },
  timestamp: { json: 'string', class: 'time' },
  date: { json: 'string', class: 'time' },
  time: { json: 'string', class: 'time' },
  interval: { json: 'string', class: 'other' },
  uuid: { json: 'string', class: 'uuid' },
  jsonb: { json: 'any', class: 'json' },
  point: { json: 'any', class: 'other' },
  int4range: { json: 'any', class: 'range' },
  int8range: { json: 'any', class: 'range' },
  numrange: { json: 'any', class: 'range' },
  tsrange: { json: 'any', class: 'range' },
  tstzrange: { json: 'any', class: 'range' },
  daterange: { json: 'any', class: 'range' },
  int4multirange: { json: 'any', class: 'multirange' },
  int8multirange: { json: 'any', class: 'multirange' },
  nummultirange: { json: 'any', class: 'multirange' },
  tsmultirange: { json: 'any', class: 'multirange' },
  tstzmultirange: { json: 'any', class: 'multirange' },
  datemultirange: { json: 'any', class: 'multirange' },
  /** A type of the tenant's own: its name and values are in `enumeration`. */
  enum: { json: 'string', class: 'other' },
} as const satisfies Record<string, { json: JsonForm; class: TypeClass }>;

export type BaseType = keyof typeof baseTypes;

/** The least number beyond those of an integer type; its negative is the least one of them. */
export const integerBounds: Readonly<Partial<Record<BaseType, bigint>>> = {
  smallint: 2n ** 15n,
  integer: 2n ** 31n,
  bigint: 2n ** 63n,
};

/** A tenant's enumerated type as Postgres has it. */
export interface Enumeration {
  readonly schema: string;
  readonly name: string;
  /** In the order Postgres sorts them. */
  readonly values: readonly string[];
}

/** How a point is printed: `"lon,lat"` (absent), `[lon, lat]` or `{"lon", "lat"}`. All three are read. */
export type PointForm = 'array' | 'object';

/** The type of a column. `length` only for varchar; `precision` only for timestamptz (the server's own times use 3). */
export interface ColumnType {
  readonly base: BaseType;
  readonly array?: boolean;
  readonly length?: number;
  readonly precision?: number;
  /** Only for point. */
  readonly form?: PointForm;
  /** Only, and always, for enum. */
  readonly enumeration?: Enumeration;
}

/** The Postgres spelling of a column type. */
export function typeText(type: ColumnType): string {
  const base =
    type.base === 'varchar' && type.length !== undefined
      ? `varchar(${type.length})`
      : type.base === 'timestamptz' && type.precision !== undefined
        ? `timestamptz(${type.precision})`
        : type.base === 'enum'
          ? toText(ident(type.enumeration?.schema ?? '', type.enumeration?.name ?? ''))
          : type.base;
  return type.array ? `${base}[]` : base;
}

/** The class of a type; an array has the class of its elements. */
export function classOf(type: ColumnType): TypeClass {
  return baseTypes[type.base].class;
}

/** What the bounds of a range, or of the ranges of a multirange, are. */
export function boundsOf(type: ColumnType): ColumnType | undefined {
  const base = bounds[type.base];
  return base === undefined ? undefined : { base };
}

const bounds: Readonly<Partial<Record<BaseType, BaseType>>> = {
  int4range: 'integer',
  int8range: 'bigint',
  numrange: 'numeric',
  tsrange: 'timestamp',
  tstzrange: 'timestamptz',
  daterange: 'date',
  int4multirange: 'integer',
  int8multirange: 'bigint',
  nummultirange: 'numeric',
  tsmultirange: 'timestamp',
  tstzmultirange: 'timestamptz',
  datemultirange: 'date',
};

/** Whether the text of a value is the same in every session, so that a search vector can be generated from it. */
export function hasWords(type: ColumnType): boolean {
  return !type.array && ['text', 'number', 'boolean', 'uuid', 'json'].includes(classOf(type));
}
