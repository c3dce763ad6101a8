import { ident, type Sql, sql, toText } from '../base/sql.ts';
import type { Table } from '../model/table.ts';
import type { ObjectKind } from './step.ts';

/**
 * A named thing of a table besides its columns. A table compiles to a list of them; a change drops those that are gone or differ and
 * creates the new ones, so every kind is written once for creation, change and rollback.
 */
export interface TableObject {
  readonly kind: ObjectKind;
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
  /** What rows must meet, for counting those that don't. */
  readonly rule?: RowRule;
  /** How it is made while the table is in use; absent for what is made at once. */
  readonly apart?: Apart;
  /** The column that takes it along when it goes, where nothing else would tell. */
  readonly column?: string;
}

/** What a constraint or unique index asks of rows, in names of columns. */
export type RowRule =
  | { readonly kind: 'check'; readonly holds: Sql }
  | { readonly kind: 'unique'; readonly columns: readonly string[]; readonly among?: Sql }
  | {
      readonly kind: 'reference';
      readonly columns: readonly string[];
      readonly target: Sql;
      readonly targetColumns: readonly string[];
    };

/** What is made apart under a passing name: a constraint at first not valid, or an index concurrently. */
export type Apart =
  | { readonly kind: 'constraint'; readonly rule: Sql }
  /** `on`: method, columns and condition. */
  | { readonly kind: 'index'; readonly unique: boolean; readonly on: Sql };

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

/**
 * A named table constraint: in line for a new table, added for one with rows. A check or reference is at first NOT VALID; a key is made
 * of the index it needs.
 */
export function constraint(
  table: Table,
  facts: Pick<TableObject, 'kind' | 'name' | 'field'> & {
    readonly rule: RowRule;
    readonly text: Sql;
  },
): TableObject {
  const { kind, name, rule, text, field } = facts;
  const on = tableName(table);
  const create =
    rule.kind === 'unique'
      ? [toText(sql`alter table ${on} add constraint ${ident(name)} ${text}`)]
      : [
          toText(sql`alter table ${on} add constraint ${ident(name)} ${text} not valid`),
          toText(sql`alter table ${on} validate constraint ${ident(name)}`),
        ];
  return {
    kind,
    on: table.physical,
    name,
    create,
    drop: [toText(sql`alter table ${on} drop constraint ${ident(name)}`)],
    inline: toText(sql`constraint ${ident(name)} ${text}`),
    conflicts: ['23'],
    rule,
    apart:
      rule.kind === 'unique'
        ? { kind: 'index', unique: true, on: columnList(rule.columns) }
        : { kind: 'constraint', rule: text },
    ...(field === undefined ? {} : { field }),
  };
}
