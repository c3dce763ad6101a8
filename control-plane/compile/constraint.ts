import { ident, sql } from '../base/sql.ts';
import { flagNames, flags } from '../model/flags.ts';
import { ends, isEdgeTable } from '../model/graph.ts';
import { ownColumns } from '../model/held.ts';
import type { Column, Table, UniqueRule } from '../model/table.ts';
import { joinedName, shortName } from './names.ts';
import { columnList, constraint, type TableObject } from './object.ts';

/** Primary key, uniqueness of tables without a trash, and the checks of the columns' flags. */
export function constraints(table: Table): readonly TableObject[] {
  return [
    ...primaryKey(table),
    ...uniqueConstraints(table),
    ...jointConstraints(table),
    ...distinctEnds(table),
    ...ownColumns(table).flatMap(checksOf(table)),
  ];
}

function primaryKey(table: Table): readonly TableObject[] {
  if (table.key.length === 0) return [];
  const rule = { kind: 'unique', columns: table.key } as const;
  const text = sql`primary key ${columnList(table.key)}`;
  return [constraint(table, { kind: 'primary', name: `pkey_${table.id}`, rule, text })];
}

/** With a trash, uniqueness holds among live rows only and is a partial index: see index.ts. */
function uniqueConstraints(table: Table): readonly TableObject[] {
  if (table.features.softDelete) return [];
  return ownColumns(table)
    .filter(isUniqueBeyondKey(table))
    .map((column) =>
      constraint(table, {
        kind: 'unique',
        name: uniqueName(column, table),
        rule: { kind: 'unique', columns: [column.name] },
        text: sql`unique ${columnList([column.name])}`,
        field: column.name,
      }),
    );
}

function jointConstraints(table: Table): readonly TableObject[] {
  return (table.uniques ?? []).map((rule) =>
    constraint(table, {
      kind: 'unique',
      name: jointName(rule, table),
      rule: { kind: 'unique', columns: rule.columns },
      text: sql`unique ${columnList(rule.columns)}`,
    }),
  );
}

const endsCheck = 'ends_check';

/** An edge has two ends. */
function distinctEnds(table: Table): readonly TableObject[] {
  if (!isEdgeTable(table)) return [];
  const holds = sql`${ident(ends.from)} <> ${ident(ends.to)}`;
  const rule = { kind: 'check', holds } as const;
  const text = sql`check (${holds})`;
  return [constraint(table, { kind: 'check', name: endsCheck, rule, text, field: ends.to })];
}

function jointName({ name }: UniqueRule, table: Table): string {
  return shortName(name, `uniq_${table.id}`);
}

/** Whether a column needs uniqueness of its own: a lone key column has it already. */
export function isUniqueBeyondKey(table: Table): (column: Column) => boolean {
  return ({ name, unique }) => unique && !(table.key.length === 1 && table.key[0] === name);
}

/** Index names are unique in a schema: they carry the table's id, which a rename or retirement keeps. */
export function uniqueName(column: Column, table: Table): string {
  return shortName(column.name, `key_${table.id}`);
}

function checksOf(table: Table): (column: Column) => readonly TableObject[] {
  return (column) =>
    flagNames.flatMap((flag) => {
      const row = flags[flag];
      const rule = row.effect === 'check' ? row.check(column) : undefined;
      if (!rule) return [];
      const name = shortName(column.name, `${flag}_check`);
      return [
        constraint(table, {
          kind: 'check',
          name,
          rule: { kind: 'check', holds: rule },
          text: sql`check (${rule})`,
          field: column.name,
        }),
      ];
    });
}

/** What a constraint or unique index of a table guards, by the name Postgres reports when it is broken. */
export interface ConstraintFacts {
  readonly kind: 'primary' | 'unique' | 'check' | 'reference';
  readonly name: string;
  readonly columns: readonly string[];
}

/** The table's constraints by name: for turning a database error into one that speaks of columns. */
export function constraintFacts(table: Table): readonly ConstraintFacts[] {
  const unique = table.columns.filter(isUniqueBeyondKey(table)).map((column) => ({
    kind: 'unique' as const,
    name: uniqueName(column, table),
    columns: [column.name],
  }));
  const checks = ownColumns(table).flatMap((column) =>
    checksOf(table)(column).map(({ name }) => ({
      kind: 'check' as const,
      name,
      columns: [column.name],
    })),
  );
  const references = table.references.map(({ name, columns }) => ({
    kind: 'reference' as const,
    name,
    columns,
  }));
  const key =
    table.key.length > 0
      ? [{ kind: 'primary' as const, name: `pkey_${table.id}`, columns: table.key }]
      : [];
  const joint = (table.uniques ?? []).map((rule) => ({
    kind: 'unique' as const,
    name: jointName(rule, table),
    columns: rule.columns,
  }));
  const declared = (table.indexes ?? [])
    .filter((index) => index.unique)
    .map(({ name, columns = [] }) => ({
      kind: 'unique' as const,
      name,
      columns: columns.map((column) => column.name),
    }));
  const edges = isEdgeTable(table)
    ? [{ kind: 'check' as const, name: endsCheck, columns: Object.values(ends) }]
    : [];
  return [...key, ...unique, ...joint, ...declared, ...checks, ...edges, ...references];
}

/** A name for a reference that the definition left without one that fits. */
export function referenceName(columns: readonly string[], id: number): string {
  return joinedName(columns, `fkey_${id}`);
}
