import { ident, sql, toText } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { columnLine, physicalColumns } from './column.ts';
import { constraints } from './constraint.ts';
import { graphObjects } from './graph.ts';
import { indexes } from './index.ts';
import { type TableObject, tableName } from './object.ts';
import { policies, rowSecurity } from './policy.ts';
import { comments, privileges } from './privileges.ts';
import { references } from './reference.ts';
import type { Step } from './step.ts';
import { triggers } from './trigger.ts';

/** Everything a table has besides its columns, in the order it is made. */
export function objectsOf(table: Table, catalog: Catalog): readonly TableObject[] {
  if (isDefinedOnly(table)) return [];
  return [
    ...constraints(table),
    ...indexes(table),
    ...comments(table),
    ...references(table, catalog),
    ...triggers(table),
    ...graphObjects(table),
    ...policies(table, catalog),
    ...privileges(table),
  ];
}

/** Whether a table is defined and has no physical table yet: there is nothing to make, change or drop. */
export function isDefinedOnly({ materialized }: Pick<Table, 'materialized'>): boolean {
  return materialized === false;
}

/** Makes a table of the catalog. Anything that can stand in CREATE TABLE does: one statement instead of many. */
export function createTable(table: Table, catalog: Catalog): Step {
  if (isDefinedOnly(table)) {
    return { class: 'safe', description: `define table ${table.name}`, forward: [], reverse: [] };
  }
  const on = tableName(table);
  const objects = objectsOf(table, catalog);
  const lines = physicalColumns(table).map((column) => toText(columnLine(column)));
  const inline = objects.flatMap((object) => object.inline ?? []);
  const body = [...lines, ...inline].join(',\n  ');
  return {
    op: 'create_table',
    class: 'safe',
    description: `create table ${table.name}`,
    forward: [
      `create table ${toText(on)} (\n  ${body}\n)`,
      ...rowSecurity(table),
      ...objects.filter(({ inline: line }) => line === undefined).flatMap(({ create }) => create),
    ],
    reverse: [...elsewhere(table, objects), toText(sql`drop table ${on}`)],
  };
}

/** Takes a table away with its rows. Other tables' references to it must be gone before. */
export function dropTable(table: Table, catalog: Catalog): Step {
  const { forward, reverse } = createTable(table, catalog);
  return {
    op: 'drop_table',
    class: 'destructive',
    description: `drop table ${table.name}`,
    forward: reverse,
    reverse: forward,
  };
}

/** The name under which a withdrawn table keeps its rows. */
export function retiredName(table: Table): string {
  return `_rowhouse_retired_${table.id}`;
}

/**
 * Withdraws a table from every role and frees its name; the rows stay for the operator. Its own references go too: nobody would see
 * why a row of another table can't be deleted.
 */
export function retireTable(table: Table, catalog: Catalog): Step {
  const open = [
    ...references(table, catalog),
    ...policies(table, catalog).filter(({ on }) => on !== table.physical),
    ...privileges(table),
  ];
  const aside = { schema: table.schema, physical: retiredName(table) };
  const rename = (from: typeof aside, to: typeof aside): string =>
    toText(sql`alter table ${tableName(from)} rename to ${ident(to.physical)}`);
  return {
    class: 'destructive',
    description: `retire table ${table.name}`,
    forward: [...open.toReversed().flatMap(({ drop }) => drop), rename(table, aside)],
    reverse: [rename(aside, table), ...open.flatMap(({ create }) => create)],
  };
}

/** Objects that a table's references put on other tables, which DROP TABLE does not take along. */
function elsewhere(table: Table, objects: readonly TableObject[]): readonly string[] {
  return objects
    .filter(({ on }) => on !== table.physical)
    .toReversed()
    .flatMap(({ drop }) => drop);
}
