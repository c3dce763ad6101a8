import { ServiceError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import type { Catalog } from '../../model/catalog.ts';
import { type Reference, sameName, type Table } from '../../model/table.ts';

import { refuse } from './codes.ts';
import { lookUp, nameOf } from './tables.ts';

/** What a relationship's name means, seen from a schema. Single-column references only: a child is found by one value. */
export type Relation =
  | { readonly kind: 'has_many'; readonly child: Table; readonly reference: Reference }
  | { readonly kind: 'belongs_to'; readonly target: Table; readonly reference: Reference }
  | {
      readonly kind: 'many_to_many';
      readonly far: Table;
      readonly link: Table;
      readonly near: Reference;
      readonly reach: Reference;
    };

interface Owned {
  readonly table: Table;
  readonly reference: Reference;
}

/** Section 7, in its order: owned name, referenced name, child table, table behind one link table. */
export function resolveRelation(catalog: Catalog, table: Table, name: string): Relation {
  return (
    ownedByName(catalog, table, name) ??
    referencedByName(catalog, table, name) ??
    byTable(catalog, table, name) ??
    refuse('RELATIONSHIP_NOT_FOUND', `Relationship '${name}' not found on '${nameOf(table)}'`)
  );
}

function ownedByName(catalog: Catalog, table: Table, name: string): Relation | undefined {
  const found = pointingAt(catalog, table).find(
    ({ reference: { relationship } }) =>
      relationship?.type === 'owned' && relationship.name === name,
  );
  return found && { kind: 'has_many', child: served(found.table), reference: found.reference };
}

function referencedByName(catalog: Catalog, table: Table, name: string): Relation | undefined {
  const reference = single(table).find(
    ({ relationship }) => relationship?.type === 'referenced' && relationship.name === name,
  );
  const target = reference && catalog.tables.find((each) => sameName(each, reference.target));
  return reference && target && { kind: 'belongs_to', target: served(target), reference };
}

function byTable(catalog: Catalog, table: Table, name: string): Relation | undefined {
  const far = lookUp(catalog, name);
  if (far === undefined) return undefined;
  const direct = single(far).filter(({ target }) => sameName(target, table));
  const [only] = direct;
  if (only !== undefined && direct.length === 1) {
    return { kind: 'has_many', child: served(far), reference: only };
  }
  return direct.length === 0 ? throughLink(catalog, table, far) : undefined;
}

function throughLink(catalog: Catalog, table: Table, far: Table): Relation | undefined {
  const links = pointingAt(catalog, table).flatMap(({ table: link, reference: near }) =>
    single(link)
      .filter((reach) => reach !== near && sameName(reach.target, far))
      .map((reach) => ({ link, near, reach })),
  );
  const [only] = links;
  if (only === undefined || links.length !== 1) return undefined;
  served(only.link);
  return { kind: 'many_to_many', far: served(far), ...only };
}

function pointingAt(catalog: Catalog, target: Table): readonly Owned[] {
  return catalog.tables.flatMap((table) =>
    single(table)
      .filter((reference) => sameName(reference.target, target))
      .map((reference) => ({ table, reference })),
  );
}

function single(table: Table): readonly Reference[] {
  return table.references.filter(({ columns }) => columns.length === 1);
}

function served(table: Table): Table {
  if (table.status !== 'disabled') return table;
  return refuse('SCHEMA_DISABLED', `Schema '${nameOf(table)}' is disabled`);
}

/** The only column of a reference and the one it points at. */
export function ends(reference: Reference): { readonly from: string; readonly to: string } {
  const [from = ''] = reference.columns;
  const [to = ''] = reference.targetColumns;
  return { from, to };
}

/** The value by which a row's children know it; none without one. */
export function linked(value: Json): Json {
  if (value !== null) return value;
  throw new ServiceError('reference_violation', 'The record has no value to refer to');
}
