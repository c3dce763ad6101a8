import { createHash } from 'node:crypto';
import { ident, literal, type Sql, sql, toText } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { DataLoss } from '../model/definition.ts';
import type { Table } from '../model/table.ts';
import type { PhysicalColumn } from './column.ts';
import { type TableObject, tableName } from './object.ts';
import { moveObject } from './rename.ts';

/** A change of a table in use. */
export interface Evolution {
  readonly old: Table;
  readonly next: Table;
  readonly before: Catalog;
  readonly after: Catalog;
  readonly loss: DataLoss;
}

/** What a change of a table in use has made ready, under passing names, for the transaction that ends it. */
export interface Prepared {
  /** Columns that are new, or take the place of one of another type: the name each was made under, by its id. */
  readonly standIns: ReadonlyMap<string, string>;
  /** Columns known to have no NULL: the check that proves it, by the column's id. */
  readonly checks: ReadonlyMap<string, string>;
  /** Constraints and indexes: the name each was made under, by its key. */
  readonly objects: ReadonlyMap<string, string>;
}

/** What an object is known by on both sides of a change. */
export function keyOf({ on, kind, name }: TableObject): string {
  return `${kind} ${on}\n${name}`;
}

/** A name for something on its way. One change of a table runs at a time, so the table's id and what it is for are enough. */
export function passingName(table: Pick<Table, 'id'>, what: string): string {
  const hash = createHash('sha256').update(what).digest('hex').slice(0, 12);
  return `_rowhouse_next_${table.id}_${hash}`;
}

/** Names of what keeps a stand-in in step with the column it stands for. */
export function syncName(table: Pick<Table, 'id'>, column: PhysicalColumn): string {
  return `_990${passingName(table, `sync ${column.id}`)}`;
}

/** The sequence that numbers rows of a column until it is an identity column. */
export function sequenceName(table: Pick<Table, 'id'>, column: PhysicalColumn): string {
  return passingName(table, `sequence ${column.id}`);
}

/** A new column takes its place. Undefined: it was not made yet. */
export function arrive(
  table: Table,
  column: PhysicalColumn,
  prepared: Prepared,
): readonly string[] | undefined {
  const standIn = prepared.standIns.get(column.id);
  if (standIn === undefined) return undefined;
  const on = tableName(table);
  const numbered: Sql[] = [];
  if (column.identity) {
    const passing = ident(table.schema, sequenceName(table, column));
    const last = sql`nextval(${literal(toText(passing))}::regclass)`;
    numbered.push(
      sql`alter table ${on} alter column ${ident(standIn)} drop default`,
      ...identify(table, column, standIn, last),
      sql`drop sequence ${passing}`,
    );
  }
  return [
    ...required(table, column, standIn, prepared),
    ...numbered.map(toText),
    ...settleName(table, standIn, column.name),
  ];
}

/** A column gives its place to the one of another type. Undefined: that was not made. */
export function replaceColumn(
  table: Table,
  { was, is }: { readonly was: PhysicalColumn; readonly is: PhysicalColumn },
  prepared: Prepared,
): readonly string[] | undefined {
  const standIn = prepared.standIns.get(is.id);
  if (standIn === undefined) return undefined;
  const on = tableName(table);
  const sync = syncName(table, is);
  const own = was.identity
    ? sql`nextval(pg_get_serial_sequence(${literal(toText(on))}, ${literal(is.name)}))`
    : sql`(select coalesce(max(${ident(standIn)}), 0) + 1 from ${on})`;
  const given: Sql[] = is.default
    ? [sql`alter table ${on} alter column ${ident(standIn)} set default ${is.default}`]
    : [];
  return [
    ...required(table, is, standIn, prepared),
    ...[
      ...given,
      ...(is.identity ? identify(table, is, standIn, own) : []),
      sql`drop trigger ${ident(sync)} on ${on}`,
      sql`drop function ${ident(table.schema, sync)}()`,
      sql`alter table ${on} drop column ${ident(is.name)}`,
    ].map(toText),
    ...settleName(table, standIn, is.name),
  ];
}

/** NOT NULL of a column that a check has proved to have none: nothing is read. Undefined: nothing has. */
export function finishRequired(
  table: Table,
  column: PhysicalColumn,
  prepared: Prepared,
): readonly string[] | undefined {
  const proved = prepared.checks.has(column.id);
  return proved ? required(table, column, column.name, prepared) : undefined;
}

/** An object made apart takes its name. Undefined: it was not. */
export function finishObject(
  object: TableObject,
  table: Pick<Table, 'schema'>,
  prepared: Prepared,
): readonly string[] | undefined {
  const passing = prepared.objects.get(keyOf(object));
  if (passing === undefined) return undefined;
  if (object.kind !== 'primary' && object.kind !== 'unique') {
    // What follows the making of an index, such as its comment, speaks of its name.
    const rest = object.kind === 'index' ? object.create.slice(1) : [];
    return [...moveObject(table.schema, object, passing, object.name), ...rest];
  }
  const on = ident(table.schema, object.on);
  const rule = object.kind === 'primary' ? sql`primary key` : sql`unique`;
  return [
    toText(
      sql`alter table ${on} add constraint ${ident(object.name)} ${rule} using index ${ident(passing)}`,
    ),
  ];
}

function identify(table: Table, column: PhysicalColumn, name: string, next: Sql): readonly Sql[] {
  const on = tableName(table);
  const sequence = sql`pg_get_serial_sequence(${literal(toText(on))}, ${literal(name)})`;
  return [
    sql`alter table ${on} alter column ${ident(name)} add ${column.identity ?? sql``}`,
    sql`select setval(${sequence}, ${next}, false)`,
  ];
}

function required(
  table: Table,
  column: PhysicalColumn,
  name: string,
  { checks }: Prepared,
): readonly string[] {
  const check = checks.get(column.id);
  if (check === undefined) return [];
  const on = tableName(table);
  return [
    toText(sql`alter table ${on} alter column ${ident(name)} set not null`),
    toText(sql`alter table ${on} drop constraint ${ident(check)}`),
  ];
}

function settleName(table: Table, from: string, to: string): readonly string[] {
  if (from === to) return [];
  return [
    toText(sql`alter table ${tableName(table)} rename column ${ident(from)} to ${ident(to)}`),
  ];
}
