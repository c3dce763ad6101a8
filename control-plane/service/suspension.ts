import { ServiceError } from '../base/errors.ts';
import { referenceName } from '../compile/constraint.ts';
import { diff } from '../compile/diff.ts';
import type { Step } from '../compile/step.ts';
import { type Catalog, withTable } from '../model/catalog.ts';
import { dependentsOf } from '../model/dependents.ts';
import { type Reference, sameName, type Table } from '../model/table.ts';

/** A change as far as it is worked out. */
export interface State {
  readonly catalog: Catalog;
  readonly steps: readonly Step[];
  /** Ids of tables whose definition is to be stored anew. */
  readonly touched: ReadonlySet<number>;
}

/** Puts a table in the place of its former self. */
export function put({ catalog, steps, touched }: State, next: Table): State {
  const old = catalog.tables.find(({ id }) => id === next.id);
  const after = withTable(catalog, next);
  const made = next.materialized !== false && old ? diff(old, next, catalog, after) : [];
  return {
    catalog: after,
    steps: [...steps, ...made],
    touched: new Set([...touched, next.id]),
  };
}

/** A view shows rows whatever its reader may do with their table: it goes before the table does. @throws ServiceError has_dependents */
export function requireNoViews(tables: readonly Table[], catalog: Catalog): void {
  for (const table of tables) {
    const names = dependentsOf(catalog, table).views.map(({ name }) => name);
    if (names.length > 0) throw dependents(table, names);
  }
}

/**
 * References from active tables that stay to tables that leave: refused, or given up and remembered by the table they pointed at.
 * @throws ServiceError has_dependents naming them
 */
export function giveUp(start: State, leaving: readonly Table[], force: boolean): State {
  const leaves = (table: Table): boolean => leaving.some(({ id }) => id === table.id);
  const staying = start.catalog.tables.filter((table) => table.active !== false && !leaves(table));
  return leaving.reduce((state, target) => {
    const referring = staying.filter((table) => pointsAt(table, target));
    if (referring.length > 0 && !force) {
      throw dependents(
        target,
        referring.map(({ name }) => name),
      );
    }
    return referring.reduce((current, { id }) => suspend(current, id, target), state);
  }, start);
}

/**
 * References of tables that return to tables that don't: refused, or given up until those return.
 * @throws ServiceError has_dependents naming them
 */
export function blocked(start: State, returning: readonly Table[], force: boolean): State {
  const returns = (table: Table): boolean => returning.some(({ id }) => id === table.id);
  const absent = start.catalog.tables.filter((table) => table.active === false && !returns(table));
  return returning.reduce((state, table) => {
    const targets = absent.filter((target) => pointsAt(table, target));
    if (targets.length > 0 && !force) {
      const names = targets.map(({ name }) => name);
      const message = `'${table.name}' refers to deactivated tables: ${names.join(', ')}`;
      throw new ServiceError('has_dependents', message, { table: table.name, data: { names } });
    }
    return targets.reduce((current, target) => suspend(current, table.id, target), state);
  }, start);
}

/** Makes the references again that were given up for a table, as far as their tables and columns are still there. */
export function takeBack(start: State, table: Table): State {
  return (table.suspended ?? []).reduce((state, { table: id, reference }) => {
    const owner = state.catalog.tables.find((each) => each.id === id);
    const target = state.catalog.tables.find((each) => each.id === table.id);
    if (!owner || !target || !fits(reference, owner, target)) return state;
    const name = freeName(reference, owner, state.catalog);
    const again = { ...reference, name, target: { app: target.app, name: target.name } };
    return put(state, { ...owner, references: [...owner.references, again] });
  }, start);
}

function suspend(state: State, id: number, target: Table): State {
  const owner = state.catalog.tables.find((each) => each.id === id);
  const present = state.catalog.tables.find((each) => each.id === target.id);
  if (!owner || !present) return state;
  const given = owner.references.filter((reference) => sameName(reference.target, present));
  const kept = owner.references.filter((reference) => !given.includes(reference));
  const suspended = [
    ...(present.suspended ?? []),
    ...given.map((reference) => ({ table: id, reference })),
  ];
  return put(put(state, { ...owner, references: kept }), { ...present, suspended });
}

function pointsAt(table: Table, target: Table): boolean {
  return table.references.some((reference) => sameName(reference.target, target));
}

function fits(reference: Reference, owner: Table, target: Table): boolean {
  const has = (table: Table, names: readonly string[]): boolean =>
    names.every((name) => table.columns.some((column) => column.name === name));
  return has(owner, reference.columns) && has(target, reference.targetColumns);
}

/** Its former name, unless another reference of the tenant has got it meanwhile. */
function freeName(reference: Reference, owner: Table, catalog: Catalog): string {
  const taken = catalog.tables.some((table) =>
    table.references.some(({ name }) => name === reference.name),
  );
  return taken ? referenceName(reference.columns, owner.id) : reference.name;
}

function dependents(table: Table, names: readonly string[]): ServiceError {
  const each = [...new Set(names)];
  const message = `'${table.name}' is used by: ${each.join(', ')}`;
  return new ServiceError('has_dependents', message, { table: table.name, data: { names: each } });
}
