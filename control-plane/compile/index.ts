import { ident, join, literal, type Sql, sql, toText } from '../base/sql.ts';
import { type ColumnType, classOf, hasWords } from '../base/types.ts';
import { ends, isEdgeTable } from '../model/graph.ts';
import type { SearchRule, Table } from '../model/table.ts';
import { searchVector as vectorName } from '../model/table-schema.ts';
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
    ...(field === undefined ? {} : { field }),
  };
}

/** Live rows only: a value in the trash may be taken again. */
function uniqueIndexes(table: Table): readonly TableObject[] {
  if (!table.features.softDelete) return [];
  return table.columns.filter(isUniqueBeyondKey(table)).map((column) => {
    const name = uniqueName(column, table);
    const on = sql`${tableName(table)} ${columnList([column.name])}`;
    const live = sql`where trashed_at is null and deleted_at is null`;
    return {
      kind: 'index',
      on: table.physical,
      name,
      create: [toText(sql`create unique index ${ident(name)} on ${on} ${live}`)],
      drop: [toText(sql`drop index ${ident(table.schema, name)}`)],
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
      const on =
        table.provider === 'jsonb' && isInverted(column.type)
          ? sql`(${ident(column.name)} jsonb_path_ops)`
          : columnList([column.name]);
      return index(table, name, sql`${method}${on}`, column.name);
    });
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

/** Edges are read from either end, by type. */
function edgeIndexes(table: Table): readonly TableObject[] {
  if (!isEdgeTable(table)) return [];
  return Object.values(ends).map((end) =>
    index(table, shortName(end, `edge_${table.id}`), columnList([end, 'type']), end),
  );
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
  const words = table.search ? weighted(table.search) : unweighted(table);
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

function weighted({ language, fields }: SearchRule): Sql {
  const vectors = fields.map(({ column, weight }) => {
    const words = sql`to_tsvector(${literal(language)}::regconfig, coalesce(${ident(column)}, ''))`;
    return sql`setweight(${words}, ${literal(weight)})`;
  });
  return join(vectors, ' || ');
}

/** Only types whose text is the same in every session can be generated from; others have no words to search. */
function unweighted({ columns }: Table): Sql | undefined {
  const texts = columns
    .filter(({ searchable, type }) => searchable && hasWords(type))
    .map(({ name, type }) => {
      const text = classOf(type) === 'text' ? ident(name) : sql`${ident(name)}::text`;
      return sql`coalesce(${text}, '')`;
    });
  return texts.length === 0
    ? undefined
    : sql`to_tsvector('english', ${join(texts, " || ' ' || ")})`;
}
