import { ident, join, literal, type Sql, sql, toText } from '../base/sql.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import { typeName } from '../model/flags.ts';
import { ends, isEdgeTable } from '../model/graph.ts';
import type { TableAction } from '../model/policy.ts';
import {
  type AccessMode,
  hidesDeleted,
  isClosed,
  systemColumns,
  type Table,
} from '../model/table.ts';
import { hasStamp, physicalName } from '../model/table-schema.ts';
import { bare } from '../policy/resource.ts';
import { permitted, readable } from '../policy/table-decision.ts';
import { type TableObject, tableName } from './object.ts';

/** The conditions of one access mode: which rows each verb may meet. `check` speaks of the row after an update. */
interface Conditions {
  readonly select: Sql;
  readonly insert: Sql;
  readonly update: Sql;
  readonly check: Sql;
  readonly delete: Sql;
}

/**
 * THE table of access modes; the texts and the threats they answer are in policies/. What depends only on the caller is in a
 * sub-select, evaluated once a statement; each such function is mentioned once a policy, because every mention runs it again.
 */
const modes: Readonly<Record<AccessMode, (table: Table, catalog: Catalog) => Conditions>> = {
  grants: (table) => ({
    select: may(table, 'select'),
    insert: may(table, 'insert'),
    update: may(table, 'update'),
    check: sql`true`,
    delete: may(table, 'delete'),
  }),
  acl: (table) => ({
    // The stamp first: a row of this very statement may carry an ACL its snapshot has no bit for, and get_bit raises beyond the end.
    select: sql`(${own} or ${bit(table, 'readable')})`,
    insert: mayCreate(table),
    update: bit(table, 'changeable'),
    check: sql`true`,
    delete: bit(table, 'deletable'),
  }),
  lists: (table) => ({
    select: sql`(${own} or ${bit(table, 'readable')})`,
    insert: sql`(select p.level >= 2 from rowhouse.principal_in(${slugOf(table)}) as p)`,
    update: bit(table, 'relistable'),
    check: sql`true`,
    delete: bit(table, 'deletable'),
  }),
  policy: (table, catalog) => {
    const rule = (action: TableAction): Sql => permitted({ table, catalog, action, columns: bare });
    const lists = table.features.acl;
    const both = (condition: Sql, right: Parameters<typeof bit>[1]): Sql =>
      lists ? sql`(${condition} and ${bit(table, right)})` : condition;
    // Under the intent to delete, guard_intent holds an update to the marks of deleted rows.
    const change = hidesDeleted(table)
      ? sql`case (select rowhouse.intended_right()) when 'delete' then ${rule('delete')} else ${rule('update')} end`
      : rule('update');
    const select = sql`(${own} or ${both(readable({ table, catalog, columns: bare }), 'readable')})`;
    return {
      select,
      insert: lists ? sql`(${rule('create')} and ${mayCreate(table)})` : rule('create'),
      update: seen(both(change, 'changeable'), select, rule('read')),
      check: change,
      delete: both(rule('delete'), 'deletable'),
    };
  },
};

/**
 * Only rows that can be read are changed: an UPDATE that reads no column asks no SELECT policy, and its stamp would then show the row.
 * Nothing to add where both ask the same.
 */
function seen(change: Sql, select: Sql, read: Sql): Sql {
  return toText(change) === toText(read) ? change : sql`(${change} and ${select})`;
}

/** Written by this very transaction: what RETURNING shows when the writer has just lost the row. */
const own = sql`_xact = (select pg_current_xact_id_if_assigned())`;

function mayCreate(table: Table): Sql {
  return sql`(select rowhouse.may_create(${slugOf(table)}))`;
}

function may(table: Table, verb: string): Sql {
  return sql`(select ${ident(table.schema, '_rowhouse_may')}(${literal(table.id)}::integer, ${literal(verb)}))`;
}

/** The table's own tenant: a principal of another one gets nothing, whatever roles its login was given by mistake. */
function slugOf(table: Table): Sql {
  return literal(table.schema.slice('t_'.length));
}

function bit(table: Table, right: 'readable' | 'changeable' | 'relistable' | 'deletable'): Sql {
  return sql`get_bit((select ${ident(table.schema, `_rowhouse_${right}`)}()), _acl) = 1`;
}

/** Row security of a table: everything refused until a policy allows it, the owner's functions included. */
export function rowSecurity(table: Table): readonly string[] {
  const on = tableName(table);
  return [
    toText(sql`alter table ${on} enable row level security`),
    toText(sql`alter table ${on} force row level security`),
  ];
}

/** The policies of a table's access mode, that of our own functions, and that of its part of the history. */
export function policies(table: Table, catalog: Catalog): readonly TableObject[] {
  const conditions = withEnds(table, catalog, traversal);
  const tenant = ident(table.schema);
  const select = shown(table, conditions.select, hasStamp(table));
  // Without it an UPDATE that reads no column would meet rows in the trash, which no SELECT policy then hides.
  const update = shown(table, conditions.update, false);
  const { insert, check } = conditions;
  return [
    policy(table, '_owner', sql`to rowhouse_owner using (true) with check (true)`),
    policy(table, '_select', sql`for select to ${tenant} using (${select})`),
    policy(table, '_insert', sql`for insert to ${tenant} with check (${insert})`),
    policy(table, '_update', sql`for update to ${tenant} using (${update}) with check (${check})`),
    policy(table, '_delete', sql`for delete to ${tenant} using (${conditions.delete})`),
    ...historyPolicy(table),
  ];
}

/**
 * Where the condition of an edge is asked by 88-graph-shown.sql: nobody else is rowhouse_owner and meets it. There the nodes are shown,
 * each once, instead of both ends of every edge.
 */
const traversal = sql`(select current_user = 'rowhouse_owner')`;

/** An edge is there only for who may see both its ends. `unless`: what spares looking them up, in reads. */
function withEnds(table: Table, catalog: Catalog, unless?: Sql): Conditions {
  const conditions = modes[table.access](table, catalog);
  // In mode grants no row is hidden from who holds the verb.
  if (!isEdgeTable(table) || table.access === 'grants') return conditions;
  const { general, each } = endsVisible(table, catalog);
  const ends = general ? [general] : each;
  const both = (condition: Sql): Sql => join([condition, ...ends], ' and ');
  const spared = unless && !general ? [sql`(${unless} or ${join(each, ' and ')})`] : ends;
  // Every mention asks again: a condition that is the edges' own is not repeated.
  const same = general && toText(general) === toText(conditions.select);
  const select = join([conditions.select, ...(same ? [] : spared)], ' and ');
  return {
    ...conditions,
    // The stamp again: a new edge to a row that is not there is refused by the reference, not here.
    select: same ? conditions.select : sql`(${own} or ${select})`,
    update: both(conditions.update),
    delete: both(conditions.delete),
  };
}

/**
 * Where the nodes' own condition is one for all rows, it is asked once a statement; else each end is looked up, and that condition decides.
 */
function endsVisible(
  table: Table,
  catalog: Catalog,
): { readonly general?: Sql; readonly each: readonly Sql[] } {
  const between = table.references.filter(({ columns: [column] }) =>
    Object.values(ends).some((end) => end === column),
  );
  const nodes = between[0] && findTable(catalog, between[0].target);
  const general = nodes && conditionOfAll(nodes, catalog);
  if (general) return { general, each: [] };
  const each = between.map(({ columns: [column = ''], target, targetColumns: [key = ''] }) => {
    const rows = tableName({ schema: table.schema, physical: physicalName(target) });
    const end = ident(table.physical, column);
    return sql`exists (select 1 from ${rows} as node where node.${ident(key)} = ${end})`;
  });
  return { each };
}

/** The condition for reading a table, if it looks at no column but the stamp. */
function conditionOfAll(table: Table, catalog: Catalog): Sql | undefined {
  const { acl, softDelete, mark } = table.features;
  // Rows kept as one JSON value have columns that the table does not tell.
  if (acl || softDelete || mark !== undefined || table.provider === 'jsonb') return undefined;
  const condition = modes[table.access](table, catalog).select;
  const text = toText(condition).replaceAll(toText(own), '');
  // The engine's columns stand there bare, all others in quotes.
  const engine = Object.values(systemColumns).flat();
  const columns = table.columns.map(({ name }) => toText(ident(name)));
  return [...engine, ...columns].some((name) => text.includes(name)) ? undefined : condition;
}

/** Which rows of a table show through views: in mode grants all, for the view has its own rules; else those the reader may see. */
export function viewCondition(table: Table, catalog: Catalog): Sql {
  if (table.access === 'grants') return shown(table, sql`true`, false);
  return shown(table, withEnds(table, catalog).select, false);
}

/** Rows in the trash and rows deleted for good take part only when asked for. `answers`: RETURNING meets the condition. */
function shown(table: Table, condition: Sql, answers: boolean): Sql {
  const { softDelete, mark } = table.features;
  if (mark !== undefined) {
    // A row marked by an update of one's own still answers that update.
    const mine = answers ? sql` or ${own}` : sql``;
    const live = sql`${ident(mark)} is not true`;
    return sql`${condition} and (${live} or (select rowhouse.shows('trashed'))${mine})`;
  }
  if (!softDelete) return condition;
  // Deleting for good answers with the row, once, to those who see the trash.
  const last = answers ? sql` or (${own} and (select rowhouse.shows('trashed')))` : sql``;
  const marks = [
    sql`(trashed_at is null or (select rowhouse.shows('trashed')))`,
    sql`(deleted_at is null or (select rowhouse.shows('deleted'))${last})`,
  ];
  return join([condition, ...marks], ' and ');
}

function policy(
  table: Pick<Table, 'schema' | 'physical'> & Partial<Pick<Table, 'columns'>>,
  name: string,
  rest: Sql,
  keys: readonly string[] = [],
): TableObject {
  const on = tableName(table);
  const text = toText(rest);
  const { columns = [] } = table;
  const named = columns.filter((column) => text.includes(toText(ident(column.name))));
  const pins = [...keys, ...named.map((column) => column.name)];
  return {
    kind: 'policy',
    on: table.physical,
    name,
    create: [toText(sql`create policy ${ident(name)} on ${on} ${rest}`)],
    drop: [toText(sql`drop policy ${ident(name)} on ${on}`)],
    pins,
  };
}

/**
 * The history of a row is readable by whoever may read the row: its own policy decides in the sub-select; in mode policy also by
 * administrators of the app, once the row is gone. None while the table is
 * closed: a sub-select without the privilege would fail every read of the history, other tables' too.
 */
function historyPolicy(table: Table): readonly TableObject[] {
  const [key] = table.key;
  if (isClosed(table)) return [];
  if (!table.features.history || key === undefined || table.key.length > 1) return [];
  const history = { schema: table.schema, physical: '_rowhouse_history' };
  // Both sides qualified: the table may have a column of either name.
  const mine = ident(history.physical, 'row_key');
  const type = table.columns.find(({ name }) => name === key)?.type;
  if (type === undefined) return [];
  // The text is cast, not the key, so that the key's index serves; CASE keeps keys of other tables from being cast.
  const row = sql`select 1 from ${tableName(table)} as record where record.${ident(key)} = ${mine}::${typeName(type)}`;
  const gone =
    table.access === 'policy'
      ? sql` or (select rowhouse.administers(${slugOf(table)}, ${literal(table.app)})) and rowhouse.is_gone(${literal(table.id)}::integer, ${mine})`
      : sql``;
  const readable = sql`case when relation = ${literal(table.id)}::integer then exists (${row})${gone} else false end`;
  const rest = sql`for select to ${ident(table.schema)} using (${readable})`;
  return [policy(history, `_history_${table.id}`, rest, [key])];
}
