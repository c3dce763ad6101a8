import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { bind, ident, join, raw, type Sql, sql } from '../base/sql.ts';
import { type ColumnType, classOf } from '../base/types.ts';
import type { Table } from '../model/table.ts';
import type { Field, Hop } from '../statement/predicate.ts';
import type { Order } from '../statement/statement.ts';
import { sortable } from './field.ts';
import { castText, misfit } from './operand.ts';
import { step } from './relation.ts';
import { type Context, needColumn, type Source } from './scope.ts';

/** One term of an order, with all defaults said. */
export interface Term {
  readonly value: Sql;
  readonly type: ColumnType;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  /** Can't be NULL. */
  readonly total: boolean;
}

/** The order asked for, then the primary key columns not yet in it. */
export function terms(order: readonly Order[], source: Source, context: Context): readonly Term[] {
  const { table } = source;
  const asked = order.map(({ field, via = [], descending, nulls, sort }) => ({
    ...reached(via, field, sort, source, context),
    descending,
    nullsFirst: nulls === undefined ? descending : nulls === 'first',
    total:
      via.length === 0 &&
      field.kind === 'column' &&
      isTotal(table, field.name) &&
      fitsAlways(field, sort, table),
  }));
  const named = new Set(
    order.flatMap(({ field, via = [], sort }) =>
      field.kind === 'column' && via.length === 0 && sort === undefined ? [field.name] : [],
    ),
  );
  const rest = table.key
    .filter((name) => !named.has(name))
    .map((name) => ({
      value: source.column(name),
      type: needColumn(table, name),
      descending: false,
      nullsFirst: false,
      total: true,
    }));
  return [...asked, ...rest];
}

/** The expression at the end of forward hops, each of which leads to one row at most. */
function reached(
  via: readonly Hop[],
  field: Field,
  sort: Order['sort'],
  source: Source,
  context: Context,
): { readonly value: Sql; readonly type: ColumnType } {
  const [hop, ...rest] = via;
  if (!hop) return sortedBy(field, sort, source);
  if (hop.direction !== 'forward')
    return misfit({ field: hop.reference, operator: 'order' }, 'many');
  const { far, from, links } = step(hop, source, context);
  const { value, type } = reached(rest, field, sort, far, context);
  return { value: sql`(select ${value} from ${from} where ${join(links, ' and ')})`, type };
}

/** The expression of a sorting type: functions that an index can be made on. */
function sortedBy(
  field: Field,
  sort: Order['sort'],
  source: Source,
): { readonly value: Sql; readonly type: ColumnType } {
  const { sql: value, stored, type } = sortable(field, source);
  // A null of JSON is of no sorting type.
  const json = type.base === 'jsonb' && !type.array ? stored : sql`to_jsonb(${value})`;
  const isTime = type.base === 'timestamptz' && !type.array;
  switch (sort) {
    case undefined:
      return { value, type };
    case 'random':
      return { value: sql`random()`, type: { base: 'double precision' } };
    case 'number':
      return { value: sql`rowhouse.sort_number(${json})`, type: { base: 'numeric' } };
    case 'time':
      if (isTime) return { value, type };
      return { value: sql`rowhouse.sort_time(${json})`, type: { base: 'timestamptz' } };
    case 'text': {
      if (isTime) return { value, type };
      const isText = classOf(type) === 'text' && !type.array;
      const text = isText ? value : sql`rowhouse.sort_text(${json})`;
      return { value: sql`(${text} collate "C")`, type: { base: 'text' } };
    }
    default: {
      const never: never = sort;
      return never;
    }
  }
}

/** Whether no value of the column counts as missing in the sorting type. */
function fitsAlways(
  field: Extract<Field, { kind: 'column' }>,
  sort: Order['sort'],
  table: Table,
): boolean {
  if (sort === undefined) return true;
  const { base } = needColumn(table, field.name);
  return base === 'timestamptz' ? sort !== 'number' : base === 'text' && sort === 'text';
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

/** The CTE `behind` of values that the caller names. */
export function valuesBehind(values: readonly Json[], list: readonly Term[]): Sql {
  const columns = values.map((value, at) => {
    const term = list[at];
    if (!term) throw new ServiceError('invalid_cursor', undefined, { field: 'after' });
    const text = value === null ? null : String(value);
    return sql`${bind(text)}::${raw(castText(term.type))} as ${ident(`c${at}`)}`;
  });
  return sql`behind as materialized (select ${join(columns)})`;
}

/** JSON text of the terms' values in a row `p` that has them as {@link cursorColumns}: what {@link valuesBehind} takes. */
export function cursorText(list: readonly Term[]): Sql {
  const values = list.map(({ type }, at) => {
    const value = sql`p.${ident(`c${at}`)}`;
    return type.base === 'timestamptz' ? sql`rowhouse.json_time(${value}, 'trimmed')` : value;
  });
  return sql`json_build_array(${join(values)})::text`;
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
