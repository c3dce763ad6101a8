import { raw, type Sql, sql } from '../base/sql.ts';
import { boundsOf, type ColumnType, classOf } from '../base/types.ts';
import type { Format } from '../statement/output.ts';

/**
 * A value as an expression that row_to_json prints as the format says. The rules themselves are rowhouse.json_number and json_time,
 * which Postgres inlines. Reals stay numbers: a double holds them. Ranges are objects, multiranges lists of them, points as their form says.
 */
export function printed(value: Sql, type: ColumnType, format: Format): Sql {
  const each = element(type, format);
  if (!each) return value;
  if (!type.array) return each(value);
  const item = each(sql`item.value`);
  const items = sql`unnest(${value}) with ordinality as item (value, place)`;
  const list = sql`coalesce((select json_agg(${item} order by item.place) from ${items}), '[]'::json)`;
  return sql`case when ${value} is not null then ${list} end`;
}

/** How one value is printed; undefined: as row_to_json does anyway. */
function element(type: ColumnType, format: Format): ((value: Sql) => Sql) | undefined {
  switch (type.base) {
    case 'bigint':
    case 'numeric':
      return format.numbers === 'safe' ? (value) => sql`rowhouse.json_number(${value})` : undefined;
    case 'timestamptz':
      return (value) => sql`rowhouse.json_time(${value}, ${raw(`'${format.times}'`)})`;
    case 'timestamp':
      return (value) =>
        sql`rowhouse.json_time(${value} at time zone 'UTC', ${raw(`'${format.times}'`)})`;
    case 'interval':
      return format.times === 'trimmed'
        ? (value) => sql`rowhouse.json_duration(${value})`
        : undefined;
    case 'point':
      return (value) => point(value, type);
    default:
  }
  const bounds = boundsOf(type);
  if (bounds === undefined) return undefined;
  const print = element(bounds, format) ?? ((value: Sql) => value);
  return classOf(type) === 'range'
    ? (value) => sql`case when ${value} is not null then ${range(value, print)} end`
    : (value) => multirange(value, print);
}

/** Postgres keeps x and y: longitude and latitude. */
function point(value: Sql, { form }: ColumnType): Sql {
  const [lon, lat] = [sql`(${value})[0]`, sql`(${value})[1]`];
  const shown =
    form === 'array'
      ? sql`json_build_array(${lon}, ${lat})`
      : form === 'object'
        ? sql`json_build_object('lon', ${lon}, 'lat', ${lat})`
        : sql`to_json(${lon} || ',' || ${lat})`;
  return sql`case when ${value} is not null then ${shown} end`;
}

function range(value: Sql, print: (bound: Sql) => Sql): Sql {
  const bounds = sql`case when lower_inc(${value}) then '[' else '(' end || case when upper_inc(${value}) then ']' else ')' end`;
  return sql`json_build_object('lower', ${print(sql`lower(${value})`)}, 'upper', ${print(sql`upper(${value})`)}, 'bounds', ${bounds}, 'empty', isempty(${value}))`;
}

/** A multirange keeps its ranges in order, apart and never empty. */
function multirange(value: Sql, print: (bound: Sql) => Sql): Sql {
  const one = range(sql`part.value`, print);
  const parts = sql`unnest(${value}) with ordinality as part (value, place)`;
  const list = sql`coalesce((select json_agg(${one} order by part.place) from ${parts}), '[]'::json)`;
  return sql`case when ${value} is not null then ${list} end`;
}
