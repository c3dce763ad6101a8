import { ident, join, raw, type Sql, sql } from '../base/sql.ts';
import type { Table } from '../model/table.ts';
import type { Order } from '../statement/statement.ts';
import { sortable } from './field.ts';
import type { Source } from './scope.ts';

/** One term of an order, with all defaults said. */
interface Term {
  readonly value: Sql;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  /** Can't be NULL. */
  readonly total: boolean;
}

/** The order asked for, then the primary key columns not yet in it. */
export function terms(order: readonly Order[], source: Source): readonly Term[] {
  const { table } = source;
  const asked = order.map(({ field, descending, nulls }) => ({
    value: sortable(field, source).sql,
    descending,
    nullsFirst: nulls === undefined ? descending : nulls === 'first',
    total: field.kind === 'column' && isTotal(table, field.name),
  }));
  const named = new Set(
    order.flatMap(({ field }) => (field.kind === 'column' ? [field.name] : [])),
  );
  const rest = table.key
    .filter((name) => !named.has(name))
    .map((name) => ({
      value: source.column(name),
      descending: false,
      nullsFirst: false,
      total: true,
    }));
  return [...asked, ...rest];
}

function isTotal(table: Table, name: string): boolean {
  if (table.key.includes(name)) return true;
  const column = table.columns.find((each) => each.name === name);
  return column ? column.required : name === 'created_at' || name === 'updated_at';
}

/** ` order by …`, or nothing. */
export function orderBy(list: readonly Term[]): Sql {
  if (list.length === 0) return sql``;
  const spelt = list.map(({ value, descending, nullsFirst }) => {
    const direction = raw(descending ? ' desc' : '');
    const nulls = raw(nullsFirst === descending ? '' : nullsFirst ? ' nulls first' : ' nulls last');
    return sql`${value}${direction}${nulls}`;
  });
  return sql` order by ${join(spelt)}`;
}

/** The terms' values under c0, c1, …: the row a page begins behind. */
export function cursorColumns(list: readonly Term[]): Sql {
  return join(list.map(({ value }, at) => sql`${value} as ${ident(`c${at}`)}`));
}

/**
 * Rows strictly behind the row of the CTE `behind`, in lexicographic order with each term's direction and NULL placement. A first
 * term without NULLs is bounded on its own, so that its index finds the start of the page.
 */
export function isBehind(list: readonly Term[]): Sql {
  const cursor = (at: number): Sql => sql`(select b.${ident(`c${at}`)} from behind as b)`;
  const alternatives = list.map((term, at) => {
    const ties = list
      .slice(0, at)
      .map(({ value, total }, tied) =>
        total
          ? sql`${value} = ${cursor(tied)}`
          : sql`${value} is not distinct from ${cursor(tied)}`,
      );
    return sql`(${join([...ties, beyond(term, cursor(at))], ' and ')})`;
  });
  const any = sql`(${join(alternatives, ' or ')})`;
  const [first] = list;
  if (!first?.total || list.length === 1) return any;
  const bound = sql`${first.value} ${raw(first.descending ? '<=' : '>=')} ${cursor(0)}`;
  return sql`${bound} and ${any}`;
}

function beyond({ value, descending, nullsFirst, total }: Term, cursor: Sql): Sql {
  const further = sql`${value} ${raw(descending ? '<' : '>')} ${cursor}`;
  if (total) return further;
  return nullsFirst
    ? sql`(${further} or (${cursor} is null and ${value} is not null))`
    : sql`(${further} or (${cursor} is not null and ${value} is null))`;
}
