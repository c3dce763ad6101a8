import { ServiceError } from '../base/errors.ts';
import { join, raw, type Sql, sql } from '../base/sql.ts';
import type { AggregateCall, GroupCondition } from '../statement/aggregate.ts';
import type { Aggregate } from '../statement/statement.ts';
import { type Called, called, type Listing } from './aggregate-call.ts';
import { groupValue, isNumber } from './expression.ts';
import { jsonCondition } from './json-path.ts';
import { misfit } from './operand.ts';
import { columnCondition } from './operators.ts';
import { matching, whereAll } from './read.ts';
import { type Context, relation, type Source } from './scope.ts';

/** A column of the groups. */
export interface GroupColumn extends Called {
  readonly as: string;
  readonly name: Sql;
  /** Where its input is found in the rows `v`. */
  readonly slot: Sql;
}

/** The groups of a table's rows that meet all conditions. */
export interface Groups {
  /** The CTE `groups`. Values are computed in a select of their own: a bound path can't be repeated in GROUP BY. */
  readonly cte: Sql;
  readonly keys: readonly GroupColumn[];
  readonly outputs: readonly GroupColumn[];
}

/** @throws ServiceError column_not_found, invalid_operand */
export function groupsOf(aggregate: Aggregate, source: Source, context: Context): Groups {
  const { table } = source;
  const keys = aggregate.groupBy.map((key, at): GroupColumn => {
    const name = raw(`g${at}`);
    const { sql: input, type } = groupValue(key, source, context);
    return { as: key.as, name, slot: name, input, value: sql`v.${name}`, type };
  });
  const listing: Listing = {
    format: aggregate.format,
    key: table.key.map((_, at) => sql`v.${raw(`k${at}`)}`),
    cap: aggregate.cap,
  };
  const column = (call: AggregateCall, as: string, name: Sql, slot: Sql): GroupColumn => ({
    as,
    name,
    slot,
    ...called(call, as, slot, source, listing),
  });
  const functions = aggregate.functions.map((each, at) =>
    column(each, each.as, raw(`f${at}`), raw(`a${at}`)),
  );
  const outputs = [...keys, ...functions];
  const hidden: GroupColumn[] = [];
  const having = (aggregate.having ?? []).map((test, at) => {
    if ('output' in test.of) return holds(test, outputOf(test.of.output, outputs), context);
    const own = column(test.of, test.label, raw(`h${at}`), raw(`b${at}`));
    hidden.push(own);
    return holds(test, own, context);
  });
  const where = matching(aggregate.where, aggregate.show, source, context);

  const all = [...outputs, ...hidden];
  const inputs = [
    ...all.flatMap(({ input, slot }) => (input ? [sql`${input} as ${slot}`] : [])),
    ...table.key.map((name, at) => sql`${source.column(name)} as ${raw(`k${at}`)}`),
  ];
  const columns = all.map(({ value, name }) => sql`${value} as ${name}`);
  const values = sql`select ${listOr1(inputs)} from ${relation(table)} as t${whereAll(where)}`;
  const grouping =
    keys.length === 0 ? sql`` : sql` group by ${join(keys.map(({ value }) => value))}`;
  // Without groups there is one row, of no values too.
  const single = all.length === 0 ? sql` limit 1` : sql``;
  const made = sql`select ${listOr1(columns)} from (${values}) as v${grouping}${single}`;
  return { cte: sql`groups as (select s.* from (${made}) as s${whereAll(having)})`, keys, outputs };
}

function listOr1(list: readonly Sql[]): Sql {
  return list.length === 0 ? sql`1 as one` : join(list);
}

/** @throws ServiceError column_not_found */
export function outputOf(name: string, outputs: readonly GroupColumn[]): GroupColumn {
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
