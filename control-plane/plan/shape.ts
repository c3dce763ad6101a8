import { keep } from '../base/keep.ts';
import { bind, ident, join, literal, raw, type Sql, settled, sql } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import type { Format, Output, OutputItem } from '../statement/output.ts';
import { undeclared } from './held.ts';
import { printed } from './print.ts';
import { type Far, farOf } from './related.ts';
import { right, rights } from './right.ts';
import { type Context, joinLists, needColumn, type Source } from './scope.ts';
import { rank } from './search.ts';

/** The keys of an output row. */
export interface Shape {
  /** Select list, one expression a key, to be aliased as the rows `r`. */
  readonly select: Sql;
  /** JSON text of all rows of `r`, an array. */
  readonly rows: Sql;
  /** JSON text of one row of `r`. */
  readonly row: Sql;
  /** Joins that find related rows, behind those of the row itself. */
  readonly joins: readonly Sql[];
  /** Whether some key needs the access lists of a row. */
  readonly lists: boolean;
}

interface Key {
  readonly as: string;
  readonly value: Sql;
  readonly optional?: boolean;
  /** The value is an object whose members are keys of the row. */
  readonly spread?: boolean;
}

/** How one row of `r` is printed, as JSON text and as JSON. */
interface Printer {
  readonly select: Sql;
  readonly text: Sql;
  readonly json: Sql;
  /** Whether empty optional keys are still to be cut out of the text. */
  readonly cut?: readonly Key[];
}

/** Shapes of a table as it is now defined: most requests of a table ask for the same keys. */
const known = new WeakMap<Table, Map<string, Shape>>();
const mostKnown = 64;

/** How rows of a source are printed. `bound`: the rows have more columns than keys. */
export function shape(output: Output, source: Source, context: Context, bound = false): Shape {
  const { table, name } = source;
  if (name === undefined || !output.items.every(isOfTable)) {
    return shaped(output, source, context, bound);
  }
  const shapes = known.get(table) ?? new Map<string, Shape>();
  known.set(table, shapes);
  // Half of what a plan took: .4 of it with the text put together once.
  const key = `${name} ${bound} ${JSON.stringify(output)}`;
  const found = shapes.get(key);
  if (found !== undefined) return found;
  const made = shaped(output, source, context, bound);
  const { select, rows, row } = made;
  const kept = { ...made, select: settled(select), rows: settled(rows), row: settled(row) };
  keep(shapes, key, kept, mostKnown);
  return kept;
}

/** Whether the item says the same in every request, whatever else the plan is about. */
function isOfTable({ kind }: OutputItem): boolean {
  return (
    kind === 'column' ||
    kind === 'access' ||
    kind === 'literal' ||
    kind === 'object' ||
    kind === 'member'
  );
}

function shaped(output: Output, source: Source, context: Context, bound: boolean): Shape {
  const { joins, lists, ...printer } = printerOf(output, source, context, bound);
  return {
    select: printer.select,
    rows: rowsOf(printer),
    row: withoutOptional(printer.text, printer.cut ?? []),
    joins,
    lists,
  };
}

function printerOf(
  { items, format, undeclared: open = false }: Output,
  source: Source,
  context: Context,
  bound: boolean,
): Printer & Pick<Shape, 'joins' | 'lists'> {
  const joins: Sql[] = [];
  const keys = items.flatMap((item): Key[] => {
    if (item.kind !== 'related') return [keyOf(item, source, format, context.catalog)];
    const far = farOf(item, source, context);
    const printer = printerOf({ items: item.items, format }, far.source, context, false);
    joins.push(joinOf(far, printer));
    const value = { as: item.as, value: sql`${far.name}.v` };
    if (!item.many) return [value];
    return [value, { as: item.many.truncated, value: sql`${far.name}.cut`, optional: true }];
  });
  const lists = source.table.features.acl && items.some(needsLists);
  // Rows within rows are printed like a missing optional key: then such a key is never printed, not cut out again.
  const exact = joins.length > 0 && keys.some(({ optional }) => optional);
  if (open) keys.push(...spreadOf(items, source));
  return { ...(bound || exact || open ? boundKeys(keys) : namedKeys(keys)), joins, lists };
}

/** The related rows of a row as a lateral join: `v` their JSON, `cut` whether there are more. */
function joinOf(far: Far, printer: ReturnType<typeof printerOf>): Sql {
  const { source, name } = far;
  const lists = printer.lists ? joinLists(source.table, source) : sql``;
  const joins = join([lists, ...printer.joins], '');
  if (far.limit === undefined) {
    const row = sql`select ${printer.select} from ${far.rows}${joins}${far.where}`;
    return sql` left join lateral (select ${printer.json} as v from (${row}) as r) as ${name} on true`;
  }
  const limit = sql`${literal(far.limit)}::bigint`;
  const row = sql`select ${printer.json} as v from (select ${printer.select}) as r`;
  const each = sql`select e.v, ${far.place} as n from ${far.rows}${joins} cross join lateral (${row}) as e`;
  const list = sql`coalesce(json_agg(q.v order by q.n) filter (where q.n <= ${limit}), '[]'::json) as v`;
  return sql` left join lateral (select ${list}, nullif(count(*) > ${limit}, false) as cut from (${each}) as q) as ${name} on true`;
}

function needsLists(item: OutputItem): boolean {
  if (item.kind === 'rights') return item.rights.some(({ right: each }) => each === 'denied');
  return item.kind === 'access' || (item.kind === 'right' && item.right === 'denied');
}

/** Keys that the engine knows are column names of `r`, for row_to_json. */
function namedKeys(keys: readonly Key[]): Printer {
  if (keys.length === 0 || !fitAsColumns(keys)) return boundKeys(keys);
  const select = join(keys.map(({ as, value }) => sql`${value} as ${ident(as)}`));
  // The star makes it the row: alone, r would be a column of that name.
  const json = sql`row_to_json(r.*)`;
  return {
    select,
    json,
    text: sql`${json}::text`,
    cut: keys.filter(({ optional }, at) => optional && at > 0),
  };
}

/** Named values as one JSON object a row, whoever chose the names: they are bound. */
function boundKeys(keys: readonly Key[]): Printer {
  const select = join(keys.map(({ value }, at) => sql`${value} as ${raw(`v${at}`)}`));
  const members = keys.map(({ as, optional, spread }, at) => {
    const key = sql`${bind(`${at === 0 ? '' : ','}${JSON.stringify(as)}:`)}::text`;
    const value = sql`r.${raw(`v${at}`)}`;
    if (spread) {
      return sql`coalesce(',' || nullif(substr(${value}::text, 2, length(${value}::text) - 2), ''), '')`;
    }
    if (optional && at > 0) return sql`coalesce(${key} || to_json(${value})::text, '')`;
    return sql`${key} || coalesce(to_json(${value})::text, 'null')`;
  });
  const text = join([sql`'{'`, ...members, sql`'}'`], ' || ');
  return { select: keys.length === 0 ? sql`1 as one` : select, text, json: sql`(${text})::json` };
}

/** As {@link Shape}, of values that come from no one table. */
export function shapeBound(keys: readonly Key[]): Pick<Shape, 'select' | 'rows'> {
  const printer = boundKeys(keys);
  return { select: printer.select, rows: rowsOf(printer) };
}

function rowsOf({ text, cut = [] }: Printer): Sql {
  return withoutOptional(arrayOf(text), cut);
}

/** 1.2× json_agg(row_to_json(r)), 1.8× json_agg(json_build_object(…)): 200,000 rows of six columns in 526, 622 and 932 ms. */
function arrayOf(row: Sql): Sql {
  return sql`rowhouse.bounded(coalesce('[' || string_agg(${row}, ',') || ']', '[]'))`;
}

/** Whether the keys can be column names: distinct, not cut by Postgres. */
function fitAsColumns(keys: readonly Key[]): boolean {
  const names = new Set(keys.map(({ as }) => as));
  return (
    names.size === keys.length &&
    keys.every(({ as }) => as !== '' && Buffer.byteLength(as) <= 63 && !as.includes('\0'))
  );
}

/**
 * An optional key comes as null where it is empty and is cut out of the text: `,"key":null` with bare quotes and no space occurs
 * nowhere else, because quotes in strings are escaped and jsonb prints a space behind its colons. It is never the first key.
 */
function withoutOptional(rows: Sql, keys: readonly Key[]): Sql {
  return keys.reduce(
    (text, { as }) => sql`replace(${text}, ${bind(`,${JSON.stringify(as)}:null`)}::text, '')`,
    rows,
  );
}

/** Members under names that no item has taken. */
function spreadOf(items: readonly OutputItem[], source: Source): readonly Key[] {
  const { holder } = source.table;
  if (holder === undefined) return [];
  const taken = items.map((item) => (item.kind === 'column' ? (item.as ?? item.name) : item.as));
  return [{ as: '', value: undeclared(source.table, source.own(holder), taken), spread: true }];
}

function keyOf(
  item: Exclude<OutputItem, { kind: 'related' }>,
  source: Source,
  format: Format,
  catalog: Catalog,
): Key {
  switch (item.kind) {
    case 'column': {
      const type = needColumn(source.table, item.name);
      const as = item.as ?? item.name;
      const value = source.column(item.name);
      return { as, value: item.text ? sql`${value}::text` : printed(value, type, format) };
    }
    case 'object': {
      if (item.columns.length === 0) return { as: item.as, value: sql`'{}'::json` };
      const members = item.columns.map((name) => {
        const value = printed(source.column(name), needColumn(source.table, name), format);
        return sql`${value} as ${ident(name)}`;
      });
      return {
        as: item.as,
        value: sql`(select row_to_json(o.*) from (select ${join(members)}) as o)`,
      };
    }
    case 'literal':
      // Through jsonb: see withoutOptional.
      return { as: item.as, value: sql`${bind(JSON.stringify(item.value))}::jsonb` };
    case 'rank':
      return { as: item.as, value: rank(item.search, source) };
    case 'right':
      return { as: item.as, value: right(item.right, source, catalog) };
    case 'rights':
      return { as: item.as, value: rights(item.rights, source, catalog) };
    case 'member': {
      const value = source.column(item.name);
      const type = needColumn(source.table, item.name);
      const member = sql`json_build_object(${bind(item.member)}::text, ${printed(value, type, format)})`;
      return { as: item.as, value: sql`case when ${value} is not null then ${member} end` };
    }
    case 'access': {
      const list = source.table.features.acl ? source.access(item.list) : sql`'{}'::text[]`;
      if (!item.optional) return { as: item.as, value: list };
      return { as: item.as, value: sql`nullif(${list}, '{}'::text[])`, optional: true };
    }
    default: {
      const never: never = item;
      return never;
    }
  }
}
