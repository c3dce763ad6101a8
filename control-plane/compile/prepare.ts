import { type Catalog, withTable } from '../model/catalog.ts';
import type { Phase } from '../model/phase.ts';
import type { Table } from '../model/table.ts';
import { retypedNames } from './column.ts';
import { constraints } from './constraint.ts';
import { indexes } from './index.ts';
import type { TableObject } from './object.ts';
import { addColumns, fillColumn, proveRequired } from './prepare-columns.ts';
import { buildIndex, makeConstraint } from './prepare-objects.ts';
import { type Evolution, keyOf, type Prepared, passingName } from './prepared.ts';
import { inbound, references } from './reference.ts';
import { columnWork, isProved, isWritten, stage } from './stage.ts';
import { isDefinedOnly } from './table.ts';

/** What is to be done before the transaction that ends a change, and what that one then finds. */
export interface Preparation {
  readonly phases: readonly Phase[];
  readonly prepared: Prepared;
  /** The physical tables whose rows are read or written. */
  readonly tables: readonly string[];
}

const nothing: Preparation = {
  phases: [],
  tables: [],
  prepared: { standIns: new Map(), checks: new Map(), objects: new Map() },
};

/**
 * What a change of a table in use does ahead, so that no lock that stops readers or writers is held while rows are read or written:
 * columns are added bare and filled in batches, rules are first made for new rows and then checked, indexes are built concurrently.
 * No phase: the change is one of the catalog alone.
 */
export function prepare(evolution: Evolution): Preparation {
  const { old, next, before, after } = evolution;
  if (isDefinedOnly(old)) return nothing;
  const staged = stage(old, next);
  const around = withTable(before, staged);
  const columns = columnWork(old, staged, next);
  const was = new Set(resting(old, before).map(fingerprint));
  const retyped = retypedNames(old, next);
  const goals = resting(next, after);
  const made = resting(staged, around).flatMap((object, at) => {
    const goal = goals[at];
    if (!goal || !object.apart || object.under !== undefined) return [];
    const rebuilt = goal.pins?.some((name) => retyped.has(name));
    if (!rebuilt && was.has(fingerprint(object))) return [];
    return [{ object, goal, name: passingName(next, keyOf(goal)) }];
  });
  const light = columns.every(({ kind, is }) => kind === 'new' && !isWritten(is));
  if (light && made.length === 0) return nothing;
  const work = { ...evolution, staged, columns };
  return {
    tables: [...new Set([old.physical, ...made.map(({ object }) => object.on)])],
    phases: [
      ...addColumns(work),
      ...columns.flatMap((column) => fillColumn(work, column)),
      ...columns.flatMap((column) => proveRequired(work, column)),
      ...made.flatMap((each) => buildIndex(work, each)),
      ...made.flatMap((each) => makeConstraint(work, each)),
    ],
    prepared: {
      standIns: new Map(
        columns.filter(({ kind }) => kind !== 'required').map(({ is }) => [is.id, is.name]),
      ),
      checks: new Map(
        columns.filter(isProved).map(({ is }) => [is.id, passingName(next, `filled ${is.id}`)]),
      ),
      objects: new Map(made.map(({ goal, name }) => [keyOf(goal), name])),
    },
  };
}

/** What rests on rows. Policies don't, and what they say of columns has no meaning under passing names. */
function resting(table: Table, catalog: Catalog): readonly TableObject[] {
  return [
    ...constraints(table),
    ...indexes(table),
    ...references(table, catalog),
    ...inbound(table, catalog),
  ];
}

function fingerprint(object: TableObject): string {
  return `${keyOf(object)}\n${object.create.join(';\n')}`;
}
