import { ServiceError } from '../base/errors.ts';
import { ident, join, type Sql, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Link } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import { keyColumns, parseKey } from './key.ts';
import type { Planned } from './planned.ts';
import { keyEquals, whereAll } from './read.ts';
import { recordset, withAll } from './recordset.ts';
import { refusal, verdict } from './refuse.ts';
import { followed } from './relation.ts';
import { joinLists, liveOnly, newContext, relation, tableSource, writableOf } from './scope.ts';
import { shape } from './shape.ts';
import { targetKeys } from './target.ts';

/**
 * Adds or removes rows of a link table between a near row and far rows; answers with the far rows. A link that exists is not made
 * twice. A far row that isn't there: reference_violation when linking, row_not_found when unlinking.
 */
export function planLink(link: Link, catalog: Catalog): Planned {
  const context = newContext(catalog);
  const near = writableOf(catalog, link.near);
  const about = { table: logicalName(near), keys: [link.nearKey] };
  const values = parseKey(link.nearKey, keyColumns(near));
  if (!values) throw new ServiceError('row_not_found', undefined, about);
  const [into, onward] = link.hops;
  const middle = followed(into, near, context);
  const linking = writableOf(catalog, middle.table);
  const there = followed(onward, linking, context);
  const far = there.table;
  const keys = link.farKeys ? targetKeys(far, link.farKeys) : undefined;

  const nearSource = tableSource(near, 'p');
  const farSource = tableSource(far, 't');
  const rowSource = tableSource(linking, 'l');
  const nearRow = whereAll([...keyEquals(near, nearSource, values), ...liveOnly(near, nearSource)]);
  const toNear = middle.pairs.map(
    ([mine, its]) => sql`${rowSource.column(its)} = ${nearSource.column(mine)}`,
  );
  const toFar = there.pairs.map(
    ([its, theirs]) => sql`${farSource.column(theirs)} = ${rowSource.column(its)}`,
  );
  const linked = [...toNear, ...toFar, ...liveOnly(linking, rowSource)];
  const printer = shape(link.output, farSource, context);
  const lists = printer.lists ? [joinLists(far, farSource)] : [];
  const farLive = liveOnly(far, farSource);
  const meant = keys
    ? sql`input as x join ${relation(far)} as t on ${join([...keys.join, ...farLive], ' and ')}`
    : sql`${relation(far)} as t`;
  const number = keys
    ? sql`x.n as _rowhouse_n`
    : sql`row_number() over (order by ${join(keyColumns(far).map(({ name }) => farSource.column(name)))}) as _rowhouse_n`;
  const isLinked = sql`exists (select 1 from near as p join ${relation(linking)} as l on ${join(linked, ' and ')})`;
  const farRows = link.kind === 'link' ? sql`` : whereAll([isLinked, ...(keys ? [] : farLive)]);
  const ctes = [
    ...(keys ? [recordset('input', keys.columns, keys.records)] : []),
    sql`near as materialized (select p.* from ${relation(near)} as p${nearRow})`,
    sql`far as materialized (select ${number}, ${isLinked} as _rowhouse_linked, t.* from ${meant}${farRows})`,
    ...(link.kind === 'link'
      ? [insertLinks(linking, middle.pairs, there.pairs)]
      : deleteLinks(linking, middle.pairs, there.pairs)),
  ];
  const absent: (readonly [Sql, Sql])[] = keys
    ? [
        [
          sql`exists (select 1 from input as x where not exists (select 1 from far as f where f._rowhouse_n = x.n))`,
          refusal(
            link.kind === 'link' ? 'reference_violation' : 'row_not_found',
            { table: logicalName(far) },
            sql`(select array_agg(x.kt order by x.n) from input as x where not exists (select 1 from far as f where f._rowhouse_n = x.n))`,
          ),
        ],
      ]
    : [];
  const refused = verdict([
    [sql`not exists (select 1 from near)`, refusal('row_not_found', about)],
    ...absent,
    ...(link.kind === 'unlink'
      ? [
          [
            sql`(select count(*) from meant) > (select count(*) from written)`,
            refusal('row_forbidden', { table: logicalName(linking) }),
          ] as const,
        ]
      : []),
  ]);
  const rows = sql`select ${printer.select} from far as t${join([...lists, ...printer.joins], '')} order by t._rowhouse_n`;
  const text = sql`${withAll(ctes)}select ${answerRow({ rows: sql`coalesce(${refused}, ${printer.rows})`, changed: sql`(select count(*)::int from written)` })} from (${rows}) as r`;
  return {
    query: toQuery(text),
    show: link.kind === 'unlink' && linking.features.softDelete ? 'trashed' : 'live',
    intent: link.kind === 'unlink' && linking.features.softDelete ? 'delete' : 'edit',
    readOnly: false,
    table: linking,
    suspects: context.suspects,
  };
}

type Pairs = readonly (readonly [string, string])[];

function insertLinks(table: Table, near: Pairs, far: Pairs): Sql {
  const columns = [...near.map(([, its]) => ident(its)), ...far.map(([its]) => ident(its))];
  const values = [
    ...near.map(([mine]) => sql`p.${ident(mine)}`),
    ...far.map(([, theirs]) => sql`f.${ident(theirs)}`),
  ];
  return sql`written as (insert into ${relation(table)} (${join(columns)}) select ${join(values)} from near as p cross join far as f where not f._rowhouse_linked order by f._rowhouse_n returning 1 as one)`;
}

function deleteLinks(table: Table, near: Pairs, far: Pairs): readonly Sql[] {
  const conditions = [
    ...near.map(([mine, its]) => sql`l.${ident(its)} = p.${ident(mine)}`),
    ...far.map(([its, theirs]) => sql`f.${ident(theirs)} = l.${ident(its)}`),
    ...liveOnly(table, tableSource(table, 'l')),
  ];
  const where = whereAll(conditions);
  const meant = sql`meant as materialized (select 1 as one from near as p cross join far as f join ${relation(table)} as l on ${join(conditions, ' and ')})`;
  const gone = table.features.softDelete
    ? sql`written as (update ${relation(table)} as l set trashed_at = (select s.at from stamp as s) from near as p cross join far as f${where} returning 1 as one)`
    : sql`written as (delete from ${relation(table)} as l using near as p cross join far as f${where} returning 1 as one)`;
  const stamp = sql`stamp as materialized (select rowhouse.present() as at)`;
  return table.features.softDelete ? [stamp, meant, gone] : [meant, gone];
}
