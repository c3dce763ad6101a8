import { ServiceError } from '../base/errors.ts';
import { type Json, type JsonObject, memberOf } from '../base/json.ts';
import { ident, join, raw, type Sql, sql } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import type { NewRow, Update } from '../statement/statement.ts';
import { defaultOf, resettable } from './default.ts';
import { expectations } from './expect.ts';
import { heldAfter } from './held.ts';
import { type Combinations, changedLists, combine } from './lists.ts';
import type { Planned } from './planned.ts';
import { conditionsOf } from './read.ts';
import { type RecordColumn, recordset, sentType } from './recordset.ts';
import { type Named, namedColumns } from './rows.ts';
import {
  type Context,
  needFeature,
  newContext,
  relation,
  tableSource,
  writableOf,
} from './scope.ts';
import { mergeChanges, targetKeys } from './target.ts';
import { planChangeListed } from './unread.ts';
import { type Body, writeByKeys, writeByWhere } from './write.ts';
import { written } from './written.ts';

/** Changes of named columns: one UPDATE for any number of rows, each with columns of its own. */
export function planUpdate(update: Update, catalog: Catalog): Planned {
  const context = newContext(catalog);
  const table = writableOf(catalog, update.table);
  const source = tableSource(table);
  const { target } = update;
  if (target.by === 'where' && target.unread && table.access === 'lists') {
    return planChangeListed(update, target.where, table, context);
  }
  const keys = target.by === 'keys' ? targetKeys(table, target.keys) : undefined;
  if (update.once && keys?.places)
    throw new ServiceError('row_repeated', 'Two rows have the same key');
  namedColumns(table, update.changes, 'update');
  const { changes, expect } = keys
    ? mergeChanges(keys, update.changes, update.expect ?? [], table.holder)
    : { changes: update.changes, expect: update.expect ?? [] };
  const named = namedColumns(table, changes, 'update');
  const combinations = combine(changes);
  const listed = combinations.rows.length > 0;
  if (listed) needFeature(table, 'acl');
  const checks = expectations(table, expect);
  const fields = [
    ...(keys?.columns ?? []),
    ...named.flatMap(fieldsOf),
    ...checks.columns,
    ...(listed ? [{ name: 'a', type: 'int' }] : []),
  ];
  const records = changes.map((change, row) => ({
    ...keys?.records[row],
    ...cellsOf(change, named),
    ...checks.records[row],
    ...(combinations.index[row] === undefined ? {} : { a: combinations.index[row] }),
  }));
  const where = target.by === 'where' ? conditionsOf(target.where, source, context) : [];
  const joined = keys ? keys.join : where;
  const frame = {
    table,
    source,
    trash: 'refused' as const,
    body: bodyOf(named, listed, {
      merge: update.merge ?? [],
      fallback: fallbacks(update, table, named, context),
      // Where the unnamed falls back, what is sent is all that is held.
      ...(update.unnamed === undefined ? { holder: table.holder } : {}),
    }),
    back: written(table, update.output, listed ? 'relisted' : 'stored', context),
    ctes: [
      recordset('input', fields, records),
      ...(listed ? relisted(table, combinations, joined) : []),
    ],
    stored: checks.stored,
    late: checks.refusals,
  };
  const query = keys
    ? writeByKeys({ ...frame, join: keys.join, ...(keys.places ? { places: keys.places } : {}) })
    : writeByWhere({
        ...frame,
        where,
        strict: target.by === 'where' && target.strict === true,
        cap: target.by === 'where' ? target.cap : undefined,
        hasInput: true,
      });
  return {
    query,
    // By keys a trashed row must be seen to be refused as such.
    show: keys ? 'trashed' : 'live',
    intent: 'edit',
    readOnly: false,
    table,
    suspects: context.suspects,
    ...(keys?.judged ? { misfit: 'row_not_found' as const } : {}),
  };
}

function fieldsOf(column: Named, at: number): readonly RecordColumn[] {
  const cell = { name: `c${at}`, type: sentType(column.type) };
  return column.always ? [cell] : [cell, { name: `h${at}`, type: 'boolean' }];
}

function cellsOf({ values }: NewRow, named: readonly Named[]): JsonObject {
  const cells: Record<string, Json> = {};
  named.forEach(({ name, always }, at) => {
    const value = memberOf(values, name);
    if (value === undefined) return;
    cells[`c${at}`] = value;
    if (!always) cells[`h${at}`] = true;
  });
  return cells;
}

/** What columns that a change doesn't name become, by name; absent: they stay. `DEFAULT` where no change names them. */
function fallbacks(
  { unnamed }: Update,
  table: Table,
  named: readonly Named[],
  context: Context,
): ReadonlyMap<string, Sql> {
  if (unnamed === undefined) return new Map();
  const some = new Set(named.map(({ name }) => name));
  return new Map(
    resettable(table).map((column) => [
      column.name,
      some.has(column.name) ? (defaultOf(column, context) ?? sql`null`) : sql`default`,
    ]),
  );
}

function bodyOf(
  named: readonly Named[],
  listed: boolean,
  {
    merge,
    fallback,
    holder,
  }: {
    readonly merge: readonly string[];
    readonly fallback: ReadonlyMap<string, Sql>;
    /** Keeps what is not sent. */
    readonly holder?: string | undefined;
  },
): Body {
  const cells = named.map(({ name, always }, at) => {
    const sent = raw(`x.c${at}`);
    const cell = merge.includes(name)
      ? sql`rowhouse.json_merge(t.${ident(name)}, ${sent})`
      : name === holder
        ? heldAfter(name, sent)
        : sent;
    const value = always
      ? cell
      : sql`case when x.${raw(`h${at}`)} then ${cell} else ${fallback.get(name) ?? sql`t.${ident(name)}`} end`;
    return sql`${ident(name)} = ${value}`;
  });
  const some = new Set(named.map(({ name }) => name));
  for (const [name, value] of fallback) {
    if (!some.has(name)) cells.push(sql`${ident(name)} = ${value}`);
  }
  if (listed) {
    cells.push(sql`_acl = case when x.a is null then t._acl else ${newAcl} end`);
  }
  return cells.length === 0 ? { kind: 'check' } : { kind: 'update', set: join(cells) };
}

/**
 * The ACL that takes the place of the row's own. A row that got another one meanwhile finds none: NOT NULL then stops the statement,
 * and the session repeats it as it does a serialization failure.
 */
const newAcl = sql`(select z.id from relisted as z where z.combination = x.a and z.was = t._acl)`;

function relisted(
  table: Table,
  combinations: Combinations,
  conditions: readonly Sql[],
): readonly Sql[] {
  const pairs = sql`select distinct x.a as combination, t._acl as was from input as x join ${relation(table)} as t on ${join([sql`x.a is not null`, ...conditions], ' and ')}`;
  return changedLists(table, combinations, pairs);
}
