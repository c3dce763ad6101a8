import { type Json, memberOf } from '../base/json.ts';
import { ident, join, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Column, Table } from '../model/table.ts';
import type { Insert } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import { defaultOf } from './default.ts';
import { combine, freshLists } from './lists.ts';
import type { Planned } from './planned.ts';
import { type RecordColumn, type RecordRow, recordset, sentType, withAll } from './recordset.ts';
import { type Named, namedColumns } from './rows.ts';
import { needFeature, newContext, relation, writableOf } from './scope.ts';
import { written } from './written.ts';

/** New rows: one INSERT … SELECT from one JSON parameter, for any number of them. */
export function planInsert(insert: Insert, catalog: Catalog): Planned {
  const context = newContext(catalog);
  const table = writableOf(catalog, insert.table);
  const named = namedColumns(table, insert.rows, 'insert');
  const combinations = combine(insert.rows, table.access === 'lists');
  const listed = combinations.rows.length > 0;
  // One row has no order: without the two sorts it takes Postgres 15 µs less of 190.
  const many = insert.rows.length !== 1;
  if (listed) needFeature(table, 'acl');
  const back = written(table, insert.output, listed ? 'fresh' : 'stored', context);
  const fields: RecordColumn[] = named.flatMap((column, at) => [
    { name: `c${at}`, type: sentType(column.type) },
    ...(needsPresence(column, table) ? [{ name: `h${at}`, type: 'boolean' }] : []),
  ]);
  const places = named.map((column, at) => ({
    name: column.name,
    cell: `c${at}`,
    presence: needsPresence(column, table) ? `h${at}` : undefined,
    preset: columnOf(table, column.name)?.default,
  }));
  const records = insert.rows.map(({ values }, row) => {
    const record: Record<string, Json> = {};
    const combination = combinations.index[row];
    if (combination !== undefined) record['a'] = combination;
    for (const { name, cell, presence, preset } of places) {
      const value = memberOf(values, name);
      if (value !== undefined) {
        record[cell] = value;
        if (presence !== undefined) record[presence] = true;
      } else if (preset?.kind === 'value') record[cell] = preset.value;
    }
    return record satisfies RecordRow;
  });
  const cells = named.map((column, at) => ({
    column: ident(column.name),
    value: cellOf(column, at, table),
  }));
  if (listed) cells.push({ column: ident('_acl'), value: sql`coalesce(f.id, 0)` });
  if (cells.length === 0) {
    // INSERT … SELECT wants a column; the one taken gets what it would have got anyway.
    const [column] = table.columns;
    if (column)
      cells.push({ column: ident(column.name), value: defaultOf(column, context) ?? sql`null` });
  }
  const from = listed ? sql`input as x left join fresh as f on f.n = x.a` : sql`input as x`;
  const columns = join(cells.map(({ column }) => column));
  const values = join(cells.map(({ value }) => value));
  const ctes = [
    recordset('input', [...fields, ...(listed ? [{ name: 'a', type: 'int' }] : [])], records),
    ...(listed ? freshLists(table, combinations) : []),
    sql`inserted as (insert into ${relation(table)} as t (${columns}) select ${values} from ${from}${many ? sql` order by x.n` : sql``} returning ${back.returning})`,
    // Rows come back as they went in: INSERT … SELECT … ORDER BY stores and returns them one by one.
    ...(many
      ? [sql`written as materialized (select i.*, row_number() over () as n from inserted as i)`]
      : []),
  ];
  const rows = many
    ? sql`select ${back.select} from written as w${back.joins} order by w.n`
    : sql`select ${back.select} from inserted as w${back.joins}`;
  const text = sql`${withAll(ctes)}select ${answerRow({ rows: back.rows, changed: sql`count(*)::int` })} from (${rows}) as r`;
  return {
    query: toQuery(text),
    show: 'live',
    intent: 'edit',
    readOnly: false,
    table,
    suspects: context.suspects,
  };

  function cellOf(column: Named, at: number, of: Table): Sql {
    const cell = raw(`x.c${at}`);
    if (!needsPresence(column, of)) return sql`${cell}`;
    const owned = columnOf(of, column.name);
    // A time of creation that some rows leave to the server.
    const preset = owned ? defaultOf(owned, context) : sql`rowhouse.present()`;
    return sql`case when x.${raw(`h${at}`)} then ${cell} else ${preset ?? sql`null`} end`;
  }
}

/** Whether rows that don't name the column get a default that only Postgres can make; literal ones are filled in beforehand. */
function needsPresence({ always, name }: Named, table: Table): boolean {
  if (always) return false;
  const column = columnOf(table, name);
  if (!column) return true;
  return column.default !== undefined && column.default.kind !== 'value';
}

function columnOf(table: Table, name: string): Column | undefined {
  return table.columns.find((column) => column.name === name);
}
