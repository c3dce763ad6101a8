import { ServiceError } from '../base/errors.ts';
import { bind, join, literal, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import { typeText } from '../base/types.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { History } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import { isJudgedByPostgres, type KeyColumn, keyColumns, parseKey } from './key.ts';
import { castText } from './operand.ts';
import type { Planned } from './planned.ts';
import { keyEquals, pageOf, shown, whereAll } from './read.ts';
import { refusal, verdict } from './refuse.ts';
import { needFeature, own, relation, tableOf, tableSource } from './scope.ts';

/** Changes of one row or of all, newest first; the history's own policy shows those of readable rows only. */
export function planHistory(statement: History, catalog: Catalog): Planned {
  const table = tableOf(catalog, statement.table);
  needFeature(table, 'history');
  const about = { table: logicalName(table) };
  const columns = keyColumns(table);
  const [key] = columns;
  if (columns.length > 1 || !key) throw new ServiceError('key_unsupported', undefined, about);
  const record = statement.key === undefined ? undefined : recordOf(statement, table, key);
  const conditions: Sql[] = [
    sql`h.relation = ${raw(String(table.id))}`,
    ...(record ? [sql`h.row_key = ${record.key}`] : []),
  ];
  const meant =
    statement.change === undefined ? [] : [sql`h.change_id = ${bind(statement.change)}::bigint`];
  const cases: (readonly [Sql, Sql])[] = record ? [record.missing] : [];
  if (statement.limit === undefined && statement.cap !== undefined) {
    const more = sql`count(*) > ${bind(statement.cap)}::bigint`;
    cases.push([more, refusal('limit_required', about)]);
  }
  const printed = sql`rowhouse.bounded(coalesce('[' || string_agg(row_to_json(r.*)::text, ',') || ']', '[]'))`;
  const rows = cases.length === 0 ? printed : sql`coalesce(${verdict(cases)}, ${printed})`;
  const versions = statement.form === 'versions';
  const number = versions
    ? sql`, row_number() over (partition by h.row_key order by h.change_id) as version`
    : sql``;
  const ctes = [
    ...(record ? [record.owner] : []),
    sql`entries as ${raw(versions ? 'materialized ' : '')}(select h.*${number} from ${own(table, '_rowhouse_history')} as h${whereAll(conditions)})`,
  ];
  const entry = versions ? versionOf(table, key) : change;
  const page = sql`select ${entry} from entries as h${whereAll(meant)} order by h.change_id desc${pageOf(statement)}`;
  const total = versions ? sql`(select count(*) from entries)` : sql`null::bigint`;
  const text = sql`with ${join(ctes)} select ${answerRow({ rows, total })} from (${page}) as r`;
  return {
    query: toQuery(text),
    show: statement.show,
    intent: 'edit',
    readOnly: true,
    table,
    suspects: [],
    ...(record && isJudgedByPostgres(key) ? { misfit: 'row_not_found' as const } : {}),
  };
}

/** jsonb keeps no order of its own: the old value is told before the new one. */
const change = sql`h.change_id, h.row_key, h.operation, (select coalesce(json_object_agg(c.key, json_build_object('old', c.value -> 'old', 'new', c.value -> 'new')), '{}') from jsonb_each(h.changes) as c) as changes, h.created_by, rowhouse.json_time(h.created_at, 'millis') as created_at, h.request_id, h.metadata`;

/** An entry as the number of a record's version and what the record was before. Setting a mark of deleted rows is a deletion. */
function versionOf({ features: { mark } }: Table, { type }: KeyColumn): Sql {
  const operation = sql`upper(h.operation)`;
  const event =
    mark === undefined
      ? operation
      : sql`case when h.changes -> ${literal(mark)} -> 'new' = 'true' then 'DELETE' else ${operation} end`;
  const previous = sql`case when h.operation <> 'create' then (select coalesce(json_object_agg(c.key, c.value -> 'old' order by c.key), '{}') from jsonb_each(h.changes) as c) end`;
  const fields = sql`(select coalesce(json_agg(c.key order by c.key), '[]') from jsonb_object_keys(h.changes) as c (key))`;
  return sql`h.row_key::${raw(typeText(type))} as record_id, h.version, ${event} as event_type, ${previous} as previous_data, ${fields} as changed_fields, h.created_by, rowhouse.json_time(h.created_at, 'trimmed') as created_at`;
}

/** The record of a key: its text in the history, and the refusal where the caller may see neither the row nor what it was. */
function recordOf(
  { key: text = '', show, form }: History,
  table: Table,
  key: KeyColumn,
): { readonly owner: Sql; readonly key: Sql; readonly missing: readonly [Sql, Sql] } {
  const about = { table: logicalName(table), keys: [text] };
  const values = parseKey(text, [key]);
  if (!values) throw new ServiceError('row_not_found', undefined, about);
  const source = tableSource(table);
  const conditions = whereAll([...keyEquals(table, source, values), ...shown(show, source)]);
  const owner = sql`owner as materialized (select ${source.column(key.name)}::text as row_key from ${relation(table)} as t${conditions})`;
  const stored = sql`(select o.row_key from owner as o)`;
  const gone = sql`not exists (select 1 from owner)`;
  const refused = refusal('row_not_found', about);
  if (form !== 'versions') return { owner, key: stored, missing: [gone, refused] };
  // Of a row that is gone the policy of the history still shows what it was, to some.
  const asked = sql`(${bind(values[0])}::${raw(castText(key.type))})::text`;
  const nothing = sql`${gone} and not exists (select 1 from entries)`;
  return { owner, key: sql`coalesce(${stored}, ${asked})`, missing: [nothing, refused] };
}
