import { ServiceError } from '../base/errors.ts';
import { join, literal, raw, type Sql, sql } from '../base/sql.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Related } from '../statement/output.ts';
import type { Hop } from '../statement/predicate.ts';
import { followed } from './relation.ts';
import { type Context, liveOnly, relation, type Source, tableSource } from './scope.ts';

/** Rows of another table that belong to one row of a source: what is between `from` and the end of a lateral select. */
export interface Far {
  readonly source: Source;
  /** Alias of the join. */
  readonly name: Sql;
  /** The rows under the source's alias: one at most, or the first ones by key and one more. */
  readonly rows: Sql;
  /** Of a single row: what makes it belong. */
  readonly where: Sql;
  /** Of many: how many are wanted, and the column that numbers them from 1. */
  readonly limit?: number;
  readonly place: Sql;
}

/** @throws ServiceError relation_not_found, table_disabled, endpoint_disabled */
export function farOf(related: Related, near: Source, context: Context): Far {
  const table = tableAt(related.hops, near.table, context);
  const { endpoints } = table;
  if (endpoints && !endpoints.includes(related.many ? 'list' : 'read')) {
    const reason = related.many ? 'list' : 'read';
    throw new ServiceError('endpoint_disabled', undefined, { table: logicalName(table), reason });
  }
  const n = ++context.related;
  const alias = `p${n}`;
  const source = tableSource(table, alias);
  const links = reached(related.hops, near, source, context);
  const where = sql` where ${join([...links, ...liveOnly(table, source)], ' and ')}`;
  const common = { source, name: raw(`j${n}`), place: sql`${raw(alias)}._rowhouse_place` };
  const rows = sql`${relation(table)} as ${raw(alias)}`;
  const order =
    table.key.length === 0 ? sql`` : sql`order by ${join(table.key.map(source.column))}`;
  if (!related.many) {
    // What a foreign key refers to is unique: without a limit the planner may join as it likes.
    const single = related.hops.every(({ direction }) => direction === 'forward');
    return { ...common, rows, where: single ? where : sql`${where} ${order} limit 1` };
  }
  const { limit } = related.many;
  // One more than wanted tells that there are more.
  const few = sql`select ${raw(alias)}.*, row_number() over (${order}) as _rowhouse_place from ${rows}${where} ${order} limit ${literal(limit + 1)}::bigint`;
  return { ...common, rows: sql`(${few}) as ${raw(alias)}`, where: sql``, limit };
}

/** Columns of a table that its related rows are found by. */
export function nearColumns({ hops }: Related, table: Table, context: Context): readonly string[] {
  const [hop] = hops;
  return hop ? followed(hop, table, context).pairs.map(([near]) => near) : [];
}

function tableAt(hops: readonly Hop[], from: Table, context: Context): Table {
  return hops.reduce((table, hop) => followed(hop, table, context).table, from);
}

/** What makes a far row the end of the hops: rows of tables between are looked for, never joined, so that it comes once. */
function reached(
  hops: readonly Hop[],
  near: Source,
  far: Source,
  context: Context,
): readonly Sql[] {
  const [hop, ...rest] = hops;
  if (!hop) return [sql`false`];
  const { table, pairs } = followed(hop, near.table, context);
  const alias = `m${++context.related}`;
  const there = rest.length === 0 ? far : tableSource(table, alias);
  const links = pairs.map(([mine, its]) => sql`${there.column(its)} = ${near.column(mine)}`);
  if (rest.length === 0) return links;
  const all = [...links, ...liveOnly(table, there), ...reached(rest, there, far, context)];
  return [
    sql`exists (select 1 from ${relation(table)} as ${raw(alias)} where ${join(all, ' and ')})`,
  ];
}
