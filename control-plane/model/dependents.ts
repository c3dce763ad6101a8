import type { Catalog } from './catalog.ts';
import { type Reference, sameName, type Table } from './table.ts';

/** What stands on a relation: foreign keys of other tables, and views, those over views included. */
export interface Dependents {
  readonly references: readonly { readonly table: Table; readonly reference: Reference }[];
  /** In an order in which they can be dropped. */
  readonly views: readonly Table[];
}

/** What would go with a relation. */
export function dependentsOf(catalog: Catalog, table: Table): Dependents {
  const references = catalog.tables
    .filter(({ id }) => id !== table.id)
    .flatMap((other) =>
      other.references
        .filter(({ target }) => sameName(target, table))
        .map((reference) => ({ table: other, reference })),
    );
  const views: Table[] = [];
  const collect = (id: number): void => {
    for (const view of catalog.tables) {
      if (!view.view?.reads.includes(id) || views.includes(view)) continue;
      collect(view.id);
      if (!views.includes(view)) views.push(view);
    }
  };
  collect(table.id);
  return { references, views };
}
