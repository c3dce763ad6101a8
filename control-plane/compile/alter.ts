import { ident, literal, type Sql, sql, toText } from '../base/sql.ts';
import type { DataLoss } from '../model/definition.ts';
import type { Table } from '../model/table.ts';
import { columnLine, type PhysicalColumn, physicalColumns, textOf } from './column.ts';
import {
  conversion,
  exactConversion,
  isBinaryCompatible,
  isWidening,
  lossyConversion,
} from './conversion.ts';
import { tableName } from './object.ts';
import { arrive, finishRequired, type Prepared, replaceColumn } from './prepared.ts';
import { misfitsOf, unfilled } from './probe.ts';
import type { Step, StepOp } from './step.ts';

/** A change of columns. `from` is the table after its renames, `old` as it is before them. */
export interface ColumnChange {
  readonly old: Table;
  readonly from: Table;
  readonly next: Table;
  readonly loss: DataLoss;
  readonly prepared?: Prepared;
}

interface Pair {
  readonly was: PhysicalColumn;
  readonly is: PhysicalColumn;
}

/** Drops, adds and alters the columns of a table. */
export function changeColumns(change: ColumnChange): readonly Step[] {
  const { from, next } = change;
  const before = new Map(physicalColumns(from).map((column) => [column.id, column]));
  const after = physicalColumns(next);
  const kept = new Set(after.map(({ id }) => id));
  return [
    ...[...before.values()]
      .filter(({ id }) => !kept.has(id))
      .map((column) => dropColumn(next, column)),
    ...after.filter(({ id }) => !before.has(id)).map((column) => addColumn(change, column)),
    ...after.flatMap((is) => {
      const was = before.get(is.id);
      return was ? alterColumn(change, { was, is }) : [];
    }),
  ];
}

function addColumn({ old, next, prepared }: ColumnChange, column: PhysicalColumn): Step {
  const on = tableName(next);
  const bare = column.notNull && !column.default && !column.identity;
  return {
    op: 'add_column',
    class: 'safe',
    description: `add column ${column.name}`,
    forward: (prepared && arrive(next, column, prepared)) ?? [
      toText(sql`alter table ${on} add column ${columnLine(column)}`),
    ],
    reverse: [toText(sql`alter table ${on} drop column ${ident(column.name)}`)],
    field: column.name,
    conflicts: ['23'],
    ...(bare ? { misfits: toText(sql`select count(*) as count from ${tableName(old)}`) } : {}),
  };
}

/** The way back makes the column again without its values; a rule they would have met can't be kept then. */
function dropColumn(table: Table, column: PhysicalColumn): Step {
  const on = tableName(table);
  const again = { ...column, notNull: column.notNull && column.default !== undefined };
  return {
    op: 'drop_column',
    class: 'destructive',
    description: `drop column ${column.name}`,
    forward: [toText(sql`alter table ${on} drop column ${ident(column.name)}`)],
    reverse: [toText(sql`alter table ${on} add column ${columnLine(again)}`)],
    field: column.name,
  };
}

function alterColumn(change: ColumnChange, { was, is }: Pair): readonly Step[] {
  const { old, next, prepared } = change;
  const retyped = textOf(was.type) !== textOf(is.type);
  const replaced = prepared && retyped && replaceColumn(next, { was, is }, prepared);
  if (replaced) return [{ ...retype(change, { was, is }), forward: replaced }];
  const redefaulted = retyped || textOf(was.default) !== textOf(is.default);
  const steps: Step[] = [];
  const renumbered = textOf(was.identity) !== textOf(is.identity);
  if (renumbered && was.identity) {
    const again = sql`add ${was.identity}`;
    steps.push(alter(next, is, 'drop_identity', sql`drop identity`, again));
  }
  // A default of the old type can stop the conversion: it goes before and the new one comes after.
  if (redefaulted && was.default)
    steps.push(alter(next, is, 'drop_default', sql`drop default`, setDefault(was)));
  if (retyped) steps.push(retype(change, { was, is }));
  if (redefaulted && is.default)
    steps.push(alter(next, is, 'set_default', setDefault(is), sql`drop default`));
  if (is.notNull && !was.notNull) {
    const step = alter(next, is, 'set_required', sql`set not null`, sql`drop not null`);
    const checked = prepared && finishRequired(next, is, prepared);
    const filled = is.default && change.loss !== 'dropped' && !checked;
    const name = nameBefore(old, is);
    if (filled) steps.push(fill(next, is));
    steps.push({
      ...step,
      conflicts: ['23'],
      ...(checked ? { forward: checked } : {}),
      ...(filled || checked || name === undefined ? {} : { misfits: unfilled(old, name) }),
    });
  }
  if (renumbered && is.identity) steps.push(number(next, is, is.identity));
  if (was.notNull && !is.notNull)
    steps.push(alter(next, is, 'drop_required', sql`drop not null`, sql`set not null`));
  return steps;
}

/** Rows without a value take the default; what a change of the definition does is no change of the rows' own. */
function fill(table: Table, column: PhysicalColumn): Step {
  const [on, name] = [tableName(table), ident(column.name)];
  return {
    op: 'fill',
    class: 'safe',
    description: `column ${column.name}: fill`,
    forward: [
      `set local rowhouse.maintenance = 'on'`,
      toText(sql`update ${on} set ${name} = default where ${name} is null`),
      `set local rowhouse.maintenance = 'off'`,
    ],
    reverse: [],
    field: column.name,
    conflicts: ['22', '23'],
  };
}

function setDefault({ default: value }: PhysicalColumn): Sql {
  return value ? sql`set default ${value}` : sql`drop default`;
}

/** The sequence goes on behind the greatest value stored. */
function number(table: Table, column: PhysicalColumn, identity: Sql): Step {
  const step = alter(table, column, 'set_identity', sql`add ${identity}`, sql`drop identity`);
  const [on, name] = [tableName(table), literal(column.name)];
  const sequence = sql`pg_get_serial_sequence(${literal(toText(on))}, ${name})`;
  const last = sql`max(${ident(column.name)})`;
  const move = sql`select setval(${sequence}, ${last}) from ${on} having ${last} is not null`;
  return { ...step, forward: [...step.forward, toText(move)], conflicts: ['22', '23'] };
}

function retype({ old, next, loss }: ColumnChange, { was, is }: Pair): Step {
  const back = typeChange(is, was, 'dropped');
  const step = alter(next, is, 'change_type', typeChange(was, is, loss), back);
  const keeps = was.model && is.model && isWidening(was.model, is.model);
  return {
    ...step,
    ...misfitsOf(old, { ...was, name: nameBefore(old, was) ?? was.name }, is),
    class: keeps ? 'safe' : 'destructive',
    conflicts: ['22', '23', '54'],
  };
}

function nameBefore(old: Table, { id }: PhysicalColumn): string | undefined {
  return old.columns.find((column) => column.id === id)?.name;
}

function typeChange(from: PhysicalColumn, to: PhysicalColumn, loss: DataLoss): Sql {
  if (!from.model || !to.model || isBinaryCompatible(from.model, to.model)) {
    return sql`type ${to.type}`;
  }
  const using = converted(ident(to.name), { was: from, is: to }, loss);
  return sql`type ${to.type} using ${using}`;
}

/** A value of the old type as one of the new, as far as values may suffer by it. */
export function converted(column: Sql, { was, is }: Pair, loss: DataLoss): Sql {
  if (!was.model || !is.model) return column;
  if (loss === 'dropped') return conversion(column, was.model, is.model);
  if (!loss) return exactConversion(column, was.model, is.model);
  return lossyConversion(column, was.model, is.model) ?? conversion(column, was.model, is.model);
}

const words: Readonly<Partial<Record<StepOp, string>>> = {
  change_type: 'type',
  set_required: 'set not null',
  drop_required: 'drop not null',
  set_identity: 'identity',
};

function alter(table: Table, column: PhysicalColumn, op: StepOp, forward: Sql, reverse: Sql): Step {
  const head = sql`alter table ${tableName(table)} alter column ${ident(column.name)}`;
  return {
    op,
    class: 'safe',
    description: `column ${column.name}: ${words[op] ?? op.replace('_', ' ')}`,
    forward: [toText(sql`${head} ${forward}`)],
    reverse: [toText(sql`${head} ${reverse}`)],
    field: column.name,
  };
}
