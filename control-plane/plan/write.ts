import { bind, ident, join, type Query, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import { answerRow } from './answer-row.ts';
import { whereAll } from './read.ts';
import { refusal, verdict } from './refuse.ts';
import { relation, type Source } from './scope.ts';
import type { Written } from './written.ts';

/** What becomes of the rows a write means. */
export type Body =
  | { readonly kind: 'update'; readonly set: Sql }
  | { readonly kind: 'delete' }
  /** Only whether an update would be allowed: the row lock asks the same policy. */
  | { readonly kind: 'check' };

/** What a trashed row is to a write: refused by name, not there, as good as any, or the only kind meant. */
export type Trash = 'refused' | 'missing' | 'allowed' | 'only';

export interface Write {
  readonly table: Table;
  readonly source: Source;
  readonly trash: Trash;
  readonly body: Body;
  readonly back: Written;
  /** CTEs before: `input` and what `set` speaks of. */
  readonly ctes: readonly Sql[];
  /** Columns of the target, in terms of `t`, that `late` speaks of as `g`. */
  readonly stored?: readonly Sql[];
  /** Refusals once rows are found and permitted; conditions over `x` (input) and `g` (target). */
  readonly late?: readonly (readonly [condition: Sql, refusal: Sql])[];
}

/** Rows of the keys in `input` (k0…, kt): all of them or none. */
export function writeByKeys(write: Write & { join: readonly Sql[]; places?: Sql }): Query {
  const { table, back } = write;
  const about = { table: logicalName(table) };
  const missing = sql`g.n is null`;
  const keys = (of: Sql): Sql => sql`array_agg(x.kt order by x.n) filter (where ${of})`;
  const trashed = write.trash === 'refused' && table.features.softDelete;
  const stored = [...(write.stored ?? []), ...(trashed ? [sql`t.trashed_at as trashed`] : [])];
  const found = [
    ...write.join,
    ...marks(write, write.trash === 'refused' ? (trashed ? 'allowed' : 'missing') : write.trash),
  ];
  const early: (readonly [Sql, Sql])[] = [
    // Guards of the table come first: an update that meets no row fires its statement triggers.
    ...(write.body.kind === 'check'
      ? [[sql`(select count(*) from guarded) > 0`, sql`null`] as const]
      : []),
    [sql`bool_or(${missing})`, refusal('row_not_found', about, keys(missing))],
    ...(trashed
      ? [
          [
            sql`bool_or(g.trashed is not null)`,
            refusal('row_trashed', about, keys(sql`g.trashed is not null`)),
          ] as const,
        ]
      : []),
  ];
  const columns = join([sql`x.n`, ...stored]);
  const conditions = [
    sql`(select e.refused from early as e) is null`,
    ...write.join,
    ...marks(write, write.trash === 'refused' ? 'missing' : write.trash),
  ];
  const skipped = sql`w.n is null`;
  const late = sql`select ${verdict([
    [sql`bool_or(${skipped})`, refusal('row_forbidden', about, keys(skipped))],
    ...(write.late ?? []).map(([when, then]) => [sql`bool_or(${when})`, then] as const),
  ])} as refused from input as x left join target as g on g.n = x.n left join written as w on w.n = x.n`;
  const ctes = [
    ...write.ctes,
    ...(write.body.kind === 'check' ? [guard(table)] : []),
    sql`target as materialized (select ${columns} from input as x join ${relation(table)} as t on ${join(found, ' and ')})`,
    sql`early as materialized (select ${verdict(early)} as refused from input as x left join target as g on g.n = x.n)`,
    sql`written as ${applied(write, sql`x.n`, conditions, true)}`,
    sql`late as materialized (${late})`,
  ];
  const order = write.places
    ? sql`${write.places} as p (n, place) join written as w on w.n = p.n${back.joins} order by p.place`
    : sql`written as w${back.joins} order by w.n`;
  const text = sql`with ${join(ctes)} select ${answerRow({ rows: sql`coalesce((select l.refused from late as l), ${back.rows})`, matched: sql`(select count(*)::int from target)`, changed: sql`(select count(*)::int from written)` })} from (select ${back.select} from ${order}) as r`;
  return toQuery(text);
}

/** Rows of a predicate that the caller may change; `strict`: one that it may not refuses all. */
export function writeByWhere(
  write: Write & {
    where: readonly Sql[];
    strict: boolean;
    cap?: number | undefined;
    hasInput: boolean;
  },
): Query {
  const { table, back } = write;
  const about = { table: logicalName(table) };
  const where = [
    ...write.where,
    ...marks(write, write.trash === 'refused' ? 'missing' : write.trash),
  ];
  const stored = join([sql`1 as one`, ...(write.stored ?? [])]);
  const cases: (readonly [Sql, Sql])[] = [
    ...(write.body.kind === 'check'
      ? [[sql`(select count(*) from guarded) > 0`, sql`null`] as const]
      : []),
    ...(write.strict
      ? [
          [
            sql`(select count(*) from target) <> (select count(*) from written)`,
            refusal('row_forbidden', about),
          ] as const,
        ]
      : []),
    ...(write.cap === undefined
      ? []
      : [
          [
            sql`(select count(*) from written) > ${bind(write.cap)}::bigint`,
            refusal('limit_required', about),
          ] as const,
        ]),
    ...(write.late ?? []).map(
      ([when, then]) =>
        [
          sql`exists (select 1 from target as g cross join input as x where ${when})`,
          then,
        ] as const,
    ),
  ];
  const ctes = [
    ...write.ctes,
    ...(write.body.kind === 'check' ? [guard(table)] : []),
    sql`target as materialized (select ${stored} from ${relation(table)} as t${whereAll(where)})`,
    sql`written as ${applied(write, sql`1 as n`, where, write.hasInput)}`,
  ];
  const order =
    table.key.length === 0
      ? sql``
      : sql` order by ${join(table.key.map((name) => back.source.column(name)))}`;
  const rows = cases.length === 0 ? back.rows : sql`coalesce(${verdict(cases)}, ${back.rows})`;
  const text = sql`with ${join(ctes)} select ${answerRow({ rows, matched: sql`(select count(*)::int from target)`, changed: sql`(select count(*)::int from written)` })} from (select ${back.select} from written as w${back.joins}${order}) as r`;
  return toQuery(text);
}

function marks({ table, source }: Write, trash: Exclude<Trash, 'refused'>): readonly Sql[] {
  const { softDelete, mark } = table.features;
  if (mark !== undefined) {
    const marked = source.column(mark);
    if (trash === 'allowed') return [];
    return [trash === 'only' ? sql`${marked} is true` : sql`${marked} is not true`];
  }
  if (!softDelete) return [];
  const trashed = source.column('trashed_at');
  return [
    sql`${source.column('deleted_at')} is null`,
    ...(trash === 'missing' ? [sql`${trashed} is null`] : []),
    ...(trash === 'only' ? [sql`${trashed} is not null`] : []),
  ];
}

function applied(
  { table, body, back }: Write,
  number: Sql,
  conditions: readonly Sql[],
  input: boolean,
): Sql {
  const where = whereAll(conditions);
  const given = sql`${number}, ${back.returning}`;
  const name = relation(table);
  switch (body.kind) {
    case 'update': {
      const from = input ? sql` from input as x` : sql``;
      return sql`(update ${name} as t set ${body.set}${from}${where} returning ${given})`;
    }
    case 'delete': {
      const using = input ? sql` using input as x` : sql``;
      return sql`(delete from ${name} as t${using}${where} returning ${given})`;
    }
    case 'check': {
      const from = input ? sql` cross join input as x` : sql``;
      return sql`materialized (select ${given} from ${name} as t${from}${where} for no key update of t)`;
    }
    default: {
      const never: never = body;
      return never;
    }
  }
}

function guard(table: Table): Sql {
  const [column] = table.columns;
  const name = column ? ident(column.name) : raw('_xact');
  return sql`guarded as (update ${relation(table)} as t set ${name} = t.${name} where false returning 1)`;
}
