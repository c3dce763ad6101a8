import { bind, join, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Aggregate } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import { type Groups, groupsOf, outputOf } from './groups.ts';
import { misfit } from './operand.ts';
import type { Planned } from './planned.ts';
import { printed } from './print.ts';
import { pageOf } from './read.ts';
import { refusal, verdict } from './refuse.ts';
import { newContext, tableOf, tableSource } from './scope.ts';
import { shapeBound } from './shape.ts';

/** Groups with their functions: matches, groups, page and print in one statement. */
export function planAggregate(aggregate: Aggregate, catalog: Catalog): Planned {
  const context = newContext(catalog);
  const table = tableOf(catalog, aggregate.table);
  const groups = groupsOf(aggregate, tableSource(table), context);
  const printer = shapeBound(
    groups.outputs.map(({ as, name, type }) => ({
      as,
      value: printed(sql`s.${name}`, type, aggregate.format),
    })),
  );
  const single = groups.keys.length === 0;
  const page = single && aggregate.limit === undefined ? sql`` : pageOf(aggregate);
  const rows = sql`select ${printer.select} from groups as s${orderOf(aggregate, groups)}${page}`;
  const refused = refusal('limit_required', { table: logicalName(table) });
  const more = sql`count(*) > ${bind(aggregate.cap)}::bigint`;
  const answer =
    single || aggregate.limit !== undefined
      ? printer.rows
      : sql`coalesce(${verdict([[more, refused]])}, ${printer.rows})`;
  const total = aggregate.total ? sql`(select count(*) from groups)` : sql`null::bigint`;
  const text = sql`with ${groups.cte} select ${answerRow({ rows: answer, total })} from (${rows}) as r`;
  return {
    query: toQuery(text),
    show: aggregate.show,
    intent: 'aggregate',
    readOnly: true,
    table,
    suspects: context.suspects,
  };
}

/** The order asked for, then the keys of the groups, by which no two are alike. */
function orderOf({ order = [] }: Aggregate, { keys, outputs }: Groups): Sql {
  const terms = order.map(({ output, descending }) => {
    const column = outputOf(output, outputs);
    if (column.listed) return misfit({ field: output, operator: 'order' }, 'type');
    return sql`s.${column.name}${raw(descending ? ' desc' : '')}`;
  });
  const all = [...terms, ...keys.map(({ name }) => sql`s.${name}`)];
  return all.length === 0 ? sql`` : sql` order by ${join(all)}`;
}
