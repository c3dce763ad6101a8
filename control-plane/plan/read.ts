import { ServiceError } from '../base/errors.ts';
import { bind, join, literal, raw, type Sql, sql, toQuery, toText } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Predicate } from '../statement/predicate.ts';
import type { Read, Show } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import { candidates } from './candidates.ts';
import { keyColumns, parseKey } from './key.ts';
import { castText } from './operand.ts';
import { cursorColumns, cursorText, isBehind, orderBy, terms, valuesBehind } from './order.ts';
import type { Planned, Sight } from './planned.ts';
import { condition } from './predicate.ts';
import { refusal, verdict } from './refuse.ts';
import {
  type Context,
  joinLists,
  newContext,
  own,
  relation,
  type Source,
  tableOf,
  tableSource,
} from './scope.ts';
import { shape } from './shape.ts';

/** Rows of one table: matches, page and print in one statement. */
export function planRead(read: Read, catalog: Catalog, sight?: Sight): Planned {
  const context = newContext(catalog);
  const table = tableOf(catalog, read.table);
  const source = tableSource(table);
  const where = keyed(read, table, () => matching(read.where, read.show, source, context));
  const single = isByKey(read, table);
  const order = single ? [] : terms(read.order ?? [], source, context);
  const cursor = read.cursor && read.limit !== undefined ? read.limit : undefined;
  const printer = shape(read.output, source, context, cursor !== undefined);
  const after =
    read.behind !== undefined
      ? valuesBehind(read.behind, order)
      : read.after === undefined
        ? undefined
        : behind(read.after, table, read.show, order);
  const passed = order.slice(0, read.behind?.length ?? order.length);
  // One row behind the page tells whether more follow: looked for in a scan of its own it took as long as the page, by a condition more.
  const peek = read.more && cursor === undefined ? read.limit : undefined;
  const ahead = cursor ?? peek;
  const page = single ? sql`` : pageOf(ahead === undefined ? read : { ...read, limit: ahead + 1 });
  const ends = cursor !== undefined && order.length > 0;
  const select = ends ? sql`${printer.select}, ${cursorColumns(order)}` : printer.select;
  const lists = printer.lists ? [joinLists(table, source)] : [];
  const joined = lists.length + printer.joins.length > 0;
  const joins = join([...lists, ...printer.joins], '');
  const beyond = after ? [isBehind(passed)] : [];
  const pageFrom = (from: Sql, conditions: readonly Sql[]): Sql =>
    sql`select t.* from ${from} as t${whereAll([...conditions, ...beyond])}${orderBy(order)}${page}`;
  const printed = (from: Sql): Sql =>
    sql`select ${select} from (${from}) as t${joins}${orderBy(order)}`;
  // `offset 0` keeps the limit from reaching the choice of index: the sparse branch reads by _acl and sorts the little it finds.
  const few = (gate: readonly Sql[]): Sql =>
    pageFrom(sql`(select t.* from matching as t${whereAll(gate)} offset 0)`, []);
  const ways = isListOfAcl(read, table) ? gated(read, table, source, sight) : undefined;
  // Lists and related rows of a page are looked up when it is cut, not those of every match that was sorted for it (0.24× the time for
  // 20 of 100), and behind both branches, where they are planned once.
  const listed = ways
    ? printed(
        join(
          [
            ...(ways.dense ? [sql`(${pageFrom(candidates(read), ways.dense)})`] : []),
            ...(ways.few ? [sql`(${few(ways.few)})`] : []),
          ],
          ' union all ',
        ),
      )
    : joined && read.limit !== undefined && !single
      ? printed(pageFrom(candidates(read), []))
      : sql`select ${select} from ${candidates(read)} as t${joins}${whereAll(beyond)}${orderBy(order)}${page}`;
  const ctes = [
    sql`matching as not materialized (select t.* from ${relation(table)} as t${whereAll(where)})`,
    ...(after ? [after] : []),
    ...(ways?.gate ? [ways.gate] : []),
    ...(cursor === undefined
      ? []
      : [
          sql`page as materialized (select x.*, row_number() over () as place from (${listed}) as x)`,
        ]),
    ...(peek === undefined ? [] : [sql`page as materialized (${listed})`]),
  ];
  const total = read.total ? counted(ways) : sql`null::bigint`;
  const more =
    peek === undefined
      ? sql`null::int`
      : sql`(select greatest(count(*) - ${literal(peek)}, 0)::int from page)`;
  const answer = refused(read, table, read.after !== undefined, printer.rows);
  const from =
    cursor !== undefined
      ? cut(cursor)
      : peek !== undefined
        ? // As they were put in: with a number for each row to go by, the row would have a column more than keys.
          sql`(select p.* from page as p limit ${literal(peek)}::bigint) as r`
        : sql`(${listed}) as r`;
  const next =
    cursor === undefined
      ? sql``
      : sql`, (select ${cursorText(order)} from page as p where p.place = ${bind(cursor)}::bigint and exists (select 1 from page as q where q.place > p.place)) as cursor`;
  const said = ways?.gate
    ? sql`${cursor === undefined ? sql`, null::text as cursor` : sql``}, (select g.sparse from gate as g) as sparse`
    : sql``;
  const text = sql`with ${join(ctes)} select ${answerRow({ rows: answer, total, matched: more })}${next}${said} from ${from}`;
  return {
    query: toQuery(text),
    show: read.show,
    intent: read.purpose ?? 'edit',
    readOnly: true,
    table,
    suspects: context.suspects,
    ...(read.require?.key === undefined ? {} : { misfit: 'row_not_found' as const }),
    ...(ways?.gate ? { asksSight: ways.page } : {}),
  };
}

/**
 * All conditions on the rows of a source, the checks of operands among them. What the session shows is up to the policy, but a
 * transaction sees the rows it has marked itself: said here too.
 */
export function matching(
  where: Predicate | undefined,
  show: Show,
  source: Source,
  context: Context,
): readonly Sql[] {
  return [...conditionsOf(where, source, context), ...shown(show, source)];
}

/** The predicate, behind the checks of its operands. */
export function conditionsOf(
  where: Predicate | undefined,
  source: Source,
  context: Context,
): readonly Sql[] {
  const found = where ? [sql`(${condition(where, source, context)})`] : [];
  return [...context.checks, ...found];
}

/** The marks of rows that take part. */
export function shown(show: Show, source: Source): readonly Sql[] {
  const { softDelete, mark } = source.table.features;
  if (mark !== undefined) return show === 'live' ? [sql`${source.column(mark)} is not true`] : [];
  return [
    ...(softDelete && show === 'live' ? [sql`${source.column('trashed_at')} is null`] : []),
    ...(softDelete && show !== 'deleted' ? [sql`${source.column('deleted_at')} is null`] : []),
  ];
}

/** A WHERE clause of all conditions, with a space before it; nothing without any. */
export function whereAll(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`` : sql` where ${join(conditions, ' and ')}`;
}

/**
 * ` limit … offset …`: without a limit one row more than the cap, to tell that there are more. The limit is written out: bound, a generic
 * plan has to assume a tenth of the table, never beats a custom one, and the page is planned anew each time.
 */
export function pageOf(read: { limit?: number; offset?: number; cap?: number }): Sql {
  const most = read.limit ?? (read.cap === undefined ? undefined : read.cap + 1);
  const limit = most === undefined ? sql`` : sql` limit ${literal(most)}::bigint`;
  return read.offset ? sql`${limit} offset ${bind(read.offset)}::bigint` : limit;
}

/** Whether it is about one row of a table by its key: there is nothing to order or to cut, which would take a sixth of its time. */
function isByKey(
  { where, require, cursor, offset, after, behind: passed }: Read,
  table: Table,
): boolean {
  const [key] = table.key;
  return (
    require?.key !== undefined &&
    table.kind === 'table' &&
    table.key.length === 1 &&
    where?.kind === 'compare' &&
    where.operator === 'eq' &&
    where.field.kind === 'column' &&
    where.field.name === key &&
    cursor === undefined &&
    offset === undefined &&
    after === undefined &&
    passed === undefined
  );
}

/** In a read by key, an operand that can't be a key means that there is no such row. */
function keyed<T>(read: Read, table: Table, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const key = read.require?.key;
    const isKey =
      key !== undefined &&
      error instanceof ServiceError &&
      error.kind === 'invalid_operand' &&
      table.key.some((name) => name === error.detail.field);
    if (!isKey) throw error;
    const detail = { table: logicalName(table), keys: [key] };
    throw new ServiceError('row_not_found', undefined, detail, { cause: error });
  }
}

function refused(read: Read, table: Table, after: boolean, rows: Sql): Sql {
  const detail = { table: logicalName(table) };
  const cases: (readonly [Sql, Sql])[] = [];
  if (after) {
    const gone = sql`not exists (select 1 from behind)`;
    cases.push([gone, refusal('invalid_cursor', { ...detail, field: 'after' })]);
  }
  if (read.limit === undefined) {
    const more = sql`count(*) > ${bind(read.cap)}::bigint`;
    cases.push([more, refusal('limit_required', { ...detail, data: { cap: read.cap } })]);
  }
  if (read.require) {
    const { key } = read.require;
    const keys = key === undefined ? {} : { keys: [key] };
    cases.push([sql`count(*) = 0`, refusal('row_not_found', { ...detail, ...keys })]);
  }
  return cases.length === 0 ? rows : sql`coalesce(${verdict(cases)}, ${rows})`;
}

/** The row the page begins behind, as seen by the caller. */
function behind(key: string, table: Table, show: Show, order: ReturnType<typeof terms>): Sql {
  const columns = keyColumns(table);
  const values = parseKey(key, columns);
  if (!values) throw new ServiceError('invalid_cursor', undefined, { field: 'after' });
  const source = tableSource(table);
  const conditions = [...keyEquals(table, source, values), ...shown(show, source)];
  const columnsOf = cursorColumns(order);
  return sql`behind as materialized (select ${columnsOf} from ${relation(table)} as t${whereAll(conditions)})`;
}

/** The source's row is the one of these key values. */
export function keyEquals(table: Table, source: Source, values: readonly string[]): readonly Sql[] {
  return keyColumns(table).map(({ name, type }, at) => {
    return sql`${source.column(name)} = ${bind(values[at])}::${raw(castText(type))}`;
  });
}

/** All matches: by the access lists where these are the shorter way. */
function counted(ways: Ways | undefined): Sql {
  const all = sql`(select count(*) from matching)`;
  if (!ways?.few) return all;
  const few = sql`(select count(*) from matching as t${whereAll(ways.few)})`;
  return ways.dense
    ? sql`case when (select g.sparse from gate as g) then ${few} else ${all} end`
    : few;
}

/** The page without the row that tells whether more follow. */
function cut(limit: number): Sql {
  return sql`(select * from page where place <= ${bind(limit)}::bigint order by place) as r`;
}

/** Whether a page of an ordered list is read: where a caller of few rows is better served by their access lists. */
function isListOfAcl(read: Read, table: Table): boolean {
  return (
    table.kind === 'table' &&
    (table.access === 'acl' || table.access === 'lists') &&
    table.features.acl &&
    table.key.length > 0 &&
    // In mode lists few rows of many are the rule, and without a limit the cap is one.
    (read.limit ?? (table.access === 'lists' ? read.cap : 0)) > 0 &&
    !read.require
  );
}

/** The ways to a page of a table with access lists, each with its conditions: along the order, or by the lists the caller may read. */
interface Ways {
  readonly page: number;
  readonly dense?: readonly Sql[];
  readonly few?: readonly Sql[];
  /** Decides between the two. */
  readonly gate?: Sql;
}

/**
 * The way that is known to be the shorter; where none is, both behind one-time filters, of which one runs: see docs/decisions/0007.
 */
function gated(read: Read, table: Table, source: Source, sight: Sight | undefined): Ways {
  const page = nearTo((read.limit ?? read.cap + 1) + (read.offset ?? 0));
  const ids = sql`(select ${own(table, '_rowhouse_sparse_acls')}())::int[]`;
  const listed = sql`${source.column('_acl')} = any(${ids})`;
  const known = sight?.seesLittle(table, page);
  if (known !== undefined) return known ? { page, few: [listed] } : { page, dense: [] };
  const test = sql`${own(table, '_rowhouse_sparse')}(${literal(toText(relation(table)))}::regclass, ${bind(page)}::int)`;
  return {
    page,
    gate: sql`gate as materialized (select ${test} as sparse)`,
    dense: [sql`not (select g.sparse from gate as g)`],
    few: [sql`(select g.sparse from gate as g)`, listed],
  };
}

/** A power of two that an integer holds: who goes from page to page is not asked about at each, and near the limit either way will do. */
function nearTo(end: number): number {
  return 2 ** Math.min(30, Math.round(Math.log2(end)));
}
