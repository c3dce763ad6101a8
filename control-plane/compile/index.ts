import { ident, join, literal, type Sql, sql, toText } from '../base/sql.ts';
import { type ColumnType, classOf, hasWords } from '../base/types.ts';
import { ends, isEdgeTable } from '../model/graph.ts';
import { heldValue } from '../model/held.ts';
import type { Column, SearchRule, Table } from '../model/table.ts';
import { hasStamp, searchVector as vectorName } from '../model/table-schema.ts';
import { isUniqueBeyondKey, uniqueName } from './constraint.ts';
import { declaredIndexes } from './index-declared.ts';
import { joinedName, shortName } from './names.ts';
import { columnList, type TableObject, tableName } from './object.ts';

/** The indexes of a table and its generated search vector. */
export function indexes(table: Table): readonly TableObject[] {
  return [
    ...searchVector(table),
    ...uniqueIndexes(table),
    ...plainIndexes(table),
    ...referenceIndexes(table),
    ...accessIndexes(table),
    ...declaredIndexes(table),
    ...edgeIndexes(table),
  ];
}

function index(table: Table, name: string, rest: Sql, field?: string): TableObject {
  return {
    kind: 'index',
    on: table.physical,
    name,
    create: [toText(sql`create index ${ident(name)} on ${tableName(table)} ${rest}`)],
    drop: [toText(sql`drop index ${ident(table.schema, name)}`)],
    apart: { kind: 'index', unique: false, on: rest },
    ...(field === undefined ? {} : { field }),
  };
}

/** What constraints can't say. Live rows only: a value in the trash may be taken again. */
function uniqueIndexes(table: Table): readonly TableObject[] {
  const trash = table.features.softDelete;
  const beyond = table.columns.filter(isUniqueBeyondKey(table));
  return beyond
    .filter(({ held }) => trash || held !== undefined)
    .map((column) => {
      const name = uniqueName(column, table);
      const live = sql`trashed_at is null and deleted_at is null`;
      const rest = sql`(${indexed(column, table)})${trash ? sql` where ${live}` : sql``}`;
      const columns = [column.name];
      const rule = { kind: 'unique', columns, ...(trash ? { among: live } : {}) } as const;
      return {
        kind: 'index',
        on: table.physical,
        name,
        create: [toText(sql`create unique index ${ident(name)} on ${tableName(table)} ${rest}`)],
        drop: [toText(sql`drop index ${ident(table.schema, name)}`)],
        ...(column.held === undefined ? { rule } : {}),
        apart: { kind: 'index', unique: true, on: rest },
        // 54000: a stored text too long for an index.
        conflicts: ['23', '54'],
        field: column.name,
      };
    });
}

function plainIndexes(table: Table): readonly TableObject[] {
  return table.columns
    .filter((column) => column.indexed && !leadsKey(table, column.name))
    .map((column) => {
      const method = isInverted(column.type) ? sql`using gin ` : sql``;
      const name = shortName(column.name, `idx_${table.id}`);
      // Objects are asked what they contain; the smaller operator class serves that and no more.
      const paths =
        table.provider === 'jsonb' && classOf(column.type) === 'json' && !column.type.array;
      const on = paths
        ? sql`(${indexed(column, table)} jsonb_path_ops)`
        : sql`(${indexed(column, table)})`;
      return index(table, name, sql`${method}${on}`, column.name);
    });
}

/** What an index is made over: the column, or the expression of one that is held. */
function indexed(column: Column, { holder }: Table): Sql {
  if (column.held === undefined || holder === undefined) return ident(column.name);
  return sql`(${heldValue(column, ident(holder))})`;
}

/** Arrays and JSON are searched by what they contain. */
function isInverted(type: ColumnType): boolean {
  return Boolean(type.array) || classOf(type) === 'json';
}

/** A target's deletion looks for rows that point at it. */
function referenceIndexes(table: Table): readonly TableObject[] {
  // The indexes of an edge table lead with its ends.
  if (isEdgeTable(table)) return [];
  const seen = new Set<string>();
  return table.references.flatMap(({ columns }) => {
    const name = joinedName(columns, `ref_${table.id}`);
    const [first] = columns;
    const covered =
      first === undefined ||
      seen.has(name) ||
      (columns.length === 1 &&
        (leadsKey(table, first) || table.columns.some((c) => c.name === first && c.indexed)));
    seen.add(name);
    return covered ? [] : [index(table, name, columnList(columns), first)];
  });
}

/**
 * Edges are read from either end, by type. A traversal asks for no more than the other end and what the policy looks at, so it reads the
 * index alone: six levels over a million edges take .65 of the time they took with the table's pages.
 */
function edgeIndexes(table: Table): readonly TableObject[] {
  if (!isEdgeTable(table)) return [];
  const stamp = hasStamp(table) ? ['_xact'] : [];
  const other = { [ends.from]: ends.to, [ends.to]: ends.from };
  return Object.values(ends).map((end) => {
    const on = sql`${columnList([end, 'type'])} include ${columnList([other[end], ...stamp])}`;
    return index(table, shortName(end, `edge_${table.id}`), on, end);
  });
}

function leadsKey(table: Table, name: string): boolean {
  return table.key[0] === name;
}

/** For callers who see few rows: the lists they may read, each in key order. */
function accessIndexes(table: Table): readonly TableObject[] {
  if (!table.features.acl) return [];
  return [index(table, `_acl_idx_${table.id}`, columnList(['_acl', ...table.key]))];
}

/** One generated vector, by the search rule or over all searchable columns, and its inverted index. */
function searchVector(table: Table): readonly TableObject[] {
  const words = table.search ? weighted(table.search, table) : unweighted(table);
  if (!words) return [];
  const name = vectorName(table);
  const line = sql`${ident(name)} tsvector generated always as (${words}) stored`;
  const on = tableName(table);
  const pins = table.search
    ? table.search.fields.map(({ column }) => column)
    : table.columns.filter((column) => column.searchable).map((column) => column.name);
  return [
    {
      kind: 'search',
      on: table.physical,
      name,
      create: [toText(sql`alter table ${on} add column ${line}`)],
      drop: [toText(sql`alter table ${on} drop column ${ident(name)}`)],
      inline: toText(line),
      pins,
    },
    {
      ...index(table, `_search_idx_${table.id}`, sql`using gin ${columnList([name])}`),
      under: name,
    },
  ];
}

function weighted({ language, fields }: SearchRule, table: Table): Sql {
  const vectors = fields.map(({ column: name, weight }) => {
    const column = table.columns.find((each) => each.name === name);
    const text = column ? indexed(column, table) : ident(name);
    const words = sql`to_tsvector(${literal(language)}::regconfig, coalesce(${text}, ''))`;
    return sql`setweight(${words}, ${literal(weight)})`;
  });
  return join(vectors, ' || ');
}

/** Only types whose text is the same in every session can be generated from; others have no words to search. */
function unweighted(table: Table): Sql | undefined {
  const texts = table.columns
    .filter(({ searchable, type }) => searchable && hasWords(type))
    .map((column) => {
      const value = indexed(column, table);
      const text = classOf(column.type) === 'text' ? value : sql`${value}::text`;
      return sql`coalesce(${text}, '')`;
    });
  return texts.length === 0
    ? undefined
    : sql`to_tsvector('english', ${join(texts, " || ' ' || ")})`;
}
