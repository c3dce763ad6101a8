import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { Catalog } from '../../model/catalog.ts';
import { isEdgeTable } from '../../model/graph.ts';
import { type Reference, sameName, type Table } from '../../model/table.ts';
import type { Hop } from '../../statement/predicate.ts';

/** A way from the rows of a table to rows of another, by the name clients know it under. */
export interface Relation {
  readonly name: string;
  /** `many`: through a junction table. */
  readonly kind: 'forward' | 'reverse' | 'many';
  readonly hops: readonly Hop[];
  /** The far table. */
  readonly table: Table;
  /** Forward over one column: that column. */
  readonly column?: string;
}

/**
 * The relations of a table. Forward: the foreign key's column, and the column without `_id`. Reverse: the child's name, or
 * `child!column` where the child refers here more than once. Many-to-many: the far table's name over a junction table of exactly two
 * references, or `far!junction` where that name is taken. `reverseRelationships` and `manyToManyRelationships` of the schema rename.
 */
export function relationsOf(table: Table, catalog: Catalog): readonly Relation[] {
  const forward = table.references.flatMap((reference) => forwardOf(reference, table, catalog));
  const taken = new Set([...table.columns, ...forward].map(({ name }) => name));
  const children = catalog.tables.filter((child) => child.active !== false && !isEdgeTable(child));
  const reverse = children.flatMap((child) => reverseOf(child, table));
  for (const { name } of reverse) taken.add(name);
  const many = children.flatMap((child) => manyOf(child, table, catalog));
  const counts = new Map<string, number>();
  for (const { name } of many) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [
    ...forward,
    ...reverse,
    ...many.map(({ given, junction, ...relation }) => {
      const free = given || ((counts.get(relation.name) ?? 0) < 2 && !taken.has(relation.name));
      return free ? relation : { ...relation, name: `${relation.name}!${junction}` };
    }),
  ];
}

/** The relation of this name, or undefined. */
export function findRelation(table: Table, name: string, catalog: Catalog): Relation | undefined {
  return relationsOf(table, catalog).find((relation) => relation.name === name);
}

/** Columns that hold the sub of a principal: foreign keys to `auth_user`, of which there is no table. */
export function userColumnsOf({ document }: Pick<Table, 'document'>): readonly string[] {
  const keys = document?.['foreignKeys'];
  if (!Array.isArray(keys)) return [];
  return keys.flatMap((key: Json) => {
    if (!isObject(key) || !isObject(key['reference'] ?? null)) return [];
    const { resource } = key['reference'] as JsonObject;
    const fields = key['fields'];
    const [column] = Array.isArray(fields) ? fields : [fields];
    return resource === 'auth_user' && typeof column === 'string' ? [column] : [];
  });
}

function tableOf({ target }: Reference, catalog: Catalog): Table | undefined {
  return catalog.tables.find((table) => sameName(table, target) && table.active !== false);
}

function forwardOf(reference: Reference, from: Table, catalog: Catalog): readonly Relation[] {
  const table = tableOf(reference, catalog);
  const [column, more] = reference.columns;
  if (!table || column === undefined) return [];
  const hops: readonly Hop[] = [{ reference: reference.name, direction: 'forward' }];
  if (more !== undefined) {
    return [{ name: reference.columns.join('_'), kind: 'forward', hops, table }];
  }
  const own: Relation = { name: column, kind: 'forward', hops, table, column };
  const short = column.endsWith('_id') ? column.slice(0, -'_id'.length) : '';
  const free = short !== '' && !from.columns.some(({ name }) => name === short);
  return free ? [own, { ...own, name: short }] : [own];
}

function reverseOf(child: Table, parent: Table): readonly Relation[] {
  const references = child.references.filter(({ target }) => sameName(target, parent));
  return references.map((reference) => {
    const column = reference.columns.join(',');
    const plain = child.app === parent.app ? child.name : `${child.app}:${child.name}`;
    const usual = references.length === 1 ? plain : `${plain}!${column}`;
    const name = renamed(parent, 'reverseRelationships', usual, [child.name, column]) ?? usual;
    const hops: readonly Hop[] = [{ reference: reference.name, direction: 'reverse' }];
    return { name, kind: 'reverse', hops, table: child };
  });
}

/** `given`: the schema names it. */
type Many = Relation & { readonly given: boolean; readonly junction: string };

function manyOf(junction: Table, near: Table, catalog: Catalog): readonly Many[] {
  const { references } = junction;
  // What refers to itself joins nothing.
  const own = references.some(({ target }) => sameName(target, junction));
  if (references.length !== 2 || own) return [];
  return references.flatMap((from, at): readonly Many[] => {
    const to = references[1 - at];
    const table = to && tableOf(to, catalog);
    if (!to || !table || !sameName(from.target, near)) return [];
    const hops: readonly Hop[] = [
      { reference: from.name, direction: 'reverse' },
      { reference: to.name, direction: 'forward' },
    ];
    // A table joined with itself: by the column that leads on.
    const usual = sameName(table, near) ? `${table.name}!${to.columns.join(',')}` : table.name;
    const name = renamed(near, 'manyToManyRelationships', usual, [table.name, junction.name]);
    const facts = { kind: 'many', hops, table, junction: junction.name } as const;
    return [{ ...facts, name: name ?? usual, given: name !== undefined }];
  });
}

/**
 * The name that a schema gives a relation: `{"<usual name>": "<name>"}`, or a list of `{"name", "resource", "field"?, "through"?}` where
 * `resource` is the far table and the other the column or junction that tells several apart.
 */
function renamed(
  { document }: Table,
  key: 'reverseRelationships' | 'manyToManyRelationships',
  usual: string,
  [resource, by]: readonly [resource: string, by: string],
): string | undefined {
  const names = document?.[key];
  if (names !== undefined && isObject(names)) {
    const name = names[usual];
    return typeof name === 'string' ? name : undefined;
  }
  if (!Array.isArray(names)) return undefined;
  for (const entry of names as readonly Json[]) {
    if (!isObject(entry) || typeof entry['name'] !== 'string') continue;
    const via = entry['field'] ?? entry['through'];
    if (entry['resource'] === resource && (via === undefined || via === by)) return entry['name'];
  }
  return undefined;
}
