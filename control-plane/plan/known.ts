import { join, literal, type Query, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { isClosed, type Table } from '../model/table.ts';
import { bare } from '../policy/resource.ts';
import { reachable } from '../policy/table-decision.ts';
import { own } from './scope.ts';

/** That of 5,000 tables took .1 s to make and has 220 KB. */
const made = new WeakMap<Catalog, Query>();

/** A statement with one row, one value: the ids of the tables that the caller could use in some way, as a JSON array. */
export function knownQuery(catalog: Catalog): Query {
  const known = made.get(catalog);
  if (known !== undefined) return known;
  const query: Query = { ...askAll(catalog), unnamed: true };
  made.set(catalog, query);
  return query;
}

function askAll(catalog: Catalog): Query {
  // What Postgres is asked depends on few things: tables of one app without rules of their own ask the same.
  const asked = new Map<string, { readonly says: Sql; readonly ids: number[] }>();
  for (const table of catalog.tables) {
    if (isClosed(table)) continue;
    const says = usable(table, catalog);
    const key = JSON.stringify(toQuery(says));
    const known = asked.get(key);
    if (known) known.ids.push(table.id);
    else asked.set(key, { says, ids: [table.id] });
  }
  const groups = [...asked.values()].map(
    ({ says, ids }) => sql`select ${literal(ids.join(','))} where ${says}`,
  );
  const all = groups.length === 0 ? sql`select '' where false` : join(groups, ' union all ');
  return toQuery(
    sql`select '[' || coalesce(string_agg(k.ids, ','), '') || ']' from (${all}) as k (ids)`,
  );
}

const verbs = ['select', 'insert', 'update', 'delete'] as const;
const actions = ['read', 'create', 'update', 'delete'] as const;

/** Whether the caller could do anything with rows of the table, by what its access mode says of the caller alone. */
function usable(table: Table, catalog: Catalog): Sql {
  if (table.kind === 'view') {
    return sql`rowhouse.may_view(${literal(catalog.tenant)}, ${raw(String(table.id))})`;
  }
  switch (table.access) {
    case 'grants':
      return any(
        verbs.map(
          (verb) =>
            sql`${own(table, '_rowhouse_may')}(${raw(String(table.id))}, ${raw(`'${verb}'`)})`,
        ),
      );
    case 'policy':
      return any(actions.map((action) => reachable({ table, catalog, action, columns: bare })));
    case 'acl':
    case 'lists':
      // Lists of single rows may name anybody.
      return sql`rowhouse.belongs(${literal(catalog.tenant)})`;
    default: {
      const never: never = table.access;
      return never;
    }
  }
}

function any(parts: readonly Sql[]): Sql {
  return sql`(${join(parts, ' or ')})`;
}
