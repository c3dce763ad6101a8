import type { Json } from '../base/json.ts';
import { ident, join, literal, raw, type Sql, sql } from '../base/sql.ts';
import { isStorableText } from '../base/storable.ts';
import { type AccessList, accessLists, type Table } from '../model/table.ts';
import type { AccessLists } from '../statement/statement.ts';
import { misfit } from './operand.ts';
import { type RecordColumn, type RecordRow, recordset } from './recordset.ts';
import { own } from './scope.ts';

/** Distinct sets of lists, and which of them each row carries: rows of an import share a few. */
export interface Combinations {
  readonly rows: readonly RecordRow[];
  /** Per row sent: its combination from 1, undefined without lists. */
  readonly index: readonly (number | undefined)[];
}

const columns: readonly RecordColumn[] = accessLists.map((_, at) => ({
  name: `l${at}`,
  type: 'text[]',
}));

/** Column of a list in the recordsets made here. */
export function listColumn(list: AccessList): Sql {
  return raw(`l${accessLists.indexOf(list)}`);
}

/** The distinct sets among the rows' lists, without repeated members. An unnamed list is absent. `always`: rows without lists have a set too. */
export function combine(
  rows: readonly { readonly access?: AccessLists }[],
  always = false,
): Combinations {
  const known = new Map<string, number>();
  const distinct: RecordRow[] = [];
  const index = rows.map(({ access = {} }) => {
    if (!always && Object.keys(access).length === 0) return undefined;
    const row = recordOf(access);
    const text = JSON.stringify(row);
    const found = known.get(text);
    if (found !== undefined) return found;
    distinct.push(row);
    known.set(text, distinct.length);
    return distinct.length;
  });
  return { rows: distinct, index };
}

/** Whom a list is to name; undefined: it is not spoken of. @throws ServiceError invalid_operand for a member that is no text */
export function membersOf(lists: AccessLists, list: AccessList): readonly string[] | undefined {
  const members = lists[list];
  if (members?.every(isStorableText) === false) {
    misfit({ field: `access_${list}`, operator: 'access' }, 'invalid_member');
  }
  return members;
}

function recordOf(lists: AccessLists): RecordRow {
  const entries = accessLists.flatMap((list, at): [string, Json][] => {
    const members = membersOf(lists, list);
    if (!members) return [];
    return [[`l${at}`, [...new Set(members)]]];
  });
  return Object.fromEntries(entries);
}

/** The generated function that makes ACLs of the table's access mode. */
function maker(table: Table): '_rowhouse_acl' | '_rowhouse_lists_acl' {
  return table.access === 'lists' ? '_rowhouse_lists_acl' : '_rowhouse_acl';
}

/** The tenant of a table, as functions take it. */
export function slugOf(table: Pick<Table, 'schema'>): string {
  return table.schema.slice('t_'.length);
}

/** CTE `fresh` (n, id, l0…): ACLs of new rows, one per combination. */
export function freshLists(table: Table, combinations: Combinations): readonly Sql[] {
  const lists = accessLists.map((list, at) => {
    const sent = sql`coalesce(c.${raw(`l${at}`)}, '{}'::text[])`;
    if (table.access !== 'lists' || list !== 'authors') return sent;
    // As the trigger would assign them, so that the row gets the very ACL that is printed.
    return sql`rowhouse.authorship(${literal(slugOf(table))}, ${sent})`;
  });
  const named = accessLists.map((_, at) => sql`z.${raw(`l${at}`)}`);
  const select = join(lists.map((list, at) => sql`${list} as ${raw(`l${at}`)}`));
  return [
    recordset('combinations', columns, combinations.rows),
    sql`fresh as materialized (select z.*, ${own(table, maker(table))}(${join(named)}) as id from (select c.n, ${select} from combinations as c) as z)`,
  ];
}

/**
 * CTEs for rows whose lists change: `relisted` (combination, was, id, l0…), one row per combination and present ACL; unnamed lists stay.
 * `present` selects the distinct pairs (combination, was). ACLs never change, so whatever becomes of the rows meanwhile, the pairs hold.
 */
export function changedLists(
  table: Table,
  combinations: Combinations,
  present: Sql,
): readonly Sql[] {
  const select = join(
    accessLists.map((list, at) => {
      const column = raw(`l${at}`);
      if (table.access === 'lists' && list === 'authors') {
        return sql`coalesce(a.authors, '{}'::text[]) as ${column}`;
      }
      return sql`coalesce(c.${column}, a.${ident(list)}, '{}'::text[]) as ${column}`;
    }),
  );
  const named = join(accessLists.map((_, at) => sql`y.${raw(`l${at}`)}`));
  const before = sql`(${present}) as p join combinations as c on c.n = p.combination left join ${own(table, '_rowhouse_acls')} as a on a.id = p.was`;
  return [
    recordset('combinations', columns, combinations.rows),
    sql`relisted as materialized (select y.*, ${own(table, maker(table))}(${named}) as id from (select p.combination, p.was, ${select} from ${before}) as y)`,
  ];
}
