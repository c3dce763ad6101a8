import { literal, raw, type Sql, sql } from '../base/sql.ts';
import { type ColumnType, classOf } from '../base/types.ts';
import { typeName } from './flags.ts';
import type { Column, Table } from './table.ts';

/**
 * The value of a held column as its type has it; `holder` is the jsonb it lies in. Missing and null are NULL. The rules of the table keep
 * values that are none of the type out, so that no cast fails on a row that the reader can't see.
 */
export function heldValue({ held = '', type }: Column, holder: Sql): Sql {
  const key = literal(held);
  // JSON writes an integer as 3.0 too.
  const number = isInteger(type);
  if (type.array) {
    const items = sql`rowhouse.held_items(${holder} -> ${key})`;
    return sql`(${items}${raw(number ? '::numeric[]' : '')}::${typeName(type)})`;
  }
  const text = sql`(${holder} ->> ${key})`;
  switch (type.base) {
    case 'jsonb':
      return sql`(${holder} -> ${key})`;
    case 'date':
      return sql`rowhouse.held_date(${text})`;
    case 'timestamptz':
      return sql`rowhouse.held_time(${text})`;
    default:
      return classOf(type) === 'text'
        ? text
        : sql`(${text}${raw(number ? '::numeric' : '')}::${typeName(type)})`;
  }
}

function isInteger({ base }: ColumnType): boolean {
  return ['smallint', 'integer', 'bigint'].includes(base);
}

/** Columns that Postgres has as such. */
export function ownColumns({ columns }: Pick<Table, 'columns'>): readonly Column[] {
  return columns.filter(({ held }) => held === undefined);
}

/** Columns that lie in the holder. */
export function heldColumns({ columns }: Pick<Table, 'columns'>): readonly Column[] {
  return columns.filter(({ held }) => held !== undefined);
}
