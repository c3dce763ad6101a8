import { ident, join, literal, type Sql, sql, toText } from '../base/sql.ts';
import type { Phase } from '../model/phase.ts';
import type { Table } from '../model/table.ts';
import { converted } from './alter.ts';
import { columnLine, type PhysicalColumn } from './column.ts';
import { tableName } from './object.ts';
import type { Evolution } from './prepared.ts';
import { passingName, sequenceName, syncName } from './prepared.ts';
import { misfitsOf, unfilled } from './probe.ts';
import { type ColumnWork, isProved, isWritten } from './stage.ts';

/** A change with the table as it is to be under the names of now, and the columns to be seen to. */
export interface Work extends Evolution {
  readonly staged: Table;
  readonly columns: readonly ColumnWork[];
}

/** One short transaction. From its end on new rows have values in the new columns. */
export function addColumns(work: Work): readonly Phase[] {
  const { old, staged, columns } = work;
  const added = columns.filter(({ kind }) => kind !== 'required');
  if (added.length === 0) return [];
  const on = tableName(staged);
  const bare = added.find(
    ({ kind, is }) => kind === 'new' && is.notNull && !is.default && !is.identity,
  );
  const count = toText(sql`select count(*) as count from ${tableName(old)}`);
  const names = join(added.map(({ is }) => literal(is.name)));
  return [
    {
      kind: 'transaction',
      description: `add columns ${added.map(({ field }) => field).join(', ')}`,
      statements: added.flatMap((column) => addOne(work, column)).map(toText),
      lock: 'ACCESS EXCLUSIVE',
      undo: added
        .toReversed()
        .flatMap((column) => removeOne(staged, column))
        .map(toText),
      proof: toText(
        sql`select count(*) = ${literal(added.length)} as done from pg_attribute where attrelid = ${literal(toText(on))}::regclass and attname in (${names}) and not attisdropped`,
      ),
      conflicts: ['23'],
      ...(bare ? { field: bare.field, misfits: count } : {}),
    },
  ];
}

function addOne(work: Work, { kind, was, is }: ColumnWork): readonly Sql[] {
  const { staged } = work;
  const on = tableName(staged);
  const bare = sql`alter table ${on} add column ${ident(is.name)} ${is.type}`;
  if (kind === 'replaced' && was) return [bare, ...keepInStep(work, was, is)];
  if (!isWritten(is)) return [sql`alter table ${on} add column ${columnLine(is)}`];
  // Postgres would write every row under its lock to give each a value of its own: the rows come later.
  const value = is.identity ? nextNumber(staged, is) : (is.default ?? sql`null`);
  return [
    bare,
    ...(is.numbering ? [sql`create sequence ${sequenceOf(staged, is)} ${is.numbering}`] : []),
    sql`alter table ${on} alter column ${ident(is.name)} set default ${value}`,
  ];
}

function removeOne(table: Table, { kind, is }: ColumnWork): readonly Sql[] {
  const on = tableName(table);
  const sync = syncName(table, is);
  return [
    ...(kind === 'replaced'
      ? [
          sql`drop trigger if exists ${ident(sync)} on ${on}`,
          sql`drop function if exists ${ident(table.schema, sync)}()`,
        ]
      : []),
    sql`alter table ${on} drop column if exists ${ident(is.name)}`,
    ...(kind === 'new' && is.numbering
      ? [sql`drop sequence if exists ${sequenceOf(table, is)}`]
      : []),
  ];
}

function sequenceOf(table: Table, column: PhysicalColumn): Sql {
  return ident(table.schema, sequenceName(table, column));
}

function nextNumber(table: Table, column: PhysicalColumn): Sql {
  return sql`nextval(${literal(toText(sequenceOf(table, column)))}::regclass)`;
}

/** What is written to a column is written to its stand-in too, after every other trigger has had its say. */
function keepInStep(work: Work, was: PhysicalColumn, is: PhysicalColumn): readonly Sql[] {
  const { staged, loss } = work;
  const [on, name] = [tableName(staged), syncName(staged, is)];
  const value = converted(sql`new.${ident(was.name)}`, { was, is }, loss);
  const body = toText(sql`begin new.${ident(is.name)} := ${value}; return new; end`);
  const call = sql`${ident(staged.schema, name)}()`;
  return [
    sql`create function ${call} returns trigger language plpgsql set search_path = pg_catalog, pg_temp as ${literal(body)}`,
    sql`revoke all on function ${call} from public`,
    sql`create trigger ${ident(name)} before insert or update on ${on} for each row execute function ${call}`,
  ];
}

/** The rows there are get their values, batch by batch. */
export function fillColumn(work: Work, column: ColumnWork): readonly Phase[] {
  const { kind, was, is, field } = column;
  const { old, staged, loss } = work;
  const name = ident(is.name);
  const on = tableName(staged);
  const filled = (value: Sql, only: Sql): Phase => ({
    kind: 'fill',
    description: `fill column ${field}`,
    statements: [
      toText(
        sql`update ${on} set ${name} = ${value} where ctid >= $1::tid and ctid < $2::tid and ${name} is null and ${only}`,
      ),
    ],
    lock: 'ROW EXCLUSIVE',
    undo: [],
    table: toText(on),
    field,
    conflicts: ['22', '23', '54'],
    ...(was ? misfitsOf(old, was, is) : {}),
  });
  if (kind === 'replaced' && was) {
    const before = ident(was.name);
    return [filled(converted(before, { was, is }, loss), sql`${before} is not null`)];
  }
  if (kind === 'new') {
    const value = is.identity ? nextNumber(staged, is) : is.default;
    return isWritten(is) && value ? [filled(value, sql`true`)] : [];
  }
  return is.default && loss !== 'dropped' ? [filled(is.default, sql`true`)] : [];
}

/** A check that holds for new rows at once and is then proved for the others: with it, NOT NULL needs no look at the rows. */
export function proveRequired(work: Work, column: ColumnWork): readonly Phase[] {
  if (!isProved(column)) return [];
  const { old, staged } = work;
  const { was, is, field } = column;
  const on = tableName(staged);
  const check = passingName(staged, `filled ${is.id}`);
  const name = ident(check);
  const facts = {
    field,
    conflicts: ['23'],
    ...(was ? { misfits: unfilled(old, was.name) } : {}),
  };
  return [
    {
      kind: 'transaction',
      description: `require column ${field} of new rows`,
      statements: [
        toText(
          sql`alter table ${on} add constraint ${name} check (${ident(is.name)} is not null) not valid`,
        ),
      ],
      lock: 'ACCESS EXCLUSIVE',
      undo: [toText(sql`alter table ${on} drop constraint if exists ${name}`)],
      ...facts,
    },
    // Rows that lost their value between the first pass and the check.
    ...fillColumn(work, column),
    {
      kind: 'transaction',
      description: `look at column ${field} of all rows`,
      statements: [toText(sql`alter table ${on} validate constraint ${name}`)],
      lock: 'SHARE UPDATE EXCLUSIVE',
      undo: [],
      proof: validated(on, check),
      ...facts,
    },
  ];
}

/** Query of whether a constraint holds for all rows. */
export function validated(on: Sql, name: string): string {
  return toText(
    sql`select exists (select from pg_constraint where conrelid = ${literal(toText(on))}::regclass and conname = ${literal(name)} and convalidated) as done`,
  );
}
