import { ident, join, literal, raw, type Sql, sql, toText } from '../base/sql.ts';
import { carries, type Flag, flags } from '../model/flags.ts';
import { heldColumns } from '../model/held.ts';
import type { Column, Table } from '../model/table.ts';
import { hasStamp, logicalName } from '../model/table-schema.ts';
import { shortName } from './names.ts';
import { type TableObject, tableName } from './object.ts';

/** A trigger to be made. Postgres fires those of one moment in the order of their names. */
interface TriggerFacts {
  readonly order: `_${number}_${string}` | `0${number}_${string}`;
  /** What it is about, where a table can have several of its kind. */
  readonly of?: string;
  readonly when:
    | 'before insert'
    | 'before update'
    | 'before delete'
    | `${'before' | 'after'} ${string}`;
  /** Only updates that name one of these columns. */
  readonly columns?: readonly string[];
  /** Transition tables old_rows, new_rows. */
  readonly tables?: 'old' | 'new' | 'both';
  readonly each: 'row' | 'statement';
  /** Only rows for which this holds. */
  readonly only?: Sql;
  /** User columns that `only` names: their type can't change under it. */
  readonly pins?: readonly string[];
  /** Function of schema rowhouse, or of the schema given. */
  readonly call: string;
  readonly schema?: string;
  readonly args: readonly string[];
}

const transitions = {
  old: raw(' referencing old table as old_rows'),
  new: raw(' referencing new table as new_rows'),
  both: raw(' referencing old table as old_rows new table as new_rows'),
};

/** A trigger: names and one call into a module, no logic of its own. */
export function trigger(table: Table, facts: TriggerFacts): TableObject {
  const name = facts.of === undefined ? facts.order : triggerName(facts.order, facts.of);
  const on = tableName(table);
  const rows = facts.tables ? transitions[facts.tables] : sql``;
  const call = sql`${ident(facts.schema ?? 'rowhouse', facts.call)}(${join(facts.args.map((arg) => literal(arg)))})`;
  const of = facts.columns ? sql` of ${join(facts.columns.map((column) => ident(column)))}` : sql``;
  const head = sql`create trigger ${ident(name)} ${raw(facts.when)}${of} on ${on}${rows}`;
  const only = facts.only ? sql` when (${facts.only})` : sql``;
  return {
    kind: 'trigger',
    on: table.physical,
    name,
    create: [toText(sql`${head} for each ${raw(facts.each)}${only} execute function ${call}`)],
    drop: [toText(sql`drop trigger ${ident(name)} on ${on}`)],
    ...(facts.pins === undefined ? {} : { pins: facts.pins }),
  };
}

function triggerName(order: string, of: string): string {
  const plain = `${order}__${of}`;
  return Buffer.byteLength(plain) <= 50 ? plain : shortName(plain, 't');
}

/** The triggers a table needs for its own features and flags. A trigger exists only where its rule does. */
export function triggers(table: Table): readonly TableObject[] {
  const logical = logicalName(table);
  const { softDelete, mark, acl, timestamps } = table.features;
  const made: TableObject[] = [];
  const add = (facts: TriggerFacts): void => {
    made.push(trigger(table, facts));
  };
  const writes = 'before insert or update or delete';
  const key = table.key[0] ?? '';
  if (table.freeze)
    add({
      order: '_000_frozen',
      when: writes,
      each: 'statement',
      call: 'guard_frozen',
      args: [logical],
    });
  if (table.sudo)
    add({
      order: '_010_sudo',
      when: writes,
      each: 'statement',
      call: 'guard_sudo',
      args: [logical],
    });
  if (softDelete || acl || mark !== undefined) {
    const args = [
      logical,
      softDelete ? 'soft_delete' : '',
      acl ? (table.access === 'lists' ? 'lists' : 'acl') : '',
      ...(mark === undefined ? [] : [mark]),
    ];
    add({ order: '_100_intent', when: 'before update', each: 'row', call: 'guard_intent', args });
  }
  if (softDelete)
    add({
      order: '_100_insert',
      when: 'before insert',
      each: 'row',
      call: 'guard_insert',
      args: [logical],
    });
  const restricted = flagged(table, 'sudo');
  if (restricted.length > 0) {
    const args = [logical, ...restricted];
    add({
      order: '_200_sudo_columns',
      when: 'before insert or update',
      each: 'row',
      call: flags.sudo.guard,
      args,
    });
  }
  if (table.access === 'lists') {
    const args = [table.schema.slice('t_'.length), logical];
    const when = 'before insert or update';
    add({ order: '_240_lists', when, each: 'row', call: 'guard_lists', args });
  }
  // An ACL number that is none would make every read of the table fail, so writers can't store one.
  if (acl) {
    add({
      order: '_250_acl',
      when: 'before insert or update of _acl',
      each: 'row',
      only: sql`new._acl <> 0`,
      call: '_rowhouse_known_acl',
      schema: table.schema,
      args: [],
    });
  }
  const lasting = flagged(table, 'immutable');
  if (lasting.length > 0) {
    const args = [logical, key, ...lasting];
    add({
      order: '_300_immutable',
      when: 'before update',
      each: 'row',
      // Without a change the function is not even called.
      only: join(lasting.map(changed), ' or '),
      pins: lasting,
      call: flags.immutable.guard,
      args,
    });
  }
  for (const { name, identity } of table.columns) {
    if (!identity) continue;
    add({
      order: '_050_number',
      of: name,
      when: 'before insert',
      each: 'row',
      only: sql`new.${ident(name)} is null`,
      call: 'next_number',
      args: identity.follows ? [name, 'follows'] : [name],
    });
    if (!identity.follows) continue;
    add({
      order: '_060_follow',
      of: name,
      when: `before insert or update of ${toText(ident(name))}`,
      each: 'row',
      // What the server writes draws numbers by next_number alone, which looks for those given itself.
      only: sql`new.${ident(name)} is not null and session_user <> 'rowhouse_gateway'`,
      pins: [name],
      call: 'follow_number',
      args: [name],
    });
    add({
      order: '_800_follow_insert',
      of: name,
      when: 'after insert',
      tables: 'new',
      each: 'statement',
      call: 'follow_numbers',
      args: [name],
    });
    add({
      order: '_800_follow_update',
      of: name,
      when: `after update of ${toText(ident(name))}`,
      each: 'row',
      only: changed(name),
      pins: [name],
      call: 'follow_numbers',
      args: [name],
    });
  }
  made.push(...heldTrigger(table));
  const touched = flagged(table, 'touched');
  if (touched.length > 0) {
    add({
      order: '_350_touch',
      when: 'before update',
      each: 'row',
      call: flags.touched.guard,
      args: touched,
    });
  }
  if (softDelete)
    add({
      order: '_400_trash',
      when: 'before delete',
      each: 'row',
      call: 'trash_instead',
      args: [logical, ...table.key],
    });
  if (mark !== undefined)
    add({
      order: '_400_mark',
      when: 'before delete',
      each: 'row',
      call: 'mark_instead',
      args: [logical, mark, ...table.key],
    });
  if (hasStamp(table) || timestamps) {
    const args = [timestamps ? 'timestamps' : '', hasStamp(table) ? 'xact' : ''];
    const once = { each: 'row', call: 'stamp', args } as const;
    add({ order: '_500_stamp', when: 'before update', ...once });
    add({ order: '_500_stamp_insert', when: 'before insert', only: unstamped(table), ...once });
  }
  return [...made, ...historyTriggers(table)];
}

/** Whether a new row has other stamps than its columns' defaults: a call for each row is four times what a default costs. */
function unstamped(table: Table): Sql {
  const { timestamps } = table.features;
  return join(
    [
      ...(timestamps ? [sql`new.created_at is null`] : []),
      // As rowhouse.present(): a condition is planned with each statement, and inlining took 4 µs of it.
      ...(timestamps
        ? [
            sql`new.updated_at is distinct from pg_catalog.date_trunc('milliseconds', pg_catalog.now())`,
          ]
        : []),
      ...(hasStamp(table) ? [sql`new._xact is distinct from pg_current_xact_id()`] : []),
    ],
    ' or ',
  );
}

/** INSERT and DELETE by transition table (1.09 times the plain write, 1.44 by row), UPDATE by row (1.20 against 2.0). */
function historyTriggers(table: Table): readonly TableObject[] {
  const tracked = flagged(table, 'tracked');
  const [key] = table.key;
  if (!table.features.history || tracked.length === 0 || key === undefined) return [];
  const args = [String(table.id), key, ...tracked];
  const call = 'record_history';
  return [
    trigger(table, {
      order: '_900_history_insert',
      when: 'after insert',
      tables: 'new',
      each: 'statement',
      call,
      args,
    }),
    trigger(table, {
      order: '_900_history_delete',
      when: 'after delete',
      tables: 'old',
      each: 'statement',
      call,
      args,
    }),
    trigger(table, { order: '_900_history_update', when: 'after update', each: 'row', call, args }),
  ];
}

/** The rules of held columns. Rows that are there already must fit them too. */
function heldTrigger(table: Table): readonly TableObject[] {
  const { holder } = table;
  if (holder === undefined) return [];
  const rules = JSON.stringify(heldColumns(table).map(rulesOf));
  const made = trigger(table, {
    order: '_150_held',
    when: 'before insert or update',
    each: 'row',
    call: 'guard_held',
    args: [logicalName(table), holder, rules],
  });
  const on = literal(toText(tableName(table)));
  const check = sql`select rowhouse.require_held(${on}, ${literal(holder)}, ${literal(rules)}::jsonb)`;
  return [{ ...made, create: [...made.create, toText(check)], conflicts: ['23'] }];
}

/** What guard_held needs to know of a column. */
function rulesOf({ id: _id, createdAt: _created, updatedAt: _updated, ...rules }: Column): object {
  return rules;
}

/** Whether an update changes a column. */
function changed(name: string): Sql {
  return sql`old.${ident(name)} is distinct from new.${ident(name)}`;
}

/** Names of the columns that carry a flag. */
function flagged(table: Table, flag: Flag): readonly string[] {
  const names = table.columns
    .filter((column) => carries(column, flag))
    .map(({ name, held }) => (held === undefined ? name : (table.holder ?? name)));
  return [...new Set(names)];
}
