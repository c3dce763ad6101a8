import { ident, join, raw, type Sql, sql } from '../base/sql.ts';
import { type ColumnType, classOf } from '../base/types.ts';
import { heldValue } from '../model/held.ts';
import { systemColumns, type Table } from '../model/table.ts';
import { CelFault } from './cel/fault.ts';
import { type Caller, pathOf, type Scope } from './cel/scope.ts';
import { attempted, certain, type Element, type Type, type Value } from './cel/value.ts';

/** Where the columns of a row are found. */
export type Columns = (name: string) => Sql;

/** Columns as a row policy names them. */
export const bare: Columns = (name) => ident(name);

/**
 * What expressions can say of the rows of a table. `lenient`: a rule for all tables speaks of this one as far as it has the columns; a
 * column it lacks is an error, so the condition is false.
 */
export function tableScope(
  table: Pick<Table, 'columns' | 'key' | 'features' | 'holder'>,
  column: Columns,
  caller: Caller,
  lenient: boolean,
): Scope {
  const typeOf = (name: string): ColumnType | undefined => {
    const times: readonly string[] = table.features.timestamps ? systemColumns.timestamps : [];
    if (times.includes(name)) return { base: 'timestamptz', precision: 3 };
    return table.columns.find((each) => each.name === name)?.type;
  };
  const spotOf = (name: string): Sql => {
    const held = table.columns.find((each) => each.name === name && each.held !== undefined);
    return held ? heldValue(held, column(table.holder ?? '')) : column(name);
  };
  return {
    caller,
    id: keyText(table, column, typeOf),
    attribute: (name, path, position) => {
      const type = typeOf(name);
      // What is held as JSON has attributes that nobody has declared.
      if (!type && table.holder !== undefined) {
        return json(
          sql`${column(table.holder)} #> ${pathOf([name, ...path.map(({ key }) => key)])}`,
        );
      }
      if (!type) return lenient ? attempted('json', sql`null::jsonb`, []) : undefined;
      if (path.length > 0 && (classOf(type) !== 'json' || type.array)) {
        throw new CelFault(`column '${name}' has no parts`, path[0]?.position ?? position);
      }
      const whole = spotOf(name);
      const keys = path.map(({ key }) => key);
      const place = keys.length === 0 ? whole : sql`${whole} #> ${pathOf(keys)}`;
      return columnValue(type, place, { name, position });
    },
  };
}

/** What expressions can say of something kept elsewhere: its attributes are whatever JSON is given. */
export function givenScope(attributes: Sql, id: Sql, caller: Caller): Scope {
  return {
    caller,
    id: certain('string', id, true),
    attribute: (name, path) => {
      const keys = pathOf([name, ...path.map(({ key }) => key)]);
      return json(sql`${attributes} #> ${keys}`);
    },
  };
}

/** A null of JSON is null. */
function json(place: Sql): Value {
  return { ...certain('json', sql`nullif(${place}, 'null')`, true), nullable: true };
}

/** Types as expressions see them: those whose text is all there is to them are strings. */
const types: Readonly<Record<string, Type>> = {
  text: 'string',
  varchar: 'string',
  uuid: 'string',
  enum: 'string',
  time: 'string',
  smallint: 'int',
  integer: 'int',
  bigint: 'int',
  numeric: 'double',
  real: 'double',
  'double precision': 'double',
  boolean: 'bool',
  timestamptz: 'timestamp',
  timestamp: 'timestamp',
  date: 'timestamp',
  interval: 'duration',
  jsonb: 'json',
};

function columnValue(
  type: ColumnType,
  place: Sql,
  about: { readonly name: string; readonly position: number },
): Value {
  const found = types[type.base];
  const listed = type.array && found !== 'json' && found !== 'duration';
  if (found === undefined || (type.array && !listed)) {
    throw new CelFault(`column '${about.name}' has a type that is not served`, about.position);
  }
  if (found === 'json') return json(place);
  const facts = { nullable: true, mayFail: false, ofRow: true };
  if (listed) {
    return { ...facts, type: { list: found as Element }, sql: spelt(type, place, raw('[]')) };
  }
  const value: Value = { ...facts, type: found, sql: spelt(type, place, raw('')) };
  return type.base === 'uuid' ? { ...value, native: { sql: place, type: 'uuid' } } : value;
}

/** In a form that the operators of the type take, whatever the session's settings. */
function spelt({ base, array }: ColumnType, place: Sql, brackets: Sql): Sql {
  switch (base) {
    case 'uuid':
    case 'enum':
    case 'time':
    case 'varchar':
      return sql`${place}::text${brackets}`;
    case 'real':
      return sql`${place}::numeric${brackets}`;
    case 'date':
      return array ? sql`null::timestamptz[]` : sql`rowhouse.cel_day(${place})`;
    case 'timestamp':
      // Of a time without zone as UTC has it.
      return array ? sql`null::timestamptz[]` : sql`(${place}::timestamp at time zone 'UTC')`;
    case 'interval':
      return sql`rowhouse.cel_duration(${place})`;
    default:
      return place;
  }
}

/** The key of a row as its text; of several columns, joined by commas. */
function keyText(
  { key }: Pick<Table, 'key'>,
  column: Columns,
  typeOf: (name: string) => ColumnType | undefined,
): Value {
  const [only] = key;
  const texts = key.map((name) => sql`${column(name)}::text`);
  if (key.length !== 1 || only === undefined) {
    const joined = texts.length === 0 ? sql`''` : sql`concat_ws(',', ${join(texts)})`;
    return certain('string', joined, key.length > 0);
  }
  const type = typeOf(only);
  const plain = type?.base === 'text' ? column(only) : sql`${column(only)}::text`;
  const value = certain('string', plain, true);
  return type?.base === 'uuid' ? { ...value, native: { sql: column(only), type: 'uuid' } } : value;
}
