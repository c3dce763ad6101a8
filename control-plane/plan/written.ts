import { ident, join, raw, type Sql, sql } from '../base/sql.ts';
import { systemColumns, type Table } from '../model/table.ts';
import type { Output, OutputItem } from '../statement/output.ts';
import { columnsOver, ownColumn } from './held.ts';
import { listColumn } from './lists.ts';
import { nearColumns } from './related.ts';
import { type Context, own, type Source } from './scope.ts';
import { shape } from './shape.ts';

/** Where the lists of written rows come from: nothing changed, new rows, or changed rows. */
export type ListOrigin = 'stored' | 'fresh' | 'relisted';

/** What a write gives back, and how it is printed: RETURNING names bare columns, JSON is shaped outside. */
export interface Written {
  /** `t.col as v0, …` */
  readonly returning: Sql;
  /** Select list and rows text over `written as w`. */
  readonly select: Sql;
  readonly rows: Sql;
  /** Joins that printing needs, behind `written as w`. */
  readonly joins: Sql;
  readonly source: Source;
}

/** The row of a write under alias `w`. Positional names: a column may be called anything. */
export function written(
  table: Table,
  output: Output,
  origin: ListOrigin,
  context: Context,
): Written {
  const names = physicalColumns(table, output, context);
  const own = (name: string): Sql => sql`w.${raw(`v${indexOf(names, name)}`)}`;
  const source: Source = {
    table,
    name: `w ${origin}`,
    column: columnsOver(table, own),
    own,
    access: (list) => {
      const stored = sql`a.${ident(list)}`;
      if (origin === 'stored') return sql`coalesce(${stored}, '{}'::text[])`;
      // Lists just sent are printed as sent: the ACL made for them is newer than this statement's snapshot.
      return sql`coalesce(z.${listColumn(list)}, ${stored}, '{}'::text[])`;
    },
  };
  const printer = shape(output, source, context);
  const lists = printer.lists ? [listJoins(table, source, origin)] : [];
  return {
    returning: join(names.map((name, at) => sql`t.${ident(name)} as ${raw(`v${at}`)}`)),
    select: printer.select,
    rows: printer.rows,
    joins: join([...lists, ...printer.joins], ''),
    source,
  };
}

function listJoins(table: Table, source: Source, origin: ListOrigin): Sql {
  const acl = source.column('_acl');
  const stored = sql` left join ${own(table, '_rowhouse_acls')} as a on a.id = nullif(${acl}, 0)`;
  if (origin === 'stored') return stored;
  // Several present ACLs may have become one.
  const made = sql`select * from ${raw(origin)} as made where made.id = ${acl} limit 1`;
  return sql`${stored} left join lateral (${made}) as z on true`;
}

/** Physical columns that printing and ordering need. Never empty. */
function physicalColumns(table: Table, output: Output, context: Context): readonly string[] {
  const names = [
    ...table.key,
    ...output.items.flatMap((item) => columnsOf(item, table, context)),
    ...(output.undeclared && table.holder !== undefined ? [table.holder] : []),
  ];
  const [first] = table.columns;
  if (names.length === 0 && first) names.push(first.name);
  return [...new Set(names.map((name) => ownColumn(table, name)))];
}

/** What the lists or rights of a row are told by: in mode policy rules may speak of any column. */
function judged({ kind }: OutputItem, table: Table): readonly string[] {
  const lists = table.features.acl ? systemColumns.acl : [];
  if (kind === 'access' || table.access !== 'policy') return lists;
  const times = table.features.timestamps ? systemColumns.timestamps : [];
  return [...table.columns.map(({ name }) => name), ...times, ...lists];
}

/** Physical columns that an item of the output is made of. */
export function columnsOf(item: OutputItem, table: Table, context: Context): readonly string[] {
  switch (item.kind) {
    case 'column':
    case 'member':
      return [item.name];
    case 'object':
      return item.columns;
    case 'related':
      return nearColumns(item, table, context);
    case 'access':
    case 'right':
    case 'rights':
      return judged(item, table);
    default:
      return [];
  }
}

function indexOf(names: readonly string[], name: string): number {
  const at = names.indexOf(name);
  if (at === -1) throw new TypeError('a column that the write does not give back');
  return at;
}
