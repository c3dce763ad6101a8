import { ident, type Sql, sql, toText } from '../base/sql.ts';
import type { Table } from '../model/table.ts';

/**
 * A named thing of a table besides its columns. A table compiles to a list of them; a change drops those that are gone or differ and
 * creates the new ones, so every kind is written once for creation, change and rollback.
 */
export interface TableObject {
  readonly kind:
    | 'search'
    | 'primary'
    | 'unique'
    | 'check'
    | 'index'
    | 'reference'
    | 'trigger'
    | 'policy'
    | 'privilege'
    | 'comment';
  /** The physical table it sits on: a reference also puts a trigger on its target. */
  readonly on: string;
  readonly name: string;
  /** For a table that has rows already. */
  readonly create: readonly string[];
  readonly drop: readonly string[];
  /** A line of CREATE TABLE in place of `create`. */
  readonly inline?: string;
  /** Columns whose type can't change while it stands. */
  readonly pins?: readonly string[];
  /** The object of the same table that takes this one along when it goes. */
  readonly under?: string;
  /** As in a step. */
  readonly conflicts?: readonly string[];
  /** The user column it comes from, for messages. */
  readonly field?: string;
}

/** A table's qualified name. */
export function tableName(table: Pick<Table, 'schema' | 'physical'>): Sql {
  return ident(table.schema, table.physical);
}

/** Column names in parentheses' order. */
export function columnList(names: readonly string[]): Sql {
  return sql`(${commas(names.map((name) => ident(name)))})`;
}

function commas(fragments: readonly Sql[]): Sql {
  return fragments.reduce((left, right) => sql`${left}, ${right}`);
}

/** A named table constraint: in line for a new table, added for one with rows. `split`: NOT VALID first, then VALIDATE. */
export function constraint(
  table: Table,
  facts: Pick<TableObject, 'kind' | 'name' | 'field'> & {
    readonly rule: Sql;
    readonly split: boolean;
  },
): TableObject {
  const { kind, name, rule, split, field } = facts;
  const on = tableName(table);
  const create = split
    ? [
        toText(sql`alter table ${on} add constraint ${ident(name)} ${rule} not valid`),
        toText(sql`alter table ${on} validate constraint ${ident(name)}`),
      ]
    : [toText(sql`alter table ${on} add constraint ${ident(name)} ${rule}`)];
  return {
    kind,
    on: table.physical,
    name,
    create,
    drop: [toText(sql`alter table ${on} drop constraint ${ident(name)}`)],
    inline: toText(sql`constraint ${ident(name)} ${rule}`),
    conflicts: ['23'],
    ...(field === undefined ? {} : { field }),
  };
}
