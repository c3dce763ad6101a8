import { ServiceError } from '../base/errors.ts';
import { type Json, memberOf } from '../base/json.ts';
import { bind, ident, join, literal, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import { typeText } from '../base/types.ts';
import type { Catalog } from '../model/catalog.ts';
import { heldColumns, heldValue, ownColumns } from '../model/held.ts';
import { accessLists, type Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Upsert } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import { defaultOf, resettable } from './default.ts';
import { columnsOver, heldAfter, ownColumn } from './held.ts';
import { keyColumns } from './key.ts';
import { combine, freshLists } from './lists.ts';
import type { Planned } from './planned.ts';
import { recordset, sentType, withAll } from './recordset.ts';
import { refusal, verdict } from './refuse.ts';
import { namedColumns } from './rows.ts';
import {
  type Context,
  needColumn,
  needFeature,
  newContext,
  own,
  relation,
  writableOf,
} from './scope.ts';
import { changed } from './share.ts';
import { all } from './target.ts';
import { written } from './written.ts';

/** New rows or changes of those there: INSERT … ON CONFLICT DO UPDATE, in mode lists within rowhouse.put_listed. */
export function planUpsert(upsert: Upsert, catalog: Catalog): Planned {
  const table = writableOf(catalog, upsert.table);
  const context = newContext(catalog);
  namedColumns(table, upsert.rows, 'insert');
  const text =
    table.access === 'lists'
      ? putListed(upsert, table, loneKey(table, upsert.by), context)
      : put(upsert, table, context);
  return {
    query: toQuery(text),
    show: 'live',
    intent: 'edit',
    readOnly: false,
    table,
    suspects: context.suspects,
  };
}

/** The key of a table in mode lists, by which alone its rows are looked for. */
function loneKey(table: Table, by: readonly string[] | undefined): string {
  const [key, second] = keyColumns(table);
  if (key && !second && (by ?? [key.name]).every((name) => name === key.name)) return key.name;
  throw new ServiceError('key_unsupported', undefined, { table: logicalName(table) });
}

/** `matched`: rows that come back whole; of others the caller may see only key and times. */
function putListed(upsert: Upsert, table: Table, key: string, context: Context): Sql {
  const reset = resettable(table).map(({ name }) => name);
  const rows = upsert.rows.map(({ values, access }) => ({
    values,
    ...(upsert.unnamed === 'default' ? { reset } : {}),
    ...(access ? { lists: access } : {}),
  }));
  const call = sql`rowhouse.put_listed(${literal(table.id)}::int, ${bind(JSON.stringify(rows))}::jsonb)`;
  const back = changed(table, key, upsert.output, context);
  return sql`with changed as materialized (select c.* from ${call} as c) select ${answerRow({ rows: back.rows, matched: sql`(select count(*)::int from changed where shown)`, changed: sql`count(*)::int` })} from (select ${back.select} from changed as c${back.join} order by c.n) as r`;
}

function put(upsert: Upsert, table: Table, context: Context): Sql {
  const named = namedColumns(table, upsert.rows, 'insert');
  const by = upsert.by ?? table.key;
  const combinations = combine(upsert.rows);
  const listed = combinations.rows.length > 0;
  if (listed) needFeature(table, 'acl');
  const back = written(table, upsert.output, listed ? 'fresh' : 'stored', context);
  const records = upsert.rows.map(({ values }, row) => {
    const record: Record<string, Json> = {};
    named.forEach(({ name }, at) => {
      const value = memberOf(values, name);
      if (value === undefined) return;
      record[`c${at}`] = value;
      record[`h${at}`] = true;
    });
    const combination = combinations.index[row];
    return combination === undefined ? record : { ...record, a: combination };
  });
  const fields = [
    ...named.flatMap(({ type }, at) => [
      { name: `c${at}`, type: sentType(type) },
      { name: `h${at}`, type: 'boolean' },
    ]),
    ...(listed ? [{ name: 'a', type: 'int' }] : []),
  ];
  const needed = upsert.unnamed === 'keep' ? neededOf(table, by) : new Set<string>();
  const merged = upsert.unnamed === 'keep' ? table.holder : undefined;
  // What rows are found by, named or not: computed once, so that a conflict leads back to the row sent.
  const sent = by.map((name, at) => ({ name, cell: raw(`x.b${at}`), value: cellOf(name) }));
  const isSent = all(sent.map(({ name, cell }) => sql`${cell} = ${valueIn(name, 'excluded')}`));
  const others = named.filter(({ name }) => !by.includes(name));
  const inserted = new Set([...others.map(({ name }) => name), ...needed]);
  const found = sent.filter(({ name }) => ownColumn(table, name) === name);
  const columns = [...found.map(({ name }) => name), ...inserted].map((name) => ident(name));
  const cells = [...found.map(({ cell }) => sql`${cell}`), ...[...inserted].map(cellOf)];
  const kept = new Set([...table.key, ...by]);
  const resets = upsert.unnamed === 'default' ? resettable(table).map(({ name }) => name) : [];
  const free = others.filter(
    ({ name }) => !kept.has(name) && !resets.includes(name) && name !== merged,
  );
  const changes = [...resets, ...free.flatMap(({ name, always }) => (always ? [name] : []))]
    .filter((name) => !kept.has(name))
    .map((name) => sql`${ident(name)} = excluded.${ident(name)}`);
  if (merged !== undefined) {
    const held = sql`(select ${sentIn(merged)} from placed as x where ${isSent})`;
    changes.push(sql`${ident(merged)} = ${heldAfter(merged, held)}`);
  }
  const partial = free.filter(({ always }) => !always);
  if (partial.length > 0) {
    const names = join(partial.map(({ name }) => ident(name)));
    const values = join(
      partial.map(({ name }) => {
        const has = raw(`x.h${placeOf(name)}`);
        return sql`case when ${has} then excluded.${ident(name)} else t.${ident(name)} end`;
      }),
    );
    changes.push(sql`(${names}) = (select ${values} from placed as x where ${isSent})`);
  }
  if (listed) {
    const lists = join(
      accessLists.map(
        (list, at) => sql`coalesce(c.${raw(`l${at}`)}, a.${ident(list)}, '{}'::text[])`,
      ),
    );
    changes.push(
      sql`_acl = coalesce((select ${own(table, '_rowhouse_acl')}(${lists}) from placed as x join combinations as c on c.n = x.a left join ${own(table, '_rowhouse_acls')} as a on a.id = t._acl where ${isSent}), t._acl)`,
    );
    columns.push(ident('_acl'));
    cells.push(sql`coalesce(f.id, 0)`);
  }
  const [first] = by;
  // A row that has nothing but what it is found by still counts as written.
  if (changes.length === 0 && first) changes.push(sql`${ident(first)} = excluded.${ident(first)}`);
  const from = listed ? sql`placed as x left join fresh as f on f.n = x.a` : sql`placed as x`;
  const order = join([...sent.map(({ value }) => value), sql`x.n`]);
  const keys = join(sent.map(({ value }, at) => sql`${value} as ${raw(`b${at}`)}`));
  // A number that the server gave may be taken: that is no change of the row which has it.
  const certain = by.every((name) => named.some((one) => one.name === name && one.always));
  const meant = certain ? sql`` : sql` where exists (select from placed as x where ${isSent})`;
  const taken = sql`(select count(*) from done) <> (select count(*) from input)`;
  const refused = verdict([[taken, refusal('unique_violation', { table: logicalName(table) })]]);
  const ctes = [
    recordset('input', fields, records),
    // In the order of what rows are found by: two of these meet in the same order and don't deadlock.
    sql`placed as materialized (select x.*, ${keys}, row_number() over (order by ${order}) as place from input as x)`,
    ...(listed ? freshLists(table, combinations) : []),
    sql`done as (insert into ${relation(table)} as t (${join(columns)}) select ${join(cells)} from ${from} order by x.place on conflict ${conflictTarget(table, by)} do update set ${join(changes)}${meant} returning ${back.returning})`,
    // Stored and returned one by one, in the order of the SELECT.
    sql`numbered as materialized (select d.*, row_number() over () as place from done as d)`,
    sql`written as materialized (select d.*, x.n from numbered as d join placed as x on x.place = d.place)`,
  ];
  const rows = sql`select ${back.select} from written as w${back.joins} order by w.n`;
  const printed = certain ? back.rows : sql`coalesce(${refused}, ${back.rows})`;
  return sql`${withAll(ctes)}select ${answerRow({ rows: printed, matched: sql`count(*)::int`, changed: sql`count(*)::int` })} from (${rows}) as r`;

  function placeOf(name: string): number {
    return named.findIndex((column) => column.name === name);
  }

  function sentIn(name: string): Sql {
    return sql`${raw(`x.c${placeOf(name)}`)}`;
  }

  /** A column of a row, also where it lies in a holder. */
  function valueIn(name: string, row: 'e' | 'excluded'): Sql {
    return columnsOver(table, (own) => sql`${raw(row)}.${ident(own)}`)(name);
  }

  /** The value of a new row: what is sent, else the default. */
  function cellOf(name: string): Sql {
    const column = table.columns.find((each) => each.name === name);
    if (column?.held !== undefined) return heldValue(column, sentIn(table.holder ?? ''));
    if (name === merged) return sql`coalesce(${standing(name)}, '{}') || ${sentIn(name)}`;
    const preset = needed.has(name) ? standing(name) : column && defaultOf(column, context);
    const at = placeOf(name);
    if (at === -1) return preset ?? sql`null::${raw(typeText(needColumn(table, name)))}`;
    const cell = raw(`x.c${at}`);
    if (named[at]?.always || !preset) return sql`${cell}`;
    return sql`case when ${raw(`x.h${at}`)} then ${cell} else ${preset} end`;
  }

  /** What a row that is there already has: Postgres asks for required values before it looks for a conflict. */
  function standing(name: string): Sql {
    const same = all(sent.map((one) => sql`${valueIn(one.name, 'e')} = ${one.cell}`));
    return sql`(select e.${ident(name)} from ${relation(table)} as e where ${same})`;
  }
}

/** Columns that a new row must name, and a change need not. */
function neededOf(table: Table, by: readonly string[]): ReadonlySet<string> {
  const known = new Set([...table.key, ...by]);
  const columns = ownColumns(table).filter(
    (column) =>
      column.required &&
      column.default === undefined &&
      !column.identity &&
      !column.sudo &&
      !known.has(column.name),
  );
  return new Set(columns.map(({ name }) => name));
}

/** The unique columns as ON CONFLICT names them. With a trash, other columns than the key are unique among live rows only. */
export function conflictTarget(table: Table, by: readonly string[]): Sql {
  const terms = by.map((name) => {
    const column = heldColumns(table).find((each) => each.name === name);
    return column ? sql`(${heldValue(column, ident(table.holder ?? ''))})` : ident(name);
  });
  const columns = sql`(${join(terms)})`;
  const isKey = by.length === table.key.length && by.every((name) => table.key.includes(name));
  const joint = (table.uniques ?? []).some(
    ({ columns }) => columns.length === by.length && columns.every((name) => by.includes(name)),
  );
  if (!table.features.softDelete || isKey || joint) return columns;
  return sql`${columns} where trashed_at is null and deleted_at is null`;
}
