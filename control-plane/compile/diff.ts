import { ident, literal, type Sql, sql, toText } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import {
  columnLine,
  conversion,
  isWidening,
  type PhysicalColumn,
  physicalColumns,
  textOf,
} from './column.ts';
import { type TableObject, tableName } from './object.ts';
import { inbound } from './reference.ts';
import { renameTable } from './rename.ts';
import type { Step } from './step.ts';
import { createTable, isDefinedOnly, objectsOf } from './table.ts';

/**
 * What takes a table from one definition to another: renames, then what must go, the columns, and what is new. `before` and `after`
 * are the catalogs around it: references of other tables to this one are part of the change.
 */
export function diff(old: Table, next: Table, before: Catalog, after: Catalog): readonly Step[] {
  const refused = refusals(old, next);
  if (refused.length > 0) return refused;
  if (isDefinedOnly(old)) return materialize(next, after);
  const { table: from, catalog, steps } = renameTable(old, next, before);
  const was = [...objectsOf(from, catalog), ...inbound(from, catalog)];
  const is = [...objectsOf(next, after), ...inbound(next, after)];
  const retyped = new Set(retypes(from, next).map(({ is: column }) => column.name));
  const alike = (object: TableObject, others: ReadonlyMap<string, string>): boolean =>
    others.get(keyOf(object)) === object.create.join(';\n') &&
    !(object.pins ?? []).some((name) => retyped.has(name));
  const stays = (object: TableObject, others: ReadonlyMap<string, string>): boolean =>
    alike(object, others) &&
    [...was, ...is].every(
      (one) => one.on !== object.on || one.name !== object.under || alike(one, others),
    );
  const wasByKey = byKey(was);
  const isByKey = byKey(is);
  return [
    ...steps,
    ...was
      .filter((object) => !stays(object, isByKey))
      .toReversed()
      .map((object) => objectStep('drop', object)),
    ...columnSteps(from, next),
    ...is
      .filter((object) => !stays(object, wasByKey))
      .map((object) => objectStep('create', object)),
  ];
}

/** The physical table of a definition, with what references of others were waiting to put on it. */
function materialize(next: Table, after: Catalog): readonly Step[] {
  if (isDefinedOnly(next)) return [];
  return [
    createTable(next, after),
    ...inbound(next, after).map((object) => objectStep('create', object)),
  ];
}

function keyOf({ on, kind, name }: TableObject): string {
  return `${kind} ${on}\n${name}`;
}

function byKey(objects: readonly TableObject[]): ReadonlyMap<string, string> {
  return new Map(objects.map((object) => [keyOf(object), object.create.join(';\n')]));
}

function objectStep(verb: 'create' | 'drop', object: TableObject): Step {
  const { create, drop, kind, name, field, conflicts } = object;
  return {
    class: 'safe',
    description: `${verb} ${kind} ${name}`,
    forward: verb === 'create' ? create : drop,
    reverse: verb === 'create' ? drop : create,
    ...(field === undefined ? {} : { field }),
    ...(conflicts && verb === 'create' ? { conflicts } : {}),
  };
}

/** Changes that have no meaning for stored rows. */
function refusals(old: Table, next: Table): readonly Step[] {
  const fixed = ['kind', 'provider', 'schema'] as const;
  return fixed
    .filter((part) => old[part] !== next[part])
    .map((part) => ({
      class: 'refused',
      description: `change ${part} of table ${old.name}`,
      forward: [],
      reverse: [],
      field: part,
    }));
}

interface Pair {
  readonly was: PhysicalColumn;
  readonly is: PhysicalColumn;
}

function pairs(old: Table, next: Table): readonly Pair[] {
  const before = new Map(physicalColumns(old).map((column) => [column.id, column]));
  return physicalColumns(next).flatMap((is) => {
    const was = before.get(is.id);
    return was ? [{ was, is }] : [];
  });
}

function retypes(old: Table, next: Table): readonly Pair[] {
  return pairs(old, next).filter(({ was, is }) => textOf(was.type) !== textOf(is.type));
}

function columnSteps(old: Table, next: Table): readonly Step[] {
  const before = physicalColumns(old);
  const after = physicalColumns(next);
  const has = (columns: readonly PhysicalColumn[], id: string): boolean =>
    columns.some((column) => column.id === id);
  return [
    ...before.filter(({ id }) => !has(after, id)).map((column) => dropColumn(next, column)),
    ...after.filter(({ id }) => !has(before, id)).map((column) => addColumn(next, column)),
    ...pairs(old, next).flatMap((pair) => alterColumn(next, pair)),
  ];
}

function addColumn(table: Table, column: PhysicalColumn): Step {
  const on = tableName(table);
  return {
    class: 'safe',
    description: `add column ${column.name}`,
    forward: [toText(sql`alter table ${on} add column ${columnLine(column)}`)],
    reverse: [toText(sql`alter table ${on} drop column ${ident(column.name)}`)],
    field: column.name,
    conflicts: ['23'],
  };
}

/** The way back makes the column again without its values; a rule they would have met can't be kept then. */
function dropColumn(table: Table, column: PhysicalColumn): Step {
  const again = { ...column, notNull: column.notNull && column.default !== undefined };
  const { forward, reverse } = addColumn(table, again);
  return {
    class: 'destructive',
    description: `drop column ${column.name}`,
    forward: reverse,
    reverse: forward,
    field: column.name,
  };
}

function alterColumn(table: Table, { was, is }: Pair): readonly Step[] {
  const retyped = textOf(was.type) !== textOf(is.type);
  const redefaulted = retyped || textOf(was.default) !== textOf(is.default);
  const steps: Step[] = [];
  const renumbered = textOf(was.identity) !== textOf(is.identity);
  if (renumbered && was.identity) {
    const again = sql`add ${was.identity}`;
    steps.push(alter(table, is, 'drop identity', sql`drop identity`, again));
  }
  // A default of the old type can stop the conversion: it goes before and the new one comes after.
  if (redefaulted && was.default)
    steps.push(alter(table, is, 'drop default', sql`drop default`, setDefault(was)));
  if (retyped) steps.push(retype(table, { was, is }));
  if (redefaulted && is.default)
    steps.push(alter(table, is, 'set default', setDefault(is), sql`drop default`));
  if (is.notNull && !was.notNull) {
    const step = alter(table, is, 'set not null', sql`set not null`, sql`drop not null`);
    steps.push({ ...step, conflicts: ['23'] });
  }
  if (renumbered && is.identity) steps.push(number(table, is, is.identity));
  if (was.notNull && !is.notNull)
    steps.push(alter(table, is, 'drop not null', sql`drop not null`, sql`set not null`));
  return steps;
}

function setDefault({ default: value }: PhysicalColumn): Sql {
  return value ? sql`set default ${value}` : sql`drop default`;
}

/** The sequence goes on behind the greatest value stored. */
function number(table: Table, column: PhysicalColumn, identity: Sql): Step {
  const step = alter(table, column, 'identity', sql`add ${identity}`, sql`drop identity`);
  const [on, name] = [tableName(table), literal(column.name)];
  const sequence = sql`pg_get_serial_sequence(${literal(toText(on))}, ${name})`;
  const last = sql`max(${ident(column.name)})`;
  const move = sql`select setval(${sequence}, ${last}) from ${on} having ${last} is not null`;
  return { ...step, forward: [...step.forward, toText(move)], conflicts: ['22', '23'] };
}

function retype(table: Table, { was, is }: Pair): Step {
  const forward = typeChange(was, is);
  const step = alter(table, is, 'type', forward, typeChange(is, was));
  const keeps = was.model && is.model && isWidening(was.model, is.model);
  const misfits = was.model && is.model ? misfitCount(table, was, is) : {};
  return {
    ...step,
    ...misfits,
    class: keeps ? 'safe' : 'destructive',
    conflicts: ['22', '23', '54'],
  };
}

/** How many rows stand in the way of a type: asked when the change has failed. Columns may have been renamed by it. */
function misfitCount(table: Table, was: PhysicalColumn, is: PhysicalColumn): Pick<Step, 'misfits'> {
  if (!was.model || !is.model || was.name !== is.name) return {};
  const using = literal(toText(conversion(was.name, was.model, is.model)));
  const longest = is.model.base === 'varchar' ? (is.model.length ?? 0) : 0;
  const on = literal(toText(tableName(table)));
  const most = literal(longest);
  return {
    misfits: toText(sql`select rowhouse.count_misfits(${on}, ${using}, ${most}::integer) as count`),
  };
}

function typeChange(from: PhysicalColumn, to: PhysicalColumn): Sql {
  const using =
    from.model && to.model ? sql` using ${conversion(to.name, from.model, to.model)}` : sql``;
  return sql`type ${to.type}${using}`;
}

function alter(
  table: Table,
  column: PhysicalColumn,
  what: string,
  forward: Sql,
  reverse: Sql,
): Step {
  const head = sql`alter table ${tableName(table)} alter column ${ident(column.name)}`;
  return {
    class: 'safe',
    description: `column ${column.name}: ${what}`,
    forward: [toText(sql`${head} ${forward}`)],
    reverse: [toText(sql`${head} ${reverse}`)],
    field: column.name,
  };
}
