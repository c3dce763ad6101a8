import { ServiceError } from '../base/errors.ts';
import { bind, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { logicalName } from '../model/table-schema.ts';
import type { History } from '../statement/statement.ts';
import { isJudgedByPostgres, keyColumns, parseKey } from './key.ts';
import type { Planned } from './planned.ts';
import { keyEquals, pageOf, shown, whereAll } from './read.ts';
import { refusal, verdict } from './refuse.ts';
import { needFeature, own, relation, tableOf, tableSource } from './scope.ts';

/** Changes of one row, newest first; the history's own policy shows those of readable rows only. */
export function planHistory(statement: History, catalog: Catalog): Planned {
  const table = tableOf(catalog, statement.table);
  needFeature(table, 'history');
  const about = { table: logicalName(table), keys: [statement.key] };
  const columns = keyColumns(table);
  const values = parseKey(statement.key, columns);
  const [key] = columns;
  if (columns.length > 1 || !key) throw new ServiceError('key_unsupported', undefined, about);
  if (!values) throw new ServiceError('row_not_found', undefined, about);
  const source = tableSource(table);
  const record = whereAll([...keyEquals(table, source, values), ...shown(statement.show, source)]);
  const conditions: Sql[] = [
    sql`h.relation = ${raw(String(table.id))}`,
    sql`h.row_key = (select o.row_key from owner as o)`,
    ...(statement.change === undefined
      ? []
      : [sql`h.change_id = ${bind(statement.change)}::bigint`]),
  ];
  // jsonb keeps no order of its own: the old value is told before the new one.
  const changes = sql`(select coalesce(json_object_agg(c.key, json_build_object('old', c.value -> 'old', 'new', c.value -> 'new')), '{}') from jsonb_each(h.changes) as c) as changes`;
  const entry = sql`h.change_id, h.row_key, h.operation, ${changes}, h.created_by, rowhouse.json_time(h.created_at, 'millis') as created_at, h.request_id, h.metadata`;
  const cases: (readonly [Sql, Sql])[] = [
    [sql`not exists (select 1 from owner)`, refusal('row_not_found', about)],
  ];
  if (statement.limit === undefined && statement.cap !== undefined) {
    const more = sql`count(*) > ${bind(statement.cap)}::bigint`;
    cases.push([more, refusal('limit_required', { table: about.table })]);
  }
  const rows = sql`rowhouse.bounded(coalesce('[' || string_agg(row_to_json(r)::text, ',') || ']', '[]'))`;
  const page = sql`select ${entry} from ${own(table, '_rowhouse_history')} as h${whereAll(conditions)} order by h.change_id desc${pageOf(statement)}`;
  const text = sql`with owner as materialized (select ${source.column(key.name)}::text as row_key from ${relation(table)} as t${record}) select coalesce(${verdict(cases)}, ${rows}) as rows, count(*)::int as count, null::bigint as total, null::int as matched, null::int as changed from (${page}) as r`;
  return {
    query: toQuery(text),
    show: statement.show,
    intent: 'edit',
    readOnly: true,
    table,
    suspects: [],
    ...(isJudgedByPostgres(key) ? { misfit: 'row_not_found' as const } : {}),
  };
}
