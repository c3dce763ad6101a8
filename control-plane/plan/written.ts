import { ident, join, raw, type Sql, sql } from '../base/sql.ts';
import type { Table } from '../model/table.ts';
import type { Output } from '../statement/statement.ts';
import { listColumn } from './lists.ts';
import { own, type Source } from './scope.ts';
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
export function written(table: Table, output: Output, origin: ListOrigin): Written {
  const names = physicalColumns(table, output);
  const source: Source = {
    table,
    column: (name) => sql`w.${raw(`v${indexOf(names, name)}`)}`,
    access: (list) => {
      const stored = sql`a.${ident(list)}`;
      if (origin === 'stored') return sql`coalesce(${stored}, '{}'::text[])`;
      // Lists just sent are printed as sent: the ACL made for them is newer than this statement's snapshot.
      return sql`coalesce(z.${listColumn(list)}, ${stored}, '{}'::text[])`;
    },
  };
  const printer = shape(output, source);
  return {
    returning: join(names.map((name, at) => sql`t.${ident(name)} as ${raw(`v${at}`)}`)),
    select: printer.select,
    rows: printer.rows,
    joins: printer.lists ? listJoins(table, source, origin) : sql``,
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
function physicalColumns(table: Table, output: Output): readonly string[] {
  const names = new Set<string>(table.key);
  for (const item of output.items) {
    if (item.kind === 'column') names.add(item.name);
    if (item.kind === 'object') for (const name of item.columns) names.add(name);
  }
  const lists = output.items.some(({ kind }) => kind === 'access' || kind === 'right');
  if (table.features.acl && lists) names.add('_acl');
  const [first] = table.columns;
  if (names.size === 0 && first) names.add(first.name);
  return [...names];
}

function indexOf(names: readonly string[], name: string): number {
  const at = names.indexOf(name);
  if (at === -1) throw new TypeError('a column that the write does not give back');
  return at;
}
