import type { Catalog } from '../../model/catalog.ts';
import type { Table } from '../../model/table.ts';
import type { OutputItem, Related } from '../../statement/output.ts';
import type { DialectRequest } from '../dialect.ts';
import { refuse } from './errors.ts';
import { findRelation, type Relation, relationsOf, userColumnsOf } from './relations.ts';
import { wholeRow } from './rows.ts';

/** Paths of one request, relations of one path, and rows shown of each parent. */
const mostPaths = 10;
const deepest = 3;
const mostRows = 1000;

/** What stands in the place of a value, or beside the columns, under the key `as`. */
export interface Populated {
  readonly as: string;
  readonly item: OutputItem;
  /** Columns of the row that it is found by. */
  readonly columns: readonly string[];
}

/** Names under names. */
type Tree = ReadonlyMap<string, Tree>;

/**
 * `populate=a,b.c` or `*`. Rows of other tables are whole rows as those tables show them.
 * @throws ServiceError relation_not_found naming the path; limit_exceeded
 */
export function parsePopulate(
  query: DialectRequest['query'],
  table: Table,
  catalog: Catalog,
): readonly Populated[] {
  const paths = new Set(
    (query.get('populate') ?? [])
      .flatMap((text) => text.split(','))
      .map((path) => path.trim())
      .filter((path) => path !== ''),
  );
  if (paths.size > mostPaths) {
    refuse(`populate takes at most ${mostPaths} paths`, 'populate', 'limit_exceeded');
  }
  const tree = new Map<string, Tree>();
  for (const path of paths) {
    if (path === '*') for (const name of forwardNames(table, catalog)) plant(tree, [name]);
    else plant(tree, segmentsOf(path));
  }
  return populated(tree, table, catalog, []);
}

function segmentsOf(path: string): readonly string[] {
  const segments = path.split('.');
  if (segments.length > deepest) {
    refuse(`populate: ${path} is deeper than ${deepest}`, 'populate', 'limit_exceeded');
  }
  return segments;
}

function plant(tree: Map<string, Tree>, [name, ...rest]: readonly string[]): void {
  if (name === undefined) return;
  const below = new Map(tree.get(name) ?? []);
  plant(below, rest);
  tree.set(name, below);
}

/** All forward foreign keys, each by its shortest name. */
function forwardNames(table: Table, catalog: Catalog): readonly string[] {
  const names = new Map<string, string>();
  for (const { kind, name, hops } of relationsOf(table, catalog)) {
    const reference = hops[0]?.reference ?? '';
    const known = names.get(reference);
    if (kind === 'forward' && (known === undefined || name.length < known.length)) {
      names.set(reference, name);
    }
  }
  return [...names.values(), ...userColumnsOf(table).map((column) => shortName(column, table))];
}

function populated(
  tree: Tree,
  table: Table,
  catalog: Catalog,
  above: readonly string[],
): readonly Populated[] {
  return [...tree].map(([name, below]) => {
    const path = [...above, name];
    const relation = findRelation(table, name, catalog);
    if (relation && relation.table.materialized !== false) {
      return related(relation, populated(below, relation.table, catalog, path), table, catalog);
    }
    const user = below.size === 0 ? userColumn(name, table) : undefined;
    if (user === undefined) return unknown(path);
    const item = { kind: 'member', name: user, member: 'id', as: name } as const;
    return { as: name, item, columns: [user] };
  });
}

function related(
  { name, kind, hops, table: far }: Relation,
  within: readonly Populated[],
  near: Table,
  catalog: Catalog,
): Populated {
  const item: Related = {
    kind: 'related',
    hops,
    as: name,
    items: withPopulated(wholeRow(far), within),
    ...(kind === 'forward' ? {} : { many: { limit: mostRows, truncated: `${name}__truncated` } }),
  };
  const [first] = hops;
  const owner = kind === 'forward' ? [near] : catalog.tables;
  const reference = owner
    .flatMap(({ references }) => references)
    .find((each) => each.name === first?.reference);
  const columns = kind === 'forward' ? reference?.columns : reference?.targetColumns;
  return { as: name, item, columns: columns ?? [] };
}

/** Populated keys in the place of the values of their name, or behind the columns. */
export function withPopulated(
  items: readonly OutputItem[],
  found: readonly Populated[],
): readonly OutputItem[] {
  const byName = new Map(found.map(({ as, item }) => [as, item]));
  const placed = items.map((item) => {
    const instead = item.kind === 'column' ? byName.get(item.name) : undefined;
    if (!instead || item.kind !== 'column') return item;
    byName.delete(item.name);
    return instead;
  });
  return [...placed, ...byName.values()];
}

/** The column of a principal's sub, by its own name or the one without `_id`. */
function userColumn(name: string, table: Table): string | undefined {
  return userColumnsOf(table).find(
    (column) =>
      table.columns.some((each) => each.name === column) &&
      (column === name || shortName(column, table) === name),
  );
}

function shortName(column: string, table: Table): string {
  const short = column.endsWith('_id') ? column.slice(0, -'_id'.length) : '';
  return short !== '' && !table.columns.some(({ name }) => name === short) ? short : column;
}

function unknown(path: readonly string[]): never {
  return refuse(`populate: no such relation ${path.join('.')}`, 'populate');
}
