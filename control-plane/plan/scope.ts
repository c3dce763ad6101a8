import { ServiceError } from '../base/errors.ts';
import { ident, raw, type Sql, sql } from '../base/sql.ts';
import type { ColumnType } from '../base/types.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { AccessList, Table, TableName } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import { columnsOver } from './held.ts';
import type { Suspect } from './planned.ts';

/** What one plan gathers on its way. */
export interface Context {
  readonly catalog: Catalog;
  readonly suspects: Suspect[];
  /** Conditions on operands alone, to be put where they are evaluated once whether rows come or not. */
  readonly checks: Sql[];
  /** Number of correlated tables so far: their aliases. */
  related: number;
}

/** The context of a plan that begins. */
export function newContext(catalog: Catalog): Context {
  return { catalog, suspects: [], checks: [], related: 0 };
}

/** Where the values of one row are found: a table under an alias, or the rows a write gave back. */
export interface Source {
  readonly table: Table;
  /** Tells it from other sources of the table: expressions over sources of one name are the same. Absent where a request makes its own. */
  readonly name?: string;
  /** A column of the table, wherever its values lie. */
  readonly column: (name: string) => Sql;
  /** A column that Postgres has as such. */
  readonly own: (name: string) => Sql;
  /** A record access list as text[], never NULL; only on tables with the acl feature. */
  readonly access: (list: AccessList) => Sql;
}

/** The table of a statement. @throws ServiceError table_not_found, table_disabled, table_not_materialized */
export function tableOf(catalog: Catalog, name: TableName): Table {
  const table = findTable(catalog, name);
  if (!table) throw new ServiceError('table_not_found', undefined, { table: logicalName(name) });
  if (table.status === 'disabled') {
    throw new ServiceError('table_disabled', undefined, { table: logicalName(table) });
  }
  if (table.materialized === false) {
    throw new ServiceError('table_not_materialized', undefined, { table: logicalName(table) });
  }
  return table;
}

/** As {@link tableOf}, for a write. @throws ServiceError read_only */
export function writableOf(catalog: Catalog, name: TableName): Table {
  const table = tableOf(catalog, name);
  if (table.kind === 'view') {
    throw new ServiceError('read_only', undefined, { table: logicalName(table) });
  }
  return table;
}

/** @throws ServiceError feature_disabled */
export function needFeature(table: Table, feature: 'acl' | 'softDelete' | 'history'): void {
  if (table.features[feature]) return;
  throw new ServiceError('feature_disabled', undefined, {
    table: logicalName(table),
    reason: feature,
  });
}

/** The table as SQL names it, with its schema. */
export function relation(table: Table): Sql {
  return ident(table.schema, table.physical);
}

/** Something generated in the tenant's schema. */
export function own(table: Pick<Table, 'schema'>, name: `_rowhouse_${string}`): Sql {
  return ident(table.schema, name);
}

/** A table under an alias; lists come from `lists`, a left-joined _rowhouse_acls. */
export function tableSource(table: Table, alias = 't', lists = 'a'): Source {
  const column = (name: string): Sql => sql`${raw(alias)}.${ident(name)}`;
  return {
    table,
    name: `${alias} ${lists}`,
    column: columnsOver(table, column),
    own: column,
    access: (list) => sql`coalesce(${raw(lists)}.${ident(list)}, '{}'::text[])`,
  };
}

/** NULL for the empty ACL 0: then neither its row nor the policy of the lists is looked at. */
export function joinLists(table: Table, source: Source): Sql {
  const id = sql`nullif(${source.column('_acl')}, 0)`;
  return sql` left join ${own(table, '_rowhouse_acls')} as a on a.id = ${id}`;
}

/** Type of an addressable column: a user's, or a time the server keeps. Undefined: no such column. */
export function columnType(table: Table, name: string): ColumnType | undefined {
  const column = table.columns.find((each) => each.name === name);
  if (column) return column.type;
  const { timestamps, softDelete } = table.features;
  const kept =
    (timestamps && (name === 'created_at' || name === 'updated_at')) ||
    (softDelete && (name === 'trashed_at' || name === 'deleted_at'));
  return kept ? { base: 'timestamptz', precision: 3 } : undefined;
}

/** As {@link columnType}. @throws ServiceError column_not_found naming what the caller wrote */
export function needColumn(table: Table, name: string, label = name): ColumnType {
  const type = columnType(table, name);
  if (type) return type;
  throw new ServiceError('column_not_found', undefined, {
    field: label,
    table: logicalName(table),
  });
}

/** Rows that are neither trashed nor deleted, nor marked so; said explicitly, since a transaction sees its own marks. */
export function liveOnly(table: Table, source: Source): readonly Sql[] {
  const { softDelete, mark } = table.features;
  if (mark !== undefined) return [sql`${source.column(mark)} is not true`];
  if (!softDelete) return [];
  return [sql`${source.column('trashed_at')} is null`, sql`${source.column('deleted_at')} is null`];
}
