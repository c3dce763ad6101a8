import { join, type Sql, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Require } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import type { Planned } from './planned.ts';
import { shown } from './read.ts';
import { recordset } from './recordset.ts';
import { refusal, verdict } from './refuse.ts';
import { relation, tableOf, tableSource } from './scope.ts';
import { targetKeys } from './target.ts';

/** Only whether the rows are there for the caller. */
export function planRequire(statement: Require, catalog: Catalog): Planned {
  const table = tableOf(catalog, statement.table);
  const source = tableSource(table);
  const keys = targetKeys(table, statement.keys);
  const about = { table: logicalName(table) };
  // A trashed row is refused as trashed where it must be live, so it has to be seen.
  const refuses = statement.live && table.features.softDelete;
  const show = refuses && statement.show === 'live' ? 'trashed' : statement.show;
  const conditions = [...keys.join, ...shown(show, source)];
  const stored = refuses ? sql`x.n, t.trashed_at as trashed` : sql`x.n`;
  const named = (of: Sql): Sql => sql`array_agg(x.kt order by x.n) filter (where ${of})`;
  const missing = sql`g.n is null`;
  const trashed = sql`g.trashed is not null`;
  const cases: (readonly [Sql, Sql])[] = [
    [sql`bool_or(${missing})`, refusal('row_not_found', about, named(missing))],
  ];
  if (refuses) {
    cases.push([sql`bool_or(${trashed})`, refusal('row_trashed', about, named(trashed))]);
  }
  const text = sql`with ${recordset('input', keys.columns, keys.records)}, target as materialized (select ${stored} from input as x join ${relation(table)} as t on ${join(conditions, ' and ')}) select ${answerRow({ rows: sql`coalesce(${verdict(cases)}, '[]')`, count: sql`0`, matched: sql`count(*)::int` })} from input as x left join target as g on g.n = x.n`;
  return {
    query: toQuery(text),
    show,
    intent: 'edit',
    readOnly: true,
    table,
    suspects: [],
    ...(keys.judged ? { misfit: 'row_not_found' as const } : {}),
  };
}
