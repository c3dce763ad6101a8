import { ServiceError } from '../base/errors.ts';
import { bind, join, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { logicalName } from '../model/table-schema.ts';
import type { GroupCondition } from '../statement/aggregate.ts';
import type { Aggregate } from '../statement/statement.ts';
import { type Called, called, type Listing } from './aggregate-call.ts';
import { groupValue, isNumber } from './expression.ts';
import { jsonCondition } from './json-path.ts';
import { misfit } from './operand.ts';
import { columnCondition } from './operators.ts';
import type { Planned } from './planned.ts';
import { printed } from './print.ts';
import { matching, pageOf, whereAll } from './read.ts';
import { refusal, verdict } from './refuse.ts';
import { type Context, newContext, relation, type Source, tableOf, tableSource } from './scope.ts';
import { shapeBound } from './shape.ts';

/** A column of the groups. */
interface GroupColumn extends Called {
  readonly as: string;
  readonly name: Sql;
}

/** Groups with their functions. Values are computed in a select of their own: a bound path can't be repeated in GROUP BY. */
export function planAggregate(aggregate: Aggregate, catalog: Catalog): Planned {
  const context = newContext(catalog);
  const table = tableOf(catalog, aggregate.table);
  const source = tableSource(table);
  const keys = aggregate.groupBy.map((key, at) => {
    const { sql: input, type } = groupValue(key, source, context);
    return { as: key.as, name: raw(`g${at}`), input, value: sql`v.${raw(`g${at}`)}`, type };
  });
  const listing: Listing = {
    format: aggregate.format,
    key: table.key.map((_, at) => sql`v.${raw(`k${at}`)}`),
    cap: aggregate.cap,
  };
  const functions = aggregate.functions.map((each, at) => ({
    as: each.as,
    name: raw(`f${at}`),
    ...called(each, each.as, raw(`a${at}`), source, listing),
  }));
  const outputs: readonly GroupColumn[] = [...keys, ...functions];
  const tests = (aggregate.having ?? []).map((test, at) =>
    tested(test, at, outputs, source, listing),
  );
  const having = tests.map(({ test, column }) => holds(test, column, context));
  const where = matching(aggregate.where, aggregate.show, source, context);

  const inputs = [
    ...keys.map(({ input, name }) => sql`${input} as ${name}`),
    ...functions.flatMap(({ input }, at) => (input ? [sql`${input} as ${raw(`a${at}`)}`] : [])),
    ...tests.flatMap(({ column, own }, at) =>
      own && column.input ? [sql`${column.input} as ${raw(`b${at}`)}`] : [],
    ),
    ...(aggregate.functions.some(({ fn }) => fn.endsWith('_agg'))
      ? table.key.map((name, at) => sql`${source.column(name)} as ${raw(`k${at}`)}`)
      : []),
  ];
  const columns = [...outputs, ...tests.flatMap(({ column, own }) => (own ? [column] : []))].map(
    ({ value, name }) => sql`${value} as ${name}`,
  );
  const values = sql`select ${listOr1(inputs)} from ${relation(table)} as t${whereAll(where)}`;
  const grouping =
    keys.length === 0 ? sql`` : sql` group by ${join(keys.map(({ value }) => value))}`;
  // Without groups there is one row, of no values too.
  const single = outputs.length === 0 ? sql` limit 1` : sql``;
  const made = sql`select ${listOr1(columns)} from (${values}) as v${grouping}${single}`;
  const groups = sql`groups as (select s.* from (${made}) as s${whereAll(having)})`;

  const printer = shapeBound(
    outputs.map(({ as, name, type }) => ({
      as,
      value: printed(sql`s.${name}`, type, aggregate.format),
    })),
  );
  const order = orderOf(aggregate, keys, outputs);
  const page = keys.length === 0 && aggregate.limit === undefined ? sql`` : pageOf(aggregate);
  const rows = sql`select ${printer.select} from groups as s${order}${page}`;
  const refused = refusal('limit_required', { table: logicalName(table) });
  const more = sql`count(*) > ${bind(aggregate.cap)}::bigint`;
  const answer =
    keys.length === 0 || aggregate.limit !== undefined
      ? printer.rows
      : sql`coalesce(${verdict([[more, refused]])}, ${printer.rows})`;
  const total = aggregate.total ? sql`(select count(*) from groups)` : sql`null::bigint`;
  const text = sql`with ${groups} select ${answer} as rows, count(*)::int as count, ${total} as total, null::int as matched, null::int as changed from (${rows}) as r`;
  return {
    query: toQuery(text),
    show: aggregate.show,
    intent: 'aggregate',
    readOnly: true,
    table,
    suspects: context.suspects,
  };
}

function listOr1(list: readonly Sql[]): Sql {
  return list.length === 0 ? sql`1 as one` : join(list);
}

/** The output a condition speaks of, or a column of its own for a function that is not shown. */
function tested(
  test: GroupCondition,
  at: number,
  outputs: readonly GroupColumn[],
  source: Source,
  listing: Listing,
): { readonly test: GroupCondition; readonly column: GroupColumn; readonly own: boolean } {
  if ('output' in test.of) return { test, column: outputOf(test.of.output, outputs), own: false };
  const call = called(test.of, test.label, raw(`b${at}`), source, listing);
  return { test, column: { as: test.label, name: raw(`h${at}`), ...call }, own: true };
}

function outputOf(name: string, outputs: readonly GroupColumn[]): GroupColumn {
  const found = outputs.find(({ as }) => as === name);
  if (found) return found;
  throw new ServiceError('column_not_found', undefined, { field: name });
}

function holds(test: GroupCondition, column: GroupColumn, context: Context): Sql {
  const place = { field: test.label, operator: test.operator };
  const value = sql`s.${column.name}`;
  if (column.listed) return misfit(place, 'type');
  const { type } = column;
  if (type.base === 'jsonb' && !type.array) {
    const field = {
      kind: 'json',
      value,
      text: sql`(${value} #>> '{}'::text[])`,
      column: value,
    } as const;
    return jsonCondition(field, test.operator, test.operand, place, context);
  }
  // A count can be compared with any number.
  const as = isNumber(type) ? ({ base: 'numeric' } as const) : type;
  return columnCondition(value, as, test.operator, test.operand, place, context);
}

/** The order asked for, then the keys of the groups, by which no two are alike. */
function orderOf(
  { order = [] }: Aggregate,
  keys: readonly GroupColumn[],
  outputs: readonly GroupColumn[],
): Sql {
  const terms = order.map(({ output, descending }) => {
    const column = outputOf(output, outputs);
    if (column.listed) return misfit({ field: output, operator: 'order' }, 'type');
    return sql`s.${column.name}${raw(descending ? ' desc' : '')}`;
  });
  const all = [...terms, ...keys.map(({ name }) => sql`s.${name}`)];
  return all.length === 0 ? sql`` : sql` order by ${join(all)}`;
}
