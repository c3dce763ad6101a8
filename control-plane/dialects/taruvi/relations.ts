import { type Catalog, findTable } from '../../model/catalog.ts';
import { type Reference, sameName, type Table, type TableName } from '../../model/table.ts';
import type { Hop } from '../../statement/predicate.ts';

/** Rows of another table that belong to a row of this one. */
export interface Relation {
  readonly name: string;
  /** `forward`: one row at most, along a foreign key of this table; `many` goes through a table of pairs. */
  readonly kind: 'forward' | 'reverse' | 'many';
  readonly hops: readonly Hop[];
  readonly table: Table;
  /** Forward: the column that points there. */
  readonly column?: string;
}

/**
 * The relations of a table by name. Forward ones go by their column, and by the column without `_id`; reverse ones by the other table,
 * with `!column` where several columns of it point here; those through a table of pairs by the far table. The first of a name counts.
 */
export function relationsOf(table: Table, catalog: Catalog): readonly Relation[] {
  const children = catalog.tables.filter(isServed).map((child) => ({
    child,
    pointing: child.references.filter(({ target, columns }) => {
      return columns.length === 1 && sameName(target, table);
    }),
  }));
  const all = [
    ...table.references.flatMap((reference) => forward(reference, catalog)),
    ...children.flatMap(({ child, pointing }) => reverse(child, pointing, table)),
    ...children.flatMap(({ child, pointing }) => many(child, pointing, table, catalog)),
  ];
  return [
    ...new Map(all.toReversed().map((relation) => [relation.name, relation])).values(),
  ].reverse();
}

function isServed({ active, materialized, status }: Table): boolean {
  return active !== false && materialized !== false && status !== 'disabled';
}

function forward(reference: Reference, catalog: Catalog): readonly Relation[] {
  const [column, ...others] = reference.columns;
  const target = findTable(catalog, reference.target);
  if (column === undefined || others.length > 0 || !target || !isServed(target)) return [];
  const hops = [{ reference: reference.name, direction: 'forward' as const }];
  const names =
    column.length > 3 && column.endsWith('_id') ? [column, column.slice(0, -3)] : [column];
  return names.map((name) => ({ name, kind: 'forward', hops, table: target, column }));
}

function reverse(
  child: Table,
  pointing: readonly Reference[],
  near: TableName,
): readonly Relation[] {
  const plain = nameFrom(child, near);
  return pointing.map(({ name, columns }) => ({
    name: pointing.length === 1 ? plain : `${plain}!${columns[0]}`,
    kind: 'reverse',
    hops: [{ reference: name, direction: 'reverse' }],
    table: child,
  }));
}

/** Through a table that holds two foreign keys and so pairs two rows. */
function many(
  pairs: Table,
  pointing: readonly Reference[],
  near: TableName,
  catalog: Catalog,
): readonly Relation[] {
  if (pairs.references.length !== 2) return [];
  return pointing.flatMap((back) => {
    const onward = pairs.references.find((each) => each !== back);
    const far = onward && findTable(catalog, onward.target);
    if (onward?.columns.length !== 1 || !far || !isServed(far)) return [];
    const plain = nameFrom(far, near);
    return [
      {
        name: pointing.length === 1 ? plain : `${plain}!${onward.columns[0]}`,
        kind: 'many' as const,
        hops: [
          { reference: back.name, direction: 'reverse' as const },
          { reference: onward.name, direction: 'forward' as const },
        ],
        table: far,
      },
    ];
  });
}

/** A table of another app is named with it. */
function nameFrom(table: TableName, near: TableName): string {
  return table.app === near.app ? table.name : `${table.app}:${table.name}`;
}
