import { bind, ident, type Sql, sql } from '../base/sql.ts';
import { heldValue } from '../model/held.ts';
import type { Table } from '../model/table.ts';

/** Where the columns of a row are found: those that are held within their holder. `own`: the columns Postgres has. */
export function columnsOver(table: Table, own: (name: string) => Sql): (name: string) => Sql {
  const { holder } = table;
  if (holder === undefined) return own;
  return (name) => {
    const column = table.columns.find((each) => each.name === name);
    return column?.held === undefined ? own(name) : heldValue(column, own(holder));
  };
}

/** The column of Postgres that a column is, or lies in. */
export function ownColumn(table: Table, name: string): string {
  const held = table.columns.find((column) => column.name === name)?.held;
  return held === undefined ? name : (table.holder ?? name);
}

/** What a row holds besides its declared columns, without some keys: a jsonb object. */
export function undeclared(table: Table, holder: Sql, but: readonly string[]): Sql {
  const declared = table.columns.flatMap(({ held }) => held ?? []);
  const keys = [...new Set([...declared, ...but])];
  return sql`(${holder} - ${bind(keys)}::text[])`;
}

/** The holder after an update: what is sent takes the place of what is there, the rest stays. */
export function heldAfter(holder: string, sent: Sql): Sql {
  return sql`t.${ident(holder)} || ${sent}`;
}
