import type { Table } from '../model/table.ts';
import { type PhysicalColumn, physicalColumns, textOf } from './column.ts';
import { isBinaryCompatible } from './conversion.ts';
import { passingName } from './prepared.ts';
import { withNames } from './rename.ts';

/** A column that rows have to be read or written for, or that such things are made of. */
export interface ColumnWork {
  readonly kind: 'new' | 'replaced' | 'required';
  /** As it is now; absent for a new one. */
  readonly was?: PhysicalColumn;
  /** As it is to be, under its passing name if it has one. */
  readonly is: PhysicalColumn;
  /** What its owner calls it. */
  readonly field: string;
}

/** The table as it is to be, under the names of now: a new column under its own, unless that is taken still; a replaced one under a passing name. */
export function stage(old: Table, next: Table): Table {
  const was = new Map(old.columns.map((column) => [column.id, column]));
  const taken = new Set(old.columns.map(({ name }) => name));
  return withNames(next, old, (column) => {
    const before = was.get(column.id);
    const passing = passingName(next, `column ${column.id}`);
    if (!before) return taken.has(column.name) ? passing : column.name;
    return isReplaced(old, next, column.id) ? passing : before.name;
  });
}

/** What is to be done about the columns before a change can end. */
export function columnWork(old: Table, staged: Table, next: Table): readonly ColumnWork[] {
  const before = new Map(physicalColumns(old).map((column) => [column.id, column]));
  const names = new Map(physicalColumns(next).map(({ id, name }) => [id, name]));
  return physicalColumns(staged).flatMap((is): readonly ColumnWork[] => {
    const was = before.get(is.id);
    const field = names.get(is.id) ?? is.name;
    if (!was) return [{ kind: 'new', is, field }];
    if (isReplaced(old, staged, is.id)) return [{ kind: 'replaced', was, is, field }];
    return is.notNull && !was.notNull ? [{ kind: 'required', was, is, field }] : [];
  });
}

/** Whether Postgres would write every row to add the column. */
export function isWritten({ volatile, identity }: PhysicalColumn): boolean {
  return volatile === true || identity !== undefined;
}

/** Whether a check has to prove that the column has no NULL. A new one with a constant has none. */
export function isProved({ kind, is }: ColumnWork): boolean {
  return is.notNull && (kind !== 'new' || isWritten(is));
}

function isReplaced(old: Table, next: Table, id: string): boolean {
  const was = physicalColumns(old).find((column) => column.id === id);
  const is = physicalColumns(next).find((column) => column.id === id);
  if (!was?.model || !is?.model || textOf(was.type) === textOf(is.type)) return false;
  return !isBinaryCompatible(was.model, is.model);
}
