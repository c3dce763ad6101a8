import type { Json } from '../base/json.ts';
import { bind, join, raw, type Sql, sql } from '../base/sql.ts';
import { type ColumnType, typeText } from '../base/types.ts';

/** A column of a recordset: a short name of our own, its type as Postgres spells it. */
export interface RecordColumn {
  readonly name: string;
  readonly type: string;
}

/** The type in which a value is sent: with offset where one may be given, which assignment then turns to UTC. */
export function sentType(type: ColumnType): string {
  return type.base === 'timestamp' ? typeText({ ...type, base: 'timestamptz' }) : typeText(type);
}

export type RecordRow = Readonly<Record<string, Json>>;

/**
 * A CTE of rows sent as one JSON parameter, numbered from 1 in column `n`. Keys are positions, never names of a caller: the text
 * depends on the columns alone.
 */
export function recordset(
  name: string,
  columns: readonly RecordColumn[],
  rows: readonly RecordRow[],
): Sql {
  // A definition list can't be empty.
  const all = [...columns, { name: 'z', type: 'int' }];
  const definitions = raw(all.map((column) => `${column.name} ${column.type}`).join(', '));
  const names = raw([...all.map((column) => column.name), 'n'].join(', '));
  const records = sql`json_to_recordset(${bind(JSON.stringify(rows))}::json) as (${definitions})`;
  return sql`${raw(name)} as materialized (select x.* from rows from (${records}) with ordinality as x (${names}))`;
}

/** A WITH clause with a space behind it. */
export function withAll(ctes: readonly Sql[]): Sql {
  return sql`with ${join(ctes)} `;
}
