import type { App } from './app.ts';
import type { Policy } from './policy.ts';
import type { Role } from './role.ts';
import { type Reference, sameName, type Table, type TableName } from './table.ts';

/** A tenant's definitions at one version. Immutable; a definition makes the next version. */
export interface Catalog {
  readonly tenant: string;
  /** Postgres schema and role of the tenant: `t_<slug>`. */
  readonly schema: string;
  readonly version: number;
  /** Tables and views, without those deactivated. */
  readonly tables: readonly Table[];
  /** Deactivated tables: nobody reaches them, but their names are taken and their foreign keys stand. */
  readonly inactive?: readonly Table[];
  readonly apps?: readonly App[];
  readonly enums?: readonly NamedValues[];
  readonly roles?: readonly Role[];
  readonly policies?: readonly Policy[];
}

/** An enumerated type of the tenant. */
export interface NamedValues {
  readonly name: string;
  readonly values: readonly string[];
}

/** The table of this app and name, or undefined; never one that is deactivated. */
export function findTable({ tables }: Catalog, { app, name }: TableName): Table | undefined {
  let found = byName.get(tables);
  if (found === undefined) {
    found = new Map();
    // The first of a name counts.
    for (const table of tables.toReversed()) {
      if (table.active !== false) found.set(keyOf(table), table);
    }
    byName.set(tables, found);
  }
  return found.get(keyOf({ app, name }));
}

/** Catalogs are immutable, and a request looks up several tables: of thousands as quickly as of two. */
const byName = new WeakMap<Catalog['tables'], Map<string, Table>>();

/** No name holds a NUL. */
function keyOf({ app, name }: TableName): string {
  return `${app}\0${name}`;
}

/** The catalog with deactivated tables among the others: what definitions are worked out against, for their foreign keys stand. */
export function whole(catalog: Catalog): Catalog {
  const { inactive = [] } = catalog;
  return inactive.length === 0
    ? catalog
    : { ...catalog, tables: [...catalog.tables, ...inactive], inactive: [] };
}

/** An exact match wins, else the only one that differs by case alone. */
export function nearestName<T extends { readonly name: string }>(
  all: readonly T[],
  name: string,
): T | undefined {
  const exact = all.find((each) => each.name === name);
  if (exact) return exact;
  const near = all.filter((each) => each.name.toLowerCase() === name.toLowerCase());
  return near.length === 1 ? near[0] : undefined;
}

/** The catalog with deactivated tables apart. */
export function parted(catalog: Catalog): Catalog {
  const inactive = catalog.tables.filter(({ active }) => active === false);
  return {
    ...catalog,
    tables: catalog.tables.filter(({ active }) => active !== false),
    inactive: [...(catalog.inactive ?? []), ...inactive],
  };
}

/** The catalog with one more table, or with a table changed: references to it follow its new name and columns. */
export function withTable(catalog: Catalog, next: Table): Catalog {
  const old = catalog.tables.find((table) => table.id === next.id);
  if (!old) return { ...catalog, tables: [...catalog.tables, next] };
  const names = new Map(old.columns.map(({ id, name }) => [name, nameOf(next, id) ?? name]));
  const retarget = (reference: Reference): Reference =>
    sameName(reference.target, old)
      ? {
          ...reference,
          target: { app: next.app, name: next.name },
          targetColumns: reference.targetColumns.map((name) => names.get(name) ?? name),
        }
      : reference;
  return {
    ...catalog,
    tables: catalog.tables.map((table) =>
      table.id === next.id ? next : retargeted(table, old, retarget),
    ),
  };
}

/** The catalog without a table; references to it are gone, the columns that held them stay. */
export function withoutTable(catalog: Catalog, gone: Table): Catalog {
  return {
    ...catalog,
    tables: catalog.tables
      .filter((table) => table.id !== gone.id)
      .map((table) =>
        pointsAt(table, gone)
          ? { ...table, references: table.references.filter((r) => !sameName(r.target, gone)) }
          : table,
      ),
  };
}

function retargeted(table: Table, old: Table, retarget: (one: Reference) => Reference): Table {
  return pointsAt(table, old) ? { ...table, references: table.references.map(retarget) } : table;
}

function pointsAt(table: Table, target: TableName): boolean {
  return table.references.some((reference) => sameName(reference.target, target));
}

function nameOf(table: Table, id: string): string | undefined {
  return table.columns.find((column) => column.id === id)?.name;
}
