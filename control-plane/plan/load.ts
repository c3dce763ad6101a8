import { bind, ident, join, type Query, raw, type Sql, sql, toQuery, toText } from '../base/sql.ts';
import { type ColumnType, classOf, typeText } from '../base/types.ts';
import type { Catalog } from '../model/catalog.ts';
import { heldColumns, heldValue } from '../model/held.ts';
import type { Column, Table } from '../model/table.ts';
import { answerRow } from './answer-row.ts';
import { defaultOf } from './default.ts';
import { ownColumn } from './held.ts';
import { sentType } from './recordset.ts';
import { newContext, relation } from './scope.ts';
import { conflictTarget } from './upsert.ts';

/** A column of Postgres that staged rows have a value for. */
export interface StagedColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Type in which it is staged, as Postgres spells it. */
  readonly staged: string;
}

/** Rows of one table on their way in: a temporary table of the session, numbered from 1. */
export interface Staging {
  readonly table: Table;
  readonly columns: readonly StagedColumn[];
  /** Made by the gateway, which grants it to the tenant's role for the rest of the transaction. */
  readonly create: readonly string[];
  readonly copy: string;
  /** Makes room for other rows. */
  readonly empty: string;
}

const staged = raw('pg_temp._rowhouse_staged');

/** Where rows that name these columns are staged. */
export function staging(table: Table, names: readonly string[]): Staging {
  const own = table.columns.filter(({ name, held }) => held === undefined && names.includes(name));
  const columns: StagedColumn[] = own.map(({ name, type }) => ({
    name,
    type,
    staged: stagedType(type),
  }));
  if (table.holder !== undefined) {
    columns.push({ name: table.holder, type: { base: 'jsonb' }, staged: 'jsonb' });
  }
  const cells = columns.map(({ staged: type }, at) => `, c${at} ${type}`).join('');
  return {
    table,
    columns,
    create: [
      `create temporary table _rowhouse_staged (n integer${cells}) on commit drop`,
      toText(sql`grant select on ${staged} to ${ident(table.schema)}`),
    ],
    copy: `copy pg_temp._rowhouse_staged (n${columns.map((_, at) => `, c${at}`).join('')}) from stdin`,
    empty: 'truncate pg_temp._rowhouse_staged',
  };
}

/** Values that only Postgres can judge travel as text: what is wrong with one must not end the COPY of all. */
function stagedType(type: ColumnType): string {
  if (type.array) return 'jsonb';
  return ['number', 'boolean', 'uuid', 'json'].includes(classOf(type)) ? sentType(type) : 'text';
}

/** Takes staged rows out that mean a row which an earlier one means, and answers with their numbers. */
export function takeRepeated({ table, columns }: Staging, by: readonly string[]): string {
  const cells = by.map((name) => {
    const cell = `s.c${columns.findIndex((column) => column.name === ownColumn(table, name))}`;
    const held = heldColumns(table).find((column) => column.name === name);
    return held ? toText(heldValue(held, raw(cell))) : cell;
  });
  const keys = cells.join(', ');
  const present = cells.map((cell) => `${cell} is not null`).join(' and ');
  return `delete from pg_temp._rowhouse_staged as x using (
      select s.n, row_number() over (partition by ${keys} order by s.n) as place from pg_temp._rowhouse_staged as s where ${present}
    ) as d where d.n = x.n and d.place > 1 returning x.n`;
}

export interface LoadSpan {
  readonly from: number;
  readonly to: number;
  /** Columns whose values tell which rows are there already: these are changed. */
  readonly by?: readonly string[];
}

/**
 * Staged rows of a span into their table, as the caller: one INSERT, or INSERT … ON CONFLICT DO UPDATE of the columns staged. A value that is
 * not there takes the column's default. Answers as statements do: `total` new rows, `changed` changed ones. A temporary table is read in
 * the order in which it was written: to sort what is in order already makes the INSERT a sixth longer.
 */
export function planLoad({ table, columns }: Staging, span: LoadSpan, catalog: Catalog): Query {
  const context = newContext(catalog);
  const named = columns.map(({ name, type, staged: as }, at) => {
    const sent = cellOf(raw(`x.c${at}`), type, as);
    const column = table.columns.find((each) => each.name === name && each.held === undefined);
    const preset = column && presetOf(column);
    return { name, value: preset ? sql`coalesce(${sent}, ${preset})` : sent };
  });
  const conflict = span.by ? conflictOf(table, span.by, named) : sql``;
  const names = join(named.map(({ name }) => ident(name)));
  const values = join(named.map(({ value }) => value));
  const rows = sql`select ${values} from ${staged} as x where x.n between ${bind(span.from)}::int and ${bind(span.to)}::int`;
  const insert = sql`insert into ${relation(table)} as t (${names}) ${rows}${conflict} returning (t.xmax = 0) as fresh`;
  return toQuery(
    sql`with written as (${insert}) select ${answerRow({ rows: sql`'[]'::text`, total: sql`count(*) filter (where w.fresh)::bigint`, changed: sql`count(*) filter (where not w.fresh)::int` })} from written as w`,
  );

  function presetOf(column: Column): Sql | undefined {
    return column.identity ? undefined : defaultOf(column, context);
  }
}

function cellOf(cell: Sql, type: ColumnType, as: string): Sql {
  if (type.array) return sql`rowhouse.held_items(${cell})::${raw(typeText(type))}`;
  return as === 'text' && classOf(type) !== 'text' ? sql`${cell}::${raw(sentType(type))}` : cell;
}

/** The key of a row that is there stays; of a holder what is sent takes the place of what is there. */
function conflictOf(
  table: Table,
  by: readonly string[],
  named: readonly { readonly name: string }[],
): Sql {
  const set = named.filter(({ name }) => !by.includes(name) && !table.key.includes(name));
  const changes = set.map(({ name }) => {
    const sent = sql`excluded.${ident(name)}`;
    return name === table.holder
      ? sql`${ident(name)} = t.${ident(name)} || ${sent}`
      : sql`${ident(name)} = ${sent}`;
  });
  // A row that has nothing else still counts as written.
  const [first = ''] = by;
  const all = changes.length > 0 ? changes : [sql`${ident(first)} = t.${ident(first)}`];
  return sql` on conflict ${conflictTarget(table, by)} do update set ${join(all)}`;
}
