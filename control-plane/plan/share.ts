import { join, sql } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Share } from '../statement/statement.ts';
import { changedLists, combinationOf } from './lists.ts';
import type { Planned } from './planned.ts';
import { matching, whereAll } from './read.ts';
import { recordset } from './recordset.ts';
import { needFeature, newContext, relation, tableSource, writableOf } from './scope.ts';
import { targetKeys } from './target.ts';
import { newAcl } from './update.ts';
import { writeByKeys, writeByWhere } from './write.ts';
import { written } from './written.ts';

/** Changes of access lists: every row gets the ACL that the change makes of its own. */
export function planShare(statement: Share, catalog: Catalog): Planned {
  const context = newContext(catalog);
  const table = writableOf(catalog, statement.table);
  needFeature(table, 'acl');
  const source = tableSource(table);
  const { target, change } = statement;
  const frame = {
    table,
    source,
    trash: 'refused' as const,
    body: { kind: 'update' as const, set: sql`_acl = ${newAcl(sql`1`)}` },
    back: written(table, statement.output, 'relisted'),
  };
  const combination = combinationOf(change);
  const common = {
    intent: 'share',
    readOnly: false,
    table,
    suspects: context.suspects,
  } as const;
  if (target.by === 'keys') {
    const keys = targetKeys(table, target.keys);
    const present = sql`select distinct 1 as combination, t._acl as was from input as x join ${relation(table)} as t on ${join(keys.join, ' and ')}`;
    const query = writeByKeys({
      ...frame,
      ctes: [
        recordset('input', keys.columns, keys.records),
        ...changedLists(table, change, combination, present),
      ],
      join: keys.join,
    });
    return {
      ...common,
      query,
      show: 'trashed',
      ...(keys.judged ? { misfit: 'row_not_found' as const } : {}),
    };
  }
  const where = matching(target.where, 'live', source, context);
  const present = sql`select distinct 1 as combination, t._acl as was from ${relation(table)} as t${whereAll(where)}`;
  const query = writeByWhere({
    ...frame,
    ctes: changedLists(table, change, combination, present),
    where,
    strict: target.strict === true,
    hasInput: false,
  });
  return { ...common, query, show: 'live' };
}
