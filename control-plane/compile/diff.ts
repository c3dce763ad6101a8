import type { Catalog } from '../model/catalog.ts';
import type { DataLoss } from '../model/definition.ts';
import type { Table } from '../model/table.ts';
import { changeColumns } from './alter.ts';
import { physicalColumns, retypedNames } from './column.ts';
import type { TableObject } from './object.ts';
import { finishObject, keyOf, type Prepared } from './prepared.ts';
import { breakers, rowsAsIf } from './probe.ts';
import { inbound } from './reference.ts';
import { renameTable } from './rename.ts';
import type { Step } from './step.ts';
import { createTable, isDefinedOnly, objectsOf } from './table.ts';

export interface DiffOptions {
  /** What stored values may lose; absent: as `dropped`. */
  readonly loss?: DataLoss;
  /** What is there already, made while the table was in use. */
  readonly prepared?: Prepared;
}

/**
 * What takes a table from one definition to another: renames, then what must go, the columns, and what is new. `before` and `after`
 * are the catalogs around it: references of other tables to this one are part of the change.
 */
export function diff(
  old: Table,
  next: Table,
  before: Catalog,
  after: Catalog,
  { loss = 'dropped', prepared }: DiffOptions = {},
): readonly Step[] {
  const refused = refusals(old, next);
  if (refused.length > 0) return refused;
  if (isDefinedOnly(old)) return materialize(next, after);
  const { table: from, catalog, steps } = renameTable(old, next, before);
  const was = [...objectsOf(from, catalog), ...inbound(from, catalog)];
  const is = [...objectsOf(next, after), ...inbound(next, after)];
  const retyped = retypedNames(from, next);
  const replaced = new Set(
    physicalColumns(from)
      .filter(({ id }) => prepared?.standIns.has(id))
      .map(({ name }) => name),
  );
  const alike = (object: TableObject, others: ReadonlyMap<string, string>): boolean =>
    others.get(keyOf(object)) === object.create.join(';\n') &&
    !prepared?.objects.has(keyOf(object)) &&
    !replaced.has(object.column ?? '') &&
    !(object.pins ?? []).some((name) => retyped.has(name));
  const stays = (object: TableObject, others: ReadonlyMap<string, string>): boolean =>
    alike(object, others) &&
    [...was, ...is].every(
      (one) => one.on !== object.on || one.name !== object.under || alike(one, others),
    );
  const wasByKey = byKey(was);
  const isByKey = byKey(is);
  return [
    ...steps,
    ...was
      .filter((object) => !stays(object, isByKey))
      .toReversed()
      .map((object) => dropObject(object)),
    ...changeColumns({ old, from, next, loss, ...(prepared ? { prepared } : {}) }),
    ...is
      .filter((object) => !stays(object, wasByKey))
      .map((object) => createObject(object, old, next, prepared)),
  ];
}

/** The physical table of a definition, with what references of others were waiting to put on it. */
function materialize(next: Table, after: Catalog): readonly Step[] {
  if (isDefinedOnly(next)) return [];
  return [
    createTable(next, after),
    ...inbound(next, after).map((object) => createObject(object, next, next)),
  ];
}

function byKey(objects: readonly TableObject[]): ReadonlyMap<string, string> {
  return new Map(objects.map((object) => [keyOf(object), object.create.join(';\n')]));
}

/** Without its key a table loses what its rows were known by. */
function dropObject({ create, drop, kind, name, field }: TableObject): Step {
  return {
    op: `drop_${kind}`,
    class: kind === 'primary' ? 'destructive' : 'safe',
    description: kind === 'primary' ? 'replace the primary key' : `drop ${kind} ${name}`,
    forward: drop,
    reverse: create,
    ...(field === undefined ? {} : { field }),
  };
}

function createObject(object: TableObject, old: Table, next: Table, prepared?: Prepared): Step {
  const { create, drop, kind, name, field, conflicts, rule } = object;
  const own = object.on === next.physical;
  return {
    op: `add_${kind}`,
    class: 'safe',
    description: `create ${kind} ${name}`,
    forward: (prepared && finishObject(object, next, prepared)) ?? create,
    reverse: drop,
    ...(field === undefined ? {} : { field }),
    ...(conflicts ? { conflicts } : {}),
    ...(rule && own ? { misfits: breakers(rule, rowsAsIf(old, next)) } : {}),
  };
}

/** Changes that have no meaning for stored rows. */
function refusals(old: Table, next: Table): readonly Step[] {
  const fixed = ['kind', 'provider', 'schema'] as const;
  return fixed
    .filter((part) => old[part] !== next[part])
    .map((part) => ({
      op: 'change_table',
      class: 'refused',
      description: `change ${part} of table ${old.name}`,
      forward: [],
      reverse: [],
      field: part,
    }));
}
