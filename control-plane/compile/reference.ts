import { raw, type Sql, sql } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { hidesDeleted, type Reference, sameName, type Table } from '../model/table.ts';
import { columnList, constraint, type TableObject, tableName } from './object.ts';
import { trigger } from './trigger.ts';

/** What the references of a table make: foreign keys, the check that hides what can't be read, and relationship triggers. */
export function references(table: Table, catalog: Catalog): readonly TableObject[] {
  return table.references.flatMap((reference) => {
    const target = targetOf(reference, table, catalog);
    // Nothing stands on what is only defined.
    return target && table.materialized !== false && target.materialized !== false
      ? [
          foreignKey(reference, table, target),
          ...visibilityChecks(reference, table, target),
          ...relationshipTriggers(reference, table, target),
        ]
      : [];
  });
}

/** What references of other tables put on or say of this one. */
export function inbound(table: Table, catalog: Catalog): readonly TableObject[] {
  return catalog.tables
    .filter((other) => other.id !== table.id)
    .flatMap((other) =>
      references(
        { ...other, references: other.references.filter(({ target }) => sameName(target, table)) },
        catalog,
      ),
    );
}

/** The table a reference points at, which may be its own. */
export function targetOf(reference: Reference, table: Table, catalog: Catalog): Table | undefined {
  // Deactivated ones too: their foreign keys stand.
  return sameName(reference.target, table)
    ? table
    : catalog.tables.find((each) => sameName(each, reference.target));
}

function foreignKey(reference: Reference, table: Table, target: Table): TableObject {
  const points = sql`${columnList(reference.columns)} references ${tableName(target)} ${columnList(reference.targetColumns)}`;
  const events = sql`on delete ${actions[reference.onDelete]} on update ${actions[reference.onUpdate]}`;
  const [field] = reference.columns;
  return constraint(table, {
    kind: 'reference',
    name: reference.name,
    rule: {
      kind: 'reference',
      columns: reference.columns,
      target: tableName(target),
      targetColumns: reference.targetColumns,
    },
    text: sql`foreign key ${points} ${events}`,
    ...(field === undefined ? {} : { field }),
  });
}

const actions: Readonly<Record<Reference['onDelete'], Sql>> = {
  'no action': raw('no action'),
  restrict: raw('restrict'),
  cascade: raw('cascade'),
  'set null': raw('set null'),
  'set default': raw('set default'),
};

/**
 * A row the caller can't read must look like one that is not there: only targets whose rows are hidden one by one need it. The name begins
 * with a digit so that it sorts before Postgres' own `RI_ConstraintTrigger…`: one and the same refusal, whichever of the two it is.
 */
function visibilityChecks(
  reference: Reference,
  table: Table,
  target: Table,
): readonly TableObject[] {
  if (target.access === 'grants' && !hidesDeleted(target)) return [];
  const args = [
    reference.name,
    target.physical,
    JSON.stringify(reference.columns),
    JSON.stringify(reference.targetColumns),
  ];
  return (['insert', 'update'] as const).map((event) =>
    trigger(table, {
      order: '0600_reference',
      of: `${reference.name}_${event}`,
      when: `after ${event}`,
      tables: event === 'insert' ? 'new' : 'both',
      each: 'row',
      call: 'check_reference',
      args,
    }),
  );
}

/** On the parent: trashing it takes the children along, or is stopped by them. */
function relationshipTriggers(
  reference: Reference,
  table: Table,
  target: Table,
): readonly TableObject[] {
  const { relationship } = reference;
  const [column, more] = reference.columns;
  const [parentColumn] = reference.targetColumns;
  if (!relationship || column === undefined || parentColumn === undefined || more !== undefined)
    return [];
  const bound = relationship.cascade || relationship.required;
  // Without a trash on both sides the foreign key's own action is all there is.
  if (!bound || !target.features.softDelete || !table.features.softDelete) return [];
  return [
    trigger(target, {
      order: '_700_children',
      of: reference.name,
      when: 'after update',
      tables: 'both',
      each: 'statement',
      call: 'cascade_trash',
      args: [table.physical, column, parentColumn, relationship.cascade ? 'cascade' : 'required'],
    }),
  ];
}
