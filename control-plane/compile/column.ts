import type { Json } from '../base/json.ts';
import { ident, join, literal, raw, type Sql, sql, toText } from '../base/sql.ts';
import { type ColumnType, classOf } from '../base/types.ts';
import { typeName } from '../model/flags.ts';
import type { Column, Default, Table } from '../model/table.ts';
import { hasStamp } from '../model/table-schema.ts';

/** A column as Postgres has it: the user's, or one the engine adds. */
export interface PhysicalColumn {
  /** What stays when the name changes. */
  readonly id: string;
  readonly name: string;
  readonly type: Sql;
  /** Absent for the engine's own columns. */
  readonly model?: ColumnType;
  readonly notNull: boolean;
  readonly default?: Sql;
}

/** All stored columns in order, without the generated `_search`. */
export function physicalColumns(table: Table): readonly PhysicalColumn[] {
  return [...table.columns.map((column) => userColumn(column, table)), ...engineColumns(table)];
}

function userColumn(column: Column, table: Table): PhysicalColumn {
  return {
    id: column.id,
    name: column.name,
    type: typeName(column.type),
    model: column.type,
    notNull: column.required || table.key.includes(column.name),
    ...(column.default ? { default: defaultValue(column.default, column.type) } : {}),
  };
}

/** Times at the precision JSON replies have, so that a value read back can be used in a filter. */
const time = raw('timestamptz(3)');

function engineColumns({ features, access }: Table): readonly PhysicalColumn[] {
  const columns: Omit<PhysicalColumn, 'id'>[] = [];
  if (features.timestamps) {
    columns.push(
      { name: 'created_at', type: time, notNull: true, default: sql`rowhouse.present()` },
      { name: 'updated_at', type: time, notNull: true, default: sql`rowhouse.present()` },
    );
  }
  if (features.softDelete) {
    columns.push(
      { name: 'trashed_at', type: time, notNull: false },
      { name: 'deleted_at', type: time, notNull: false },
    );
  }
  if (features.acl) {
    columns.push({ name: '_acl', type: raw('integer'), notNull: true, default: sql`0` });
  }
  if (hasStamp({ access })) {
    const now = sql`pg_current_xact_id()`;
    columns.push({ name: '_xact', type: raw('xid8'), notNull: true, default: now });
  }
  return columns.map((column) => ({ ...column, id: `engine:${column.name}` }));
}

/** The line of a column in CREATE TABLE or ADD COLUMN. */
export function columnLine(column: PhysicalColumn): Sql {
  const fallback = column.default ? sql` default ${column.default}` : sql``;
  const rule = column.notNull ? sql` not null` : sql``;
  return sql`${ident(column.name)} ${column.type}${fallback}${rule}`;
}

/** A default as an expression. Days and times without zone are those of UTC. */
export function defaultValue(value: Default, type: ColumnType): Sql {
  switch (value.kind) {
    case 'now':
      return type.base === 'timestamptz' ? sql`now()` : sql`(now() at time zone 'UTC')`;
    case 'today':
      return sql`((now() at time zone 'UTC')::date)`;
    case 'uuid':
      if (value.prefix !== undefined) {
        return sql`(${literal(value.prefix)}::text || rowhouse.uuid_v7()::text)`;
      }
      return classOf(type) === 'text' ? sql`(rowhouse.uuid_v7()::text)` : sql`rowhouse.uuid_v7()`;
    case 'value':
      return constant(value.value, type);
  }
}

function constant(value: Json, type: ColumnType): Sql {
  if (type.array && Array.isArray(value)) {
    const { array: _, ...element } = type;
    const items = (value as readonly Json[]).map((item) => literalOf(item, element));
    return sql`array[${join(items)}]::${castName(type)}`;
  }
  return sql`${literalOf(value, type)}::${castName(type)}`;
}

/** A cast to varchar(n) cuts; assignment of a text to it refuses. */
function castName(type: ColumnType): Sql {
  return classOf(type) === 'text'
    ? typeName({ base: 'text', array: type.array ?? false })
    : typeName(type);
}

function literalOf(value: Json, type: ColumnType): Sql {
  if (classOf(type) === 'json') return literal(JSON.stringify(value));
  if (value === null) return literal(null);
  return literal(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

/**
 * The USING clause of a type change. Through text, which every type can print and parse: what does not fit raises instead of being
 * rounded or cut. Only a number without fraction passes to an integer type although it prints as `2.0`.
 */
export function conversion(name: string, from: ColumnType, to: ColumnType): Sql {
  const column = ident(name);
  if (classOf(from) === 'json' && !from.array) {
    return classOf(to) === 'json' ? column : through(sql`(${column} #>> '{}')`, to);
  }
  if (classOf(to) === 'json' && !to.array) {
    return classOf(from) === 'text' && !from.array
      ? sql`${column}::jsonb`
      : sql`to_jsonb(${column})`;
  }
  const integer = ['smallint', 'integer', 'bigint'].includes(to.base) && !to.array;
  if (integer && from.base === 'numeric' && !from.array) {
    const type = typeName(to);
    return sql`case when ${column} = trunc(${column}) then ${column}::${type} else (${column}::text)::${type} end`;
  }
  return through(sql`(${column}::text)`, to);
}

function through(text: Sql, to: ColumnType): Sql {
  return classOf(to) === 'text' && !to.array ? text : sql`${text}::${castName(to)}`;
}

/** Pairs whose conversion loses nothing, whatever the rows hold. */
const widening: Readonly<Record<string, readonly string[]>> = {
  smallint: ['integer', 'bigint', 'numeric', 'text'],
  integer: ['bigint', 'numeric', 'double precision', 'text'],
  bigint: ['numeric', 'text'],
  real: ['double precision', 'text'],
  'double precision': ['text'],
  numeric: ['text'],
  varchar: ['text'],
  uuid: ['text'],
  boolean: ['text'],
};

/** Whether a type change keeps every value. */
export function isWidening(from: ColumnType, to: ColumnType): boolean {
  if (Boolean(from.array) !== Boolean(to.array)) return false;
  if (from.base === 'varchar' && to.base === 'varchar') {
    return to.length === undefined || (from.length !== undefined && from.length <= to.length);
  }
  return widening[from.base]?.includes(to.base) ?? false;
}

/** The text of a fragment or nothing, for comparing. */
export function textOf(fragment: Sql | undefined): string | undefined {
  return fragment && toText(fragment);
}
