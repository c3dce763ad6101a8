import { bind, join, raw, type Sql, sql } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { permitted } from '../policy/table-decision.ts';
import type { Right } from '../statement/output.ts';
import { own, type Source } from './scope.ts';

const bits = {
  read: '_rowhouse_readable',
  edit: '_rowhouse_changeable',
  delete: '_rowhouse_deletable',
  share: '_rowhouse_manageable',
} as const satisfies Record<Exclude<Right, 'denied'>, string>;

const actions = { read: 'read', edit: 'update', delete: 'delete' } as const;

const verbs = { read: 'select', edit: 'update', delete: 'delete', share: 'update' } as const;

/** A right as the row's own policy decides it: what compile/policy.ts says of each access mode, told of one row. */
export function right(name: Right, source: Source, catalog: Catalog): Sql {
  const { table } = source;
  switch (table.access) {
    case 'grants':
      if (name === 'denied' || name === 'share') return sql`false`;
      return sql`(select ${own(table, '_rowhouse_may')}(${raw(String(table.id))}, ${raw(`'${verbs[name]}'`)}))`;
    case 'policy': {
      if (name === 'denied' || name === 'share') return sql`false`;
      const rule = permitted({ table, catalog, action: actions[name], columns: source.own });
      const allowed = sql`coalesce(${rule}, false)`;
      return table.features.acl ? sql`(${allowed} and ${listed(name, source)})` : allowed;
    }
    case 'acl':
    case 'lists':
      if (name !== 'denied') return listed(name, source);
      return sql`${source.access('deny')} operator(pg_catalog.&&) (select p.names from rowhouse.principal() as p)`;
    default: {
      const never: never = table.access;
      return never;
    }
  }
}

/** A right by the row's access lists. */
function listed(name: Exclude<Right, 'denied'>, source: Source): Sql {
  const verdicts = sql`(select ${own(source.table, bits[name])}())`;
  const id = source.column('_acl');
  // A row of this very transaction may carry an ACL newer than the statement's snapshot.
  return sql`coalesce(case when ${id} < length(${verdicts}) then get_bit(${verdicts}, ${id}) = 1 end, false)`;
}

/** The names of those rights that are held, as text[]. */
export function rights(
  asked: readonly { readonly right: Right; readonly name: string }[],
  source: Source,
  catalog: Catalog,
): Sql {
  if (asked.length === 0) return sql`'{}'::text[]`;
  const held = asked.map(
    (each) =>
      sql`case when ${right(each.right, source, catalog)} then ${bind(each.name)}::text end`,
  );
  return sql`array_remove(array[${join(held)}], null)`;
}
