import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { bind, join, type Sql, sql } from '../base/sql.ts';
import { classOf, hasWords } from '../base/types.ts';
import type { Table } from '../model/table.ts';
import { searchVector } from '../model/table-schema.ts';
import type { Field, Search } from '../statement/predicate.ts';
import type { Resolved } from './field.ts';
import { misfit, type Place, plainText } from './operand.ts';
import { needColumn, type Source } from './scope.ts';

/** Whether the words of a row answer a search. */
export function search(predicate: Search, source: Source): Sql {
  const { vector, query } = sides(predicate, source);
  return sql`${vector} @@ ${query}`;
}

/** How well they do: 0 where they don't. */
export function rank(predicate: Search, source: Source): Sql {
  const { vector, query } = sides(predicate, source);
  return sql`ts_rank(${vector}, ${query})`;
}

/** The words of one text column, in web-search syntax; unknown where it is NULL. */
export function searchField(
  field: Field,
  found: Extract<Resolved, { kind: 'column' }>,
  operand: Json,
  place: Place,
  source: Source,
  positive: boolean,
): Sql {
  if (found.type.array || classOf(found.type) !== 'text') return misfit(place, 'operator');
  const { language: name, columns } = generated(source.table);
  const language = languageOf(name, place);
  const text = searchText(operand, place);
  const query = sql`websearch_to_tsquery(${language}, ${bind(text)}::text)`;
  const exact = sql`to_tsvector(${language}, ${found.sql}) @@ ${query}`;
  // What one column holds the vector over several holds too, and that has an index. Phrases and exclusions are another matter.
  const holds = field.kind === 'column' && columns.includes(field.name);
  if (!positive || !holds || !/^[\p{L}\p{N}\s]*$/u.test(text)) return exact;
  return sql`(${source.column(searchVector(source.table))} @@ ${query} and ${exact})`;
}

/** The generated vector serves when it is made of exactly these columns in this language. */
function sides(predicate: Search, source: Source): { vector: Sql; query: Sql } {
  const { table } = source;
  const place = {
    field: predicate.columns?.join(',') ?? searchVector(table),
    operator: 'search',
  };
  const language = languageOf(predicate.language, place);
  const stored = generated(table);
  const asked = predicate.columns ?? searched(table);
  if (asked.length === 0) return misfit(place, 'not_searchable');
  for (const name of asked) needColumn(table, name);
  const same =
    predicate.language === stored.language &&
    asked.length === searched(table).length &&
    asked.every((name) => searched(table).includes(name));
  const vector =
    same && stored.columns.length > 0
      ? source.column(searchVector(table))
      : sql`to_tsvector(${language}, ${joined(asked, source)})`;
  return { vector, query: queryOf(predicate, language, place) };
}

/** The columns that a search without columns looks at. */
function searched(table: Table): readonly string[] {
  if (table.search) return table.search.fields.map(({ column }) => column);
  return table.columns.filter(({ searchable }) => searchable).map(({ name }) => name);
}

/** What the generated vector of a table is made of. */
function generated(table: Table): { language: string; columns: readonly string[] } {
  const language = table.search?.language ?? 'english';
  if (table.search) return { language, columns: searched(table) };
  return { language, columns: table.columns.filter(isGenerated).map(({ name }) => name) };
}

/** The same rule as the index in compile/: types whose text depends on the session aren't in the vector. */
function isGenerated({ searchable, type }: Table['columns'][number]): boolean {
  return searchable && hasWords(type);
}

function joined(names: readonly string[], source: Source): Sql {
  const texts = names.map((name) => sql`coalesce(${source.column(name)}::text, '')`);
  return join(texts, " || ' ' || ");
}

function languageOf(language: string, place: Place): Sql {
  if (language === 'english') return sql`'english'::regconfig`;
  if (!/^[a-z_]{1,63}$/.test(language)) return misfit(place, 'language');
  return sql`${bind(language)}::regconfig`;
}

/**
 * Postgres takes ten thousands of words apart in minutes in which nothing stops it, and matches them by recursion: where its stack ends
 * it raises an error, before the row policies have been asked.
 */
const longestSearch = 5_000;

function searchText(operand: Json, place: Place): string {
  const text = plainText(operand, place);
  if (text.length > longestSearch) {
    const message = `A search takes at most ${longestSearch} characters`;
    throw new ServiceError('limit_exceeded', message, { field: place.field });
  }
  return text;
}

function queryOf(predicate: Search, language: Sql, place: Place): Sql {
  const query = searchText(predicate.query, place);
  if (predicate.mode === 'all') return sql`plainto_tsquery(${language}, ${bind(query)}::text)`;
  // Any word: web syntax with every word quoted, so that no word of the caller's is an operator.
  const words = query
    .split(/\s+/)
    .map((word) => word.replaceAll('"', ''))
    .filter((word) => word !== '');
  const text = predicate.mode === 'any' ? words.map((word) => `"${word}"`).join(' or ') : query;
  return sql`websearch_to_tsquery(${language}, ${bind(text)}::text)`;
}
