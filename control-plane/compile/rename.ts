import { ident, sql, toText } from '../base/sql.ts';
import { type Catalog, withTable } from '../model/catalog.ts';
import { heldColumns } from '../model/held.ts';
import {
  type Column,
  type IndexRule,
  type SearchRule,
  sameName,
  type Table,
} from '../model/table.ts';
import { type TableObject, tableName } from './object.ts';
import { inbound } from './reference.ts';
import type { Step } from './step.ts';
import { objectsOf } from './table.ts';

/** A table after its renames and before every other change, in the catalog that goes with it. */
export interface Renamed {
  readonly table: Table;
  readonly catalog: Catalog;
  readonly steps: readonly Step[];
}

/**
 * Takes a table and its columns to their new names. Postgres carries constraints, indexes, policies and the generated column along
 * but not their names, nor the names written into triggers: constraints and indexes are renamed, triggers made anew.
 */
export function renameTable(old: Table, next: Table, before: Catalog): Renamed {
  const moves = columnMoves(old, next);
  const table = renamed(old, next, moves);
  const catalog = withTable(before, table);
  const was = [...objectsOf(old, before), ...inbound(old, before)];
  const is = [...objectsOf(table, catalog), ...inbound(table, catalog)];
  const pairs = was.flatMap((from, index) => {
    const to = is[index];
    return to ? [{ from, to }] : [];
  });
  const triggers = pairs.filter(
    ({ from, to }) => from.kind === 'trigger' && from.create.join() !== to.create.join(),
  );
  const names = pairs.filter(({ from, to }) => from.kind !== 'trigger' && from.name !== to.name);
  const tableMoves =
    old.physical === table.physical ? [] : [{ from: old.physical, to: table.physical }];
  if (moves.length + tableMoves.length === 0) return { table: old, catalog: before, steps: [] };
  const here = tableName(table);
  // A column held in JSON keeps its key: its name is the model's alone.
  const held = new Set(heldColumns(old).map(({ id }) => id));
  const own = moves.filter(({ id }) => !held.has(id));
  const forward = [
    ...triggers.flatMap(({ from }) => from.drop),
    ...tableMoves.map(({ from, to }) => moveTable(table.schema, from, to)),
    ...own.map(({ from, to }) =>
      toText(sql`alter table ${here} rename column ${ident(from)} to ${ident(to)}`),
    ),
    ...objectMoves(names, table).flatMap(({ object, from, to }) =>
      moveObject(table.schema, object, from, to),
    ),
    ...triggers.flatMap(({ to }) => to.create),
  ];
  const reverse = [
    ...triggers.flatMap(({ to }) => to.drop),
    ...objectMoves(names, table)
      .toReversed()
      .flatMap(({ object, from, to }) => moveObject(table.schema, object, to, from)),
    ...own
      .toReversed()
      .map(({ from, to }) =>
        toText(sql`alter table ${here} rename column ${ident(to)} to ${ident(from)}`),
      ),
    ...tableMoves.map(({ from, to }) => moveTable(table.schema, to, from)),
    ...triggers.flatMap(({ from }) => from.create),
  ];
  const description = `rename in table ${old.name}`;
  return {
    table,
    catalog,
    steps: [{ op: 'rename', class: 'safe', description, forward, reverse }],
  };
}

/** As with columns: a name that another object is about to take is given up first, for a passing one. */
function objectMoves(
  pairs: readonly { readonly from: TableObject; readonly to: TableObject }[],
  { id }: Pick<Table, 'id'>,
) {
  const taken = new Set(pairs.map(({ to }) => to.name));
  const moves = pairs.map(({ from, to }, index) => {
    const passing = `_rowhouse_passing_${id}_${index}`;
    return { object: to, from: from.name, to: to.name, passing };
  });
  const leaves = ({ from }: { readonly from: string }): boolean => taken.has(from);
  return [
    ...moves.filter(leaves).map((move) => ({ ...move, to: move.passing })),
    ...moves.map((move) => (leaves(move) ? { ...move, from: move.passing } : move)),
  ];
}

interface Move {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/** Renames in an order that works: a name another column is about to take is given up first, for a passing one. */
function columnMoves(old: Table, next: Table): readonly Move[] {
  const goals = new Map(next.columns.map(({ id, name }) => [id, name]));
  const taken = new Set(
    old.columns.flatMap(({ id, name }) => {
      const goal = goals.get(id);
      return goal !== undefined && goal !== name ? [goal] : [];
    }),
  );
  const away: Move[] = [];
  const home: Move[] = [];
  old.columns.forEach(({ id, name }, index) => {
    const goal = goals.get(id);
    const passing = `_rowhouse_passing_${index}`;
    const leaves = goal === undefined || goal !== name;
    if (leaves && taken.has(name)) away.push({ id, from: name, to: passing });
    if (goal !== undefined && goal !== name) {
      home.push({ id, from: taken.has(name) ? passing : name, to: goal });
    }
  });
  return [...away, ...home];
}

function renamed(old: Table, next: Table, moves: readonly Move[]): Table {
  const last = new Map(moves.map(({ id, to }) => [id, to]));
  return withNames(old, next, ({ id, name }) => last.get(id) ?? name);
}

/** A table under another name and with its columns under other names, wherever its definition speaks of them. */
export function withNames(
  table: Table,
  { app, name, physical }: Pick<Table, 'app' | 'name' | 'physical'>,
  nameOf: (column: Column) => string,
): Table {
  const names = new Map(table.columns.map((column) => [column.name, nameOf(column)]));
  const move = (column: string): string => names.get(column) ?? column;
  const self = { app, name };
  return {
    ...table,
    ...self,
    physical,
    columns: table.columns.map((column) => ({ ...column, name: move(column.name) })),
    key: table.key.map(move),
    ...(table.uniques
      ? { uniques: table.uniques.map((rule) => ({ ...rule, columns: rule.columns.map(move) })) }
      : {}),
    ...(table.indexes
      ? { indexes: table.indexes.map((rule) => movedIndex(rule, move, table, { physical })) }
      : {}),
    ...(table.search ? { search: movedSearch(table.search, move) } : {}),
    references: table.references.map((reference) => {
      const own = sameName(reference.target, table);
      return {
        ...reference,
        columns: reference.columns.map(move),
        ...(own ? { target: self, targetColumns: reference.targetColumns.map(move) } : {}),
      };
    }),
  };
}

/** The names of indexes begin with that of their table. */
function movedIndex(
  rule: IndexRule,
  move: (name: string) => string,
  old: Pick<Table, 'physical'>,
  next: Pick<Table, 'physical'>,
): IndexRule {
  const prefix = `${old.physical}_`;
  const name = rule.name.startsWith(prefix)
    ? `${next.physical}_${rule.name.slice(prefix.length)}`
    : rule.name;
  const { columns, expression, where } = rule;
  return {
    ...rule,
    name,
    ...(columns ? { columns: columns.map((each) => ({ ...each, name: move(each.name) })) } : {}),
    ...(expression === undefined ? {} : { expression: movedText(expression, move) }),
    ...(where === undefined ? {} : { where: movedText(where, move) }),
  };
}

/** A text printed from a tree: every name is in quotes, and those that are no column's are qualified. */
function movedText(text: string, move: (name: string) => string): string {
  return text.replaceAll(
    /'(?:[^']|'')*'|(?<![."])"((?:[^"]|"")*)"(?!["])(?!\.)/g,
    (token, name: string | undefined) =>
      name === undefined ? token : toText(ident(move(name.replaceAll('""', '"')))),
  );
}

function movedSearch(search: SearchRule, move: (name: string) => string): SearchRule {
  const fields = search.fields.map((field) => ({ ...field, column: move(field.column) }));
  return { ...search, fields };
}

function moveTable(schema: string, from: string, to: string): string {
  return toText(sql`alter table ${ident(schema, from)} rename to ${ident(to)}`);
}

/** Gives an object of a table another name; nothing to run for kinds that are made anew instead. */
export function moveObject(
  schema: string,
  object: TableObject,
  from: string,
  to: string,
): readonly string[] {
  switch (object.kind) {
    case 'index':
      return [toText(sql`alter index ${ident(schema, from)} rename to ${ident(to)}`)];
    case 'primary':
    case 'unique':
    case 'check':
    case 'reference': {
      const on = ident(schema, object.on);
      return [toText(sql`alter table ${on} rename constraint ${ident(from)} to ${ident(to)}`)];
    }
    default:
      return [];
  }
}
