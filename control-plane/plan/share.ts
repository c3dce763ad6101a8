import type { Json } from '../base/json.ts';
import { bind, ident, join, literal, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import { type ColumnType, typeText } from '../base/types.ts';
import type { Catalog } from '../model/catalog.ts';
import { accessLists, type Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Output } from '../statement/output.ts';
import type { AccessLists, Share } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import { columnsOver, ownColumn } from './held.ts';
import { keyColumns } from './key.ts';
import { membersOf } from './lists.ts';
import type { Planned } from './planned.ts';
import { matching, whereAll } from './read.ts';
import { refusal, verdict } from './refuse.ts';
import {
  type Context,
  columnType,
  needFeature,
  newContext,
  relation,
  type Source,
  tableSource,
  writableOf,
} from './scope.ts';
import { shape } from './shape.ts';
import { columnsOf } from './written.ts';

/**
 * Changes of access lists, by rowhouse.change_access: it reaches rows hidden from the caller where the managing right says so, which no
 * statement of the caller's role can. Of a row the caller couldn't read, only the key and the lists come back.
 */
export function planShare(statement: Share, catalog: Catalog): Planned {
  const context = newContext(catalog);
  const table = writableOf(catalog, statement.table);
  needFeature(table, 'acl');
  const { target, change } = statement;
  const lists =
    change.mode === 'patch'
      ? { add: sent(change.add), remove: sent(change.remove) }
      : sent(change.lists);
  const [key] = keyColumns(table);
  if (!key) throw new TypeError('a key without columns');
  const source = tableSource(table);
  const where = target.by === 'where' ? matching(target.where, 'live', source, context) : undefined;
  const meant = where
    ? sql`select ${source.column(key.name)}::text as key from ${relation(table)} as t${whereAll(where)}`
    : sql`select k.key from unnest(${bind(target.by === 'keys' ? target.keys.map(storable) : [])}::text[]) as k (key)`;
  const strict = target.by === 'keys' || target.strict === true;
  const call = sql`rowhouse.change_access(${literal(table.id)}::int, array(select m.key from meant as m), ${bind(change.mode)}::text, ${bind(JSON.stringify(lists))}::jsonb, ${bind(strict)}::boolean)`;
  const back = changed(table, key.name, statement.output, context);
  const rows =
    target.by === 'keys' || target.cap === undefined
      ? back.rows
      : sql`coalesce(${verdict([
          [
            sql`(select count(*) from changed) > ${bind(target.cap)}::bigint`,
            refusal('limit_required', { table: logicalName(table) }),
          ],
        ])}, ${back.rows})`;
  const text = sql`with meant as materialized (${meant}), changed as materialized (select c.*, row_number() over () as n from ${call} as c) select ${answerRow({ rows, matched: sql`(select count(*)::int from meant)`, changed: sql`(select count(*)::int from changed)` })} from (select ${back.select} from changed as c${back.join} order by c.n) as r`;
  return {
    query: toQuery(text),
    show: 'live',
    intent: 'edit',
    readOnly: false,
    table,
    suspects: context.suspects,
  };
}

/** Lists as change_access takes them. */
function sent(lists: AccessLists): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    accessLists.flatMap((list): [string, Json][] => {
      const members = membersOf(lists, list);
      if (!members) return [];
      return [[list, members]];
    }),
  );
}

/** Rows as change_access gives them back: `after` is the row as jsonb, or NULL. */
export function changed(
  table: Table,
  key: string,
  output: Output,
  context: Context,
): { select: Sql; rows: Sql; join: Sql } {
  const items = output.items.flatMap((item) => columnsOf(item, table, context));
  const names = new Set([key, ...items].map((name) => ownColumn(table, name)));
  const typed = [...names].flatMap((name) => {
    const type: ColumnType | undefined =
      name === table.holder ? { base: 'jsonb' } : columnType(table, name);
    return type ? [{ name, type: raw(typeText(type)) }] : [];
  });
  const own = (name: string): Sql => {
    if (name === '_acl') return sql`c.acl`;
    if (name !== key) return sql`t.${ident(name)}`;
    const type = typed.find((each) => each.name === key)?.type ?? raw('text');
    return sql`coalesce(t.${ident(name)}, c.key::${type})`;
  };
  const source: Source = {
    table,
    column: columnsOver(table, own),
    own,
    access: (list) =>
      sql`array(select e.member from jsonb_array_elements_text(c.lists_after -> ${literal(list)}) as e (member))`,
  };
  const printer = shape(output, source, context);
  const columns = join(typed.map(({ name, type }) => sql`${ident(name)} ${type}`));
  return {
    select: printer.select,
    rows: printer.rows,
    join: join(
      [
        sql` left join lateral jsonb_to_record(c.after) as t (${columns}) on true`,
        ...printer.joins,
      ],
      '',
    ),
  };
}

function storable(key: string): string {
  return key.replaceAll('\0', '\ufffd').toWellFormed();
}
