import { raw, type Sql, sql } from '../base/sql.ts';
import { type ColumnType, classOf } from '../base/types.ts';
import type { Format } from '../statement/statement.ts';

/**
 * A value as an expression that row_to_json prints as the format says. The rules themselves are rowhouse.json_number and json_time,
 * which Postgres inlines. Reals stay numbers: a double holds them.
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
  if (type.base === 'bigint' || type.base === 'numeric') {
    return format.numbers === 'safe' ? (value) => sql`rowhouse.json_number(${value})` : undefined;
  }
  if (classOf(type) !== 'time' || !type.base.startsWith('timestamp')) return undefined;
  const style = raw(`'${format.times}'`);
  return type.base === 'timestamptz'
    ? (value) => sql`rowhouse.json_time(${value}, ${style})`
    : (value) => sql`rowhouse.json_time(${value} at time zone 'UTC', ${style})`;
}
