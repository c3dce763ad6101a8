import { bind, join, literal, raw, type Sql, sql } from '../base/sql.ts';
import type { Right } from '../statement/statement.ts';
import { slugOf } from './lists.ts';
import { own, type Source } from './scope.ts';

const bits = {
  read: '_rowhouse_readable',
  edit: '_rowhouse_changeable',
  delete: '_rowhouse_deletable',
  share: '_rowhouse_manageable',
} as const satisfies Record<Exclude<Right, 'denied'>, string>;

const verbs = { read: 'select', edit: 'update', delete: 'delete', share: 'update' } as const;

/**
 * A right as the row's own policy decides it: the bit functions in modes acl and lists, the table's grants in mode grants, who administers
 * the app in mode policy.
 */
export function right(name: Right, source: Source): Sql {
  const { table } = source;
  if (table.access === 'policy') {
    if (name === 'denied' || name === 'share') return sql`false`;
    const tenant = literal(slugOf(table));
    return sql`(select rowhouse.administers(${tenant}, ${literal(table.app)}))`;
  }
  if (table.access !== 'acl' && table.access !== 'lists') {
    if (name === 'denied' || name === 'share') return sql`false`;
    const verb = raw(`'${verbs[name]}'`);
    return sql`(select rowhouse.may(${raw(String(table.id))}, ${verb}))`;
  }
  if (name === 'denied') {
    const names = sql`(select p.names from rowhouse.principal() as p)`;
    return sql`${source.access('deny')} operator(pg_catalog.&&) ${names}`;
  }
  const verdicts = sql`(select ${own(table, bits[name])}())`;
  const id = source.column('_acl');
  // A row of this very transaction may carry an ACL newer than the statement's snapshot.
  return sql`coalesce(case when ${id} < length(${verdicts}) then get_bit(${verdicts}, ${id}) = 1 end, false)`;
}

/** The names of those rights that are held, as text[]. */
export function rights(
  asked: readonly { readonly right: Right; readonly name: string }[],
  source: Source,
): Sql {
  if (asked.length === 0) return sql`'{}'::text[]`;
  const held = asked.map(
    (each) => sql`case when ${right(each.right, source)} then ${bind(each.name)}::text end`,
  );
  return sql`array_remove(array[${join(held)}], null)`;
}
