import { bind, join, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import { type ColumnType, classOf } from '../base/types.ts';
import type { Catalog } from '../model/catalog.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Aggregate, AggregateFunction } from '../statement/statement.ts';
import { fieldName, resolve, sortable } from './field.ts';
import { misfit } from './operand.ts';
import type { Planned } from './planned.ts';
import { printed } from './print.ts';
import { matching, whereAll } from './read.ts';
import { refusal, verdict } from './refuse.ts';
import { newContext, relation, type Source, tableOf, tableSource } from './scope.ts';
import { shapeBound } from './shape.ts';

/** Groups with their functions. Values are computed in a select of their own: a bound path can't be repeated in GROUP BY. */
export function planAggregate(aggregate: Aggregate, catalog: Catalog): Planned {
  const context = newContext(catalog);
  const table = tableOf(catalog, aggregate.table);
  const source = tableSource(table);
  const { format } = aggregate;
  const where = matching(aggregate.where, aggregate.show, source, context);
  const groups = aggregate.groupBy.map((field, at) => ({
    as: fieldName(field),
    name: raw(`g${at}`),
    ...sortable(field, source),
  }));
  const functions = aggregate.functions.map((each, at) => ({
    as: each.as,
    name: raw(`f${at}`),
    ...call(each, raw(`a${at}`), source),
  }));
  const inputs = [
    ...groups.map((group) => sql`${group.sql} as ${group.name}`),
    ...functions.flatMap(({ input }, at) => (input ? [sql`${input} as ${raw(`a${at}`)}`] : [])),
  ];
  const values = sql`select ${inputs.length === 0 ? sql`1 as one` : join(inputs)} from ${relation(table)} as t${whereAll(where)}`;
  const names = join(groups.map(({ name }) => sql`v.${name}`));
  const select = join([
    ...groups.map(({ name }) => sql`v.${name}`),
    ...functions.map(({ value, name }) => sql`${value} as ${name}`),
    ...(groups.length + functions.length === 0 ? [sql`1 as one`] : []),
  ]);
  const grouping =
    groups.length === 0
      ? sql``
      : sql` group by ${names} order by ${names} limit ${bind(aggregate.cap + 1)}::bigint`;
  // Without groups there is one row, of no values too.
  const single = groups.length + functions.length === 0 ? sql` limit 1` : sql``;
  const keys = [...groups, ...functions].map((each) => ({
    as: each.as,
    value: printed(sql`s.${each.name}`, each.type, format),
  }));
  const printer = shapeBound(keys);
  const more = sql`count(*) > ${bind(aggregate.cap)}::bigint`;
  const refused = refusal('limit_required', { table: logicalName(table) });
  const rows =
    groups.length === 0
      ? printer.rows
      : sql`coalesce(${verdict([[more, refused]])}, ${printer.rows})`;
  const text = sql`select ${rows} as rows, count(*)::int as count, null::bigint as total, null::int as matched, null::int as changed from (select ${printer.select} from (select ${select} from (${values}) as v${grouping}${single}) as s) as r`;
  return {
    query: toQuery(text),
    show: aggregate.show,
    intent: 'edit',
    readOnly: true,
    table,
    suspects: context.suspects,
  };
}

/** A function: what it is given per row, its value over `v`, and the type that prints it. */
function call(
  { fn, field, as }: Aggregate['functions'][number],
  name: Sql,
  source: Source,
): { input?: Sql; value: Sql; type: ColumnType } {
  if (!field) {
    if (fn !== 'count') return misfit({ field: as, operator: fn }, 'aggregate');
    return { value: sql`count(*)`, type: { base: 'bigint' } };
  }
  const place = { field: fieldName(field), operator: fn };
  const found = resolve(field, source);
  if (found.kind === 'access') return misfit(place, 'aggregate');
  const counts = fn === 'count' || fn === 'count_distinct';
  if (found.kind === 'json') {
    // Only numbers can be summed or compared; counting takes any value that is there.
    const number = sql`(case when jsonb_typeof(${found.column}) = 'number' then ${found.column}::numeric end)`;
    const type: ColumnType = { base: 'numeric' };
    return { input: counts ? found.value : number, ...over(fn, sql`v.${name}`, type) };
  }
  if (!counts && !takes(fn, found.type)) return misfit(place, 'aggregate');
  return { input: found.sql, ...over(fn, sql`v.${name}`, found.type) };
}

function takes(fn: AggregateFunction, type: ColumnType): boolean {
  if (type.array) return false;
  const family = classOf(type);
  return (
    family === 'number' ||
    ((fn === 'min' || fn === 'max') && (family === 'text' || family === 'time'))
  );
}

function over(
  fn: AggregateFunction,
  value: Sql,
  type: ColumnType,
): { value: Sql; type: ColumnType } {
  switch (fn) {
    case 'count':
      return { value: sql`count(${value})`, type: { base: 'bigint' } };
    case 'count_distinct':
      return { value: sql`count(distinct ${value})`, type: { base: 'bigint' } };
    case 'sum':
      return { value: sql`sum(${value})`, type: sumType(type) };
    case 'avg':
      // Always a number: a double is as exact as a mean needs.
      return { value: sql`avg(${value})::float8`, type: { base: 'double precision' } };
    case 'min':
      return { value: sql`min(${value})`, type };
    case 'max':
      return { value: sql`max(${value})`, type };
    default: {
      const never: never = fn;
      return never;
    }
  }
}

/** As Postgres widens: smallint and integer → bigint, bigint → numeric. */
function sumType(type: ColumnType): ColumnType {
  if (type.base === 'smallint' || type.base === 'integer') return { base: 'bigint' };
  return type.base === 'bigint' ? { base: 'numeric' } : type;
}
