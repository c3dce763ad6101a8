import { compositeText, isComposite } from '../base/composite.ts';
import { type Json, type JsonObject, memberOf, setMember } from '../base/json.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import type { Insert, NewRow, Update, Upsert } from '../statement/statement.ts';

/** A write with ranges and points as Postgres spells them. What has none of their forms stays, to be refused with the other faults. */
export function spelled<T extends Insert | Upsert | Update>(statement: T, catalog: Catalog): T {
  const table = findTable(catalog, statement.table);
  if (!table?.columns.some(({ type }) => isComposite(type))) return statement;
  return statement.kind === 'update'
    ? { ...statement, changes: spelledRows(statement.changes, table) }
    : { ...statement, rows: spelledRows(statement.rows, table) };
}

/** The same for rows alone. */
export function spelledRows(rows: readonly NewRow[], table: Table): readonly NewRow[] {
  const composite = table.columns.filter(({ type }) => isComposite(type));
  if (composite.length === 0) return rows;
  return rows.map((row) => {
    const values: Record<string, Json> = {};
    for (const { name, type } of composite) {
      const value = memberOf(row.values, name) ?? null;
      const text = value === null ? undefined : compositeText(value, type);
      if (text !== undefined) setMember(values, name, text);
    }
    return { ...row, values: { ...row.values, ...values } satisfies JsonObject };
  });
}
