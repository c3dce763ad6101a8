import { bind, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Locate } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import type { Planned } from './planned.ts';
import { tableOf } from './scope.ts';

/** Which table holds the key: rowhouse.holder looks, for the caller may be a writer who is no reader. */
export function planLocate(locate: Locate, catalog: Catalog): Planned {
  const tables = locate.tables.map((name) => tableOf(catalog, name));
  const [table] = tables;
  if (!table) throw new TypeError('no table to look in');
  const ids = sql`${bind(tables.map(({ id }) => id))}::int[]`;
  const text = sql`select ${answerRow({ rows: sql`json_build_array(json_build_object('table', h.name))::text`, count: sql`(h.name is not null)::int` })} from rowhouse.holder(${ids}, ${bind(locate.key)}::text) as h (name)`;
  return {
    query: toQuery(text),
    show: 'live',
    intent: 'edit',
    readOnly: true,
    table,
    suspects: [],
  };
}
