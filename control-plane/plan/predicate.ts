import { ServiceError } from '../base/errors.ts';
import { bind, ident, join, raw, type Sql, sql } from '../base/sql.ts';
import { hasWords } from '../base/types.ts';
import { findTable } from '../model/catalog.ts';
import type { Reference, Table } from '../model/table.ts';
import { logicalName, searchVector } from '../model/table-schema.ts';
import type { Hop, Predicate } from '../statement/predicate.ts';
import { fieldName, resolve } from './field.ts';
import { jsonCondition } from './json-path.ts';
import { misfit, plainText } from './operand.ts';
import { columnCondition } from './operators.ts';
import {
  type Context,
  liveOnly,
  needColumn,
  own,
  relation,
  type Source,
  tableOf,
  tableSource,
} from './scope.ts';

/** A predicate on the rows of a source. */
export function condition(predicate: Predicate, source: Source, context: Context): Sql {
  switch (predicate.kind) {
    case 'constant':
      return predicate.value ? sql`true` : sql`false`;
    case 'not':
      return sql`not (${condition(predicate.of, source, context)})`;
    case 'and':
    case 'or': {
      if (predicate.of.length === 0) return predicate.kind === 'and' ? sql`true` : sql`false`;
      const parts = predicate.of.map((part) => sql`(${condition(part, source, context)})`);
      return join(parts, ` ${predicate.kind} `);
    }
    case 'compare':
      return comparison(predicate, source, context);
    case 'search':
      return search(predicate, source);
    case 'related':
      return related(predicate.hops, predicate.where, source, context);
    default: {
      const never: never = predicate;
      return never;
    }
  }
}

function comparison(
  predicate: Extract<Predicate, { kind: 'compare' }>,
  source: Source,
  context: Context,
): Sql {
  const { field, operator, operand } = predicate;
  const label = predicate.label ?? fieldName(field);
  const place = { field: label, operator };
  const found = resolve(field, source, label);
  switch (found.kind) {
    case 'column':
      return columnCondition(found.sql, found.type, operator, operand, place, context);
    case 'json':
      return jsonCondition(found, operator, operand, place, context);
    case 'access': {
      // Once per distinct ACL, not per row. Lists are never NULL.
      const type = { base: 'text', array: true } as const;
      const list = sql`acl.${ident(found.list)}`;
      const test = columnCondition(list, type, operator, operand, place, context);
      const ids = sql`select acl.id from ${own(source.table, '_rowhouse_acls')} as acl where ${test}`;
      return sql`${source.column('_acl')} in (${ids})`;
    }
    default: {
      const never: never = found;
      return never;
    }
  }
}

/** Some row along foreign keys; each table's own policy decides what is there. */
function related(hops: readonly Hop[], where: Predicate, source: Source, context: Context): Sql {
  const [hop, ...rest] = hops;
  if (!hop) return condition(where, source, context);
  const { table, pairs } = followed(hop, source.table, context);
  const alias = `r${++context.related}`;
  const far = tableSource(table, alias);
  const links = pairs.map(([near, there]) => sql`${far.column(there)} = ${source.column(near)}`);
  const inner = related(rest, where, far, context);
  const conditions = [...links, ...liveOnly(table, far), sql`(${inner})`];
  const rows = sql`${relation(table)} as ${raw(alias)}`;
  return sql`exists (select 1 from ${rows} where ${join(conditions, ' and ')})`;
}

/** The table at the other end of a reference, and the columns that meet: [near, far]. */
export function followed(
  hop: Hop,
  from: Table,
  context: Context,
): { table: Table; pairs: readonly (readonly [string, string])[] } {
  const named = (table: Table): Reference | undefined =>
    table.references.find(({ name }) => name === hop.reference);
  if (hop.direction === 'forward') {
    const reference = named(from);
    if (!reference) return unknownRelation(hop, from);
    const pairs = reference.columns.map(
      (column, at) => [column, reference.targetColumns[at] ?? ''] as const,
    );
    return { table: tableOf(context.catalog, reference.target), pairs };
  }
  for (const table of context.catalog.tables) {
    const reference = named(table);
    if (!reference || findTable(context.catalog, reference.target) !== from) continue;
    const pairs = reference.columns.map(
      (column, at) => [reference.targetColumns[at] ?? '', column] as const,
    );
    return { table: tableOf(context.catalog, table), pairs };
  }
  return unknownRelation(hop, from);
}

function unknownRelation(hop: Hop, from: Table): never {
  throw new ServiceError('relation_not_found', undefined, {
    field: hop.reference,
    table: logicalName(from),
  });
}

/** Full text. The generated vector serves when it is made of exactly these columns. */
function search(predicate: Extract<Predicate, { kind: 'search' }>, source: Source): Sql {
  const { table } = source;
  const place = { field: predicate.columns?.join(',') ?? searchVector(table), operator: 'search' };
  const language = languageOf(predicate.language, place);
  const words = table.columns.filter(({ searchable }) => searchable).map(({ name }) => name);
  const asked = predicate.columns ?? words;
  if (asked.length === 0) return misfit(place, 'not_searchable');
  for (const name of asked) needColumn(table, name);
  const same = asked.length === words.length && asked.every((name) => words.includes(name));
  const vector =
    same && predicate.language === 'english' && table.columns.some(isGenerated)
      ? source.column(searchVector(table))
      : sql`to_tsvector(${language}, ${joined(asked, source)})`;
  return sql`${vector} @@ ${queryOf(predicate, language, place)}`;
}

/** The same rule as the index in compile/: types whose text depends on the session aren't in the vector. */
function isGenerated({ searchable, type }: Table['columns'][number]): boolean {
  return searchable && hasWords(type);
}

function joined(names: readonly string[], source: Source): Sql {
  const texts = names.map((name) => sql`coalesce(${source.column(name)}::text, '')`);
  return join(texts, " || ' ' || ");
}

function languageOf(language: string, place: { field: string; operator: string }): Sql {
  if (language === 'english') return sql`'english'::regconfig`;
  if (!/^[a-z_]{1,63}$/.test(language)) return misfit(place, 'language');
  return sql`${bind(language)}::regconfig`;
}

function queryOf(
  predicate: Extract<Predicate, { kind: 'search' }>,
  language: Sql,
  place: { field: string; operator: string },
): Sql {
  const query = plainText(predicate.query, place);
  if (predicate.mode === 'all') return sql`plainto_tsquery(${language}, ${bind(query)}::text)`;
  // Any word: web syntax with every word quoted, so that no word of the caller's is an operator.
  const words = query
    .split(/\s+/)
    .map((word) => word.replaceAll('"', ''))
    .filter((word) => word !== '');
  const text = predicate.mode === 'any' ? words.map((word) => `"${word}"`).join(' or ') : query;
  return sql`websearch_to_tsquery(${language}, ${bind(text)}::text)`;
}
