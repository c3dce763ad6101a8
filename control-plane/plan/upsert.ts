import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { bind, ident, join, literal, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import { typeText } from '../base/types.ts';
import type { Catalog } from '../model/catalog.ts';
import { accessLists, type Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Upsert } from '../statement/statement.ts';
import { keyColumns } from './key.ts';
import { combine, freshLists } from './lists.ts';
import type { Planned } from './planned.ts';
import { recordset, withAll } from './recordset.ts';
import { namedColumns } from './rows.ts';
import { type Context, needFeature, newContext, own, relation, writableOf } from './scope.ts';
import { changed } from './share.ts';
import { written } from './written.ts';

/** New rows or changes of those there: INSERT … ON CONFLICT DO UPDATE, in mode lists within rowhouse.put_listed. */
export function planUpsert(upsert: Upsert, catalog: Catalog): Planned {
  const table = writableOf(catalog, upsert.table);
  const [key, second] = keyColumns(table);
  if (!key || second) {
    throw new ServiceError('key_unsupported', undefined, { table: logicalName(table) });
  }
  namedColumns(table, upsert.rows, 'insert');
  const context = newContext(catalog);
  const make = table.access === 'lists' ? putListed : put;
  const text = make(upsert, table, key.name, context);
  return {
    query: toQuery(text),
    show: 'live',
    intent: 'edit',
    readOnly: false,
    table,
    suspects: context.suspects,
  };
}

/** `matched`: rows that come back whole; of others the caller may see only key and times. */
function putListed(upsert: Upsert, table: Table, key: string, context: Context): Sql {
  const rows = upsert.rows.map(({ values, access }) => ({
    values: upsert.unnamed === 'keep' ? values : { ...presets(table), ...values },
    ...(access ? { lists: access } : {}),
  }));
  const call = sql`rowhouse.put_listed(${literal(table.id)}::int, ${bind(JSON.stringify(rows))}::jsonb)`;
  const back = changed(table, key, upsert.output, context);
  return sql`with changed as materialized (select c.* from ${call} as c) select ${back.rows} as rows, count(*)::int as count, null::bigint as total, (select count(*)::int from changed where shown) as matched, count(*)::int as changed from (select ${back.select} from changed as c${back.join} order by c.n) as r`;
}

/** What columns fall back to, as far as it can be said beforehand; the rest becomes NULL. */
function presets(table: Table): Record<string, Json> {
  return Object.fromEntries(
    table.columns
      .filter(({ name }) => !table.key.includes(name))
      .map(({ name, default: preset }): [string, Json] => [
        name,
        preset?.kind === 'value' ? preset.value : null,
      ]),
  );
}

function put(upsert: Upsert, table: Table, key: string, context: Context): Sql {
  const named = namedColumns(table, upsert.rows, 'insert');
  const combinations = combine(upsert.rows);
  const listed = combinations.rows.length > 0;
  if (listed) needFeature(table, 'acl');
  const back = written(table, upsert.output, listed ? 'fresh' : 'stored', context);
  const records = upsert.rows.map(({ values }, row) => {
    const record: Record<string, Json> = {};
    named.forEach(({ name }, at) => {
      if (!Object.hasOwn(values, name)) return;
      record[`c${at}`] = values[name] ?? null;
      record[`h${at}`] = true;
    });
    const combination = combinations.index[row];
    return combination === undefined ? record : { ...record, a: combination };
  });
  const fields = [
    ...named.flatMap(({ type }, at) => [
      { name: `c${at}`, type: typeText(type) },
      { name: `h${at}`, type: 'boolean' },
    ]),
    ...(listed ? [{ name: 'a', type: 'int' }] : []),
  ];
  const place = named.findIndex(({ name }) => name === key);
  const sentBy = (value: Sql): Sql =>
    sql`(select ${value} from input as x where ${raw(`x.c${place}`)} = excluded.${ident(key)})`;
  const cells = named.map((_, at) => raw(`x.c${at}`));
  const columns = named.map(({ name }) => ident(name));
  const changes =
    upsert.unnamed === 'default'
      ? table.columns
          .filter(({ name }) => name !== key)
          .map(({ name }) => sql`${ident(name)} = excluded.${ident(name)}`)
      : named.flatMap(({ name, always }, at) => {
          if (name === key) return [];
          const sent = sql`excluded.${ident(name)}`;
          const value = always
            ? sent
            : sql`case when ${sentBy(raw(`x.h${at}`))} then ${sent} else t.${ident(name)} end`;
          return [sql`${ident(name)} = ${value}`];
        });
  if (listed) {
    const lists = join(
      accessLists.map(
        (list, at) => sql`coalesce(c.${raw(`l${at}`)}, a.${ident(list)}, '{}'::text[])`,
      ),
    );
    changes.push(
      sql`_acl = coalesce((select ${own(table, '_rowhouse_acl')}(${lists}) from input as x join combinations as c on c.n = x.a left join ${own(table, '_rowhouse_acls')} as a on a.id = t._acl where ${raw(`x.c${place}`)} = excluded.${ident(key)}), t._acl)`,
    );
    columns.push(ident('_acl'));
    cells.push(sql`coalesce(f.id, 0)`);
  }
  // A row that has nothing but its key still counts as written.
  if (changes.length === 0) changes.push(sql`${ident(key)} = excluded.${ident(key)}`);
  const from = listed ? sql`input as x left join fresh as f on f.n = x.a` : sql`input as x`;
  const ctes = [
    recordset('input', fields, records),
    ...(listed ? freshLists(table, combinations) : []),
    // In key order: two of these meet in the same order and don't deadlock.
    sql`done as (insert into ${relation(table)} as t (${join(columns)}) select ${join(cells)} from ${from} order by ${raw(`x.c${place}`)} on conflict (${ident(key)}) do update set ${join(changes)} returning ${back.returning}, t.${ident(key)} as sent)`,
    sql`written as materialized (select d.*, x.n from done as d join input as x on ${raw(`x.c${place}`)} = d.sent)`,
  ];
  const rows = sql`select ${back.select} from written as w${back.joins} order by w.n`;
  return sql`${withAll(ctes)}select ${back.rows} as rows, count(*)::int as count, null::bigint as total, count(*)::int as matched, count(*)::int as changed from (${rows}) as r`;
}
