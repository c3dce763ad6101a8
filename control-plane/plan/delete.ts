import { ident, type Sql, sql } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import type { Output } from '../statement/output.ts';
import type { Delete, Restore, Target } from '../statement/statement.ts';
import type { Planned } from './planned.ts';
import { conditionsOf } from './read.ts';
import { recordset } from './recordset.ts';
import { needFeature, newContext, tableSource, writableOf } from './scope.ts';
import { targetKeys } from './target.ts';
import { removeListed } from './unread.ts';
import { type Body, type Trash, writeByKeys, writeByWhere } from './write.ts';
import { written } from './written.ts';

/** Deletes: a mark on tables that have one, physical elsewhere. */
export function planDelete(statement: Delete, catalog: Catalog): Planned {
  const table = writableOf(catalog, statement.table);
  const { mark } = table.features;
  if (mark !== undefined) {
    const set = sql`${ident(mark)} = true`;
    return planMark(statement, catalog, table, { kind: 'update', set }, 'missing');
  }
  if (!table.features.softDelete) {
    return planMark(statement, catalog, table, { kind: 'delete' }, 'missing');
  }
  // The trigger puts the time of the transaction; any time says that it is meant.
  const set = statement.permanent
    ? sql`deleted_at = (select s.at from stamp as s), trashed_at = coalesce(t.trashed_at, (select s.at from stamp as s))`
    : sql`trashed_at = (select s.at from stamp as s)`;
  const trash = statement.permanent ? 'allowed' : 'missing';
  return planMark(statement, catalog, table, { kind: 'update', set }, trash);
}

/** Takes trashed rows back. */
export function planRestore(statement: Restore, catalog: Catalog): Planned {
  const table = writableOf(catalog, statement.table);
  const { mark } = table.features;
  if (mark !== undefined) {
    // The mark is a column like others, taken off by whoever may change the row.
    const set = sql`${ident(mark)} = false`;
    const planned = planMark(statement, catalog, table, { kind: 'update', set }, 'only');
    return { ...planned, intent: 'edit' };
  }
  needFeature(table, 'softDelete');
  return planMark(
    statement,
    catalog,
    table,
    { kind: 'update', set: sql`trashed_at = null` },
    'only',
  );
}

function planMark(
  { target, output }: { readonly target: Target; readonly output: Output },
  catalog: Catalog,
  table: Table,
  body: Body,
  trash: Trash,
): Planned {
  const context = newContext(catalog);
  const source = tableSource(table);
  const frame = { table, source, trash, body, back: written(table, output, 'stored', context) };
  const stamp: readonly Sql[] = table.features.softDelete
    ? [sql`stamp as materialized (select rowhouse.present() as at)`]
    : [];
  const common = {
    // The row as marked is still printed.
    show: 'trashed',
    intent: body.kind === 'update' ? 'delete' : 'edit',
    readOnly: false,
    table,
    suspects: context.suspects,
  } as const;
  if (target.by === 'keys') {
    const keys = targetKeys(table, target.keys);
    const ctes = [...stamp, recordset('input', keys.columns, keys.records)];
    const query = writeByKeys({ ...frame, ctes, join: keys.join });
    return { ...common, query, ...(keys.judged ? { misfit: 'row_not_found' as const } : {}) };
  }
  const where = conditionsOf(target.where, source, context);
  if (target.unread && table.access === 'lists' && body.kind === 'delete') {
    return { ...common, query: removeListed(target.where, table, where) };
  }
  const strict = target.strict === true;
  const { cap } = target;
  const query = writeByWhere({ ...frame, ctes: stamp, where, strict, cap, hasInput: false });
  return { ...common, query };
}
