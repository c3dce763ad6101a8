/**
 * Rows with their related rows, found by looking at all rows in memory: said once more from the normative page. Imports nothing of the
 * product.
 */
import { holds, type Lists, type Who } from './oracle.ts';

export interface StoredRow {
  /** Texts by column; the key is `id`. */
  readonly values: { readonly [column: string]: string | null };
  readonly lists: Lists;
  readonly trashed: boolean;
}

export type House = { readonly [table: string]: readonly StoredRow[] };

/** From rows of one table to rows of another whose column `there` equals the column `here`. */
export interface Way {
  readonly table: string;
  readonly here: string;
  readonly there: string;
}

export interface Wanted {
  readonly as: string;
  readonly ways: readonly Way[];
  readonly columns: readonly string[];
  readonly within: readonly Wanted[];
  readonly many?: { readonly limit: number; readonly truncated: string };
}

type Shown = { readonly [key: string]: unknown };

/** Rows of a table that may be seen, by key. */
export function visible(who: Who, house: House, table: string): readonly StoredRow[] {
  return (house[table] ?? [])
    .filter(({ lists, trashed }) => !trashed && holds(who, lists, 'read'))
    .toSorted((a, b) => ((a.values['id'] ?? '') < (b.values['id'] ?? '') ? -1 : 1));
}

/** A row as it is shown. */
export function shown(
  who: Who,
  house: House,
  row: StoredRow,
  columns: readonly string[],
  wanted: readonly Wanted[],
): Shown {
  const keys: Record<string, unknown> = {};
  for (const column of columns) keys[column] = row.values[column] ?? null;
  for (const one of wanted) {
    const rows = one.ways.reduce<readonly StoredRow[]>(
      (near, way) =>
        visible(who, house, way.table).filter((far) =>
          near.some(({ values }) => {
            const here = values[way.here] ?? null;
            return here !== null && here === far.values[way.there];
          }),
        ),
      [row],
    );
    const all = rows.map((far) => shown(who, house, far, one.columns, one.within));
    if (one.many) {
      keys[one.as] = all.slice(0, one.many.limit);
      if (all.length > one.many.limit) keys[one.many.truncated] = true;
    } else keys[one.as] = all[0] ?? null;
  }
  return keys;
}
