import { ident, sql, toText } from '../base/sql.ts';
import { type Catalog, withTable } from '../model/catalog.ts';
import type { IndexRule, SearchRule, Table } from '../model/table.ts';
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
  const forward = [
    ...triggers.flatMap(({ from }) => from.drop),
    ...tableMoves.map(({ from, to }) => moveTable(table.schema, from, to)),
    ...moves.map(({ from, to }) =>
      toText(sql`alter table ${here} rename column ${ident(from)} to ${ident(to)}`),
    ),
    ...names.flatMap(({ from, to }) => moveObject(table.schema, to, from.name, to.name)),
    ...triggers.flatMap(({ to }) => to.create),
  ];
  const reverse = [
    ...triggers.flatMap(({ to }) => to.drop),
    ...names.flatMap(({ from, to }) => moveObject(table.schema, to, to.name, from.name)),
    ...moves
      .toReversed()
      .map(({ from, to }) =>
        toText(sql`alter table ${here} rename column ${ident(to)} to ${ident(from)}`),
      ),
    ...tableMoves.map(({ from, to }) => moveTable(table.schema, to, from)),
    ...triggers.flatMap(({ from }) => from.create),
  ];
  const description = `rename in table ${old.name}`;
  return { table, catalog, steps: [{ class: 'safe', description, forward, reverse }] };
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
  const names = new Map(old.columns.map(({ id, name }) => [name, last.get(id) ?? name]));
  const move = (name: string): string => names.get(name) ?? name;
  const self = { app: next.app, name: next.name };
  return {
    ...old,
    ...self,
    physical: next.physical,
    columns: old.columns.map((column) => ({ ...column, name: move(column.name) })),
    key: old.key.map(move),
    ...(old.uniques
      ? { uniques: old.uniques.map((rule) => ({ ...rule, columns: rule.columns.map(move) })) }
      : {}),
    ...(old.indexes
      ? { indexes: old.indexes.map((rule) => movedIndex(rule, move, old, next)) }
      : {}),
    ...(old.search ? { search: movedSearch(old.search, move) } : {}),
    references: old.references.map((reference) => {
      const own = reference.target.app === old.app && reference.target.name === old.name;
      return {
        ...reference,
        columns: reference.columns.map(move),
        ...(own ? { target: self, targetColumns: reference.targetColumns.map(move) } : {}),
      };
    }),
  };
}

/** The names of indexes begin with that of their table. Texts over columns stay: an index on one that is renamed is made anew. */
function movedIndex(
  rule: IndexRule,
  move: (name: string) => string,
  old: Table,
  next: Table,
): IndexRule {
  const prefix = `${old.physical}_`;
  const name = rule.name.startsWith(prefix)
    ? `${next.physical}_${rule.name.slice(prefix.length)}`
    : rule.name;
  if (!rule.columns) return { ...rule, name };
  const columns = rule.columns.map((column) => ({ ...column, name: move(column.name) }));
  return { ...rule, name, columns };
}

function movedSearch(search: SearchRule, move: (name: string) => string): SearchRule {
  const fields = search.fields.map((field) => ({ ...field, column: move(field.column) }));
  return { ...search, fields };
}

function moveTable(schema: string, from: string, to: string): string {
  return toText(sql`alter table ${ident(schema, from)} rename to ${ident(to)}`);
}

function moveObject(
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
