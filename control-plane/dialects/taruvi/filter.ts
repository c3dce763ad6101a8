import type { Json } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { Catalog } from '../../model/catalog.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { DialectRequest } from '../dialect.ts';
import { refuse } from './errors.ts';
import { all, keyed, type Member, newScope, type Scope } from './group.ts';
import { membersOf } from './tree.ts';

/** Parameters with a meaning of their own: they go before fields of the name, which `page__eq` still reaches. */
export const reserved: ReadonlySet<string> = new Set([
  ...['page', 'page_size', 'pageSize', 'limit', 'offset', '_start', '_end'],
  ...['ordering', '_sort', '_order', 'populate', 'fields', 'search', 'filters', 'filter'],
  ...['ids', 'unique_fields', 'partial', 'allowed_actions', 'include_deleted', 'include', 'depth'],
  ...['format', 'relationship_type', 'graph_types', 'traversal'],
  ...['_aggregate', '_group_by', '_having', '_count', 'envelope'],
]);

/**
 * The conditions of a list: `field=value`, `field__op=value` and the trees of `filters`, all of which must hold. Undefined: none.
 * @throws ServiceError naming the key, field, operator or value that is not understood, or the limit that is exceeded
 */
export function parseFilters(
  query: DialectRequest['query'],
  table: Table,
  catalog: Catalog,
): Predicate | undefined {
  const scope = newScope(table, catalog);
  const members: Member[] = [];
  for (const [key, values] of query) {
    if (reserved.has(key)) continue;
    members.push(...values.map((value) => keyed(key, { value, typed: false }, scope, false)));
  }
  for (const text of query.get('filters') ?? []) members.push(...tree(text, scope));
  return members.length === 0 ? undefined : all(members);
}

/** A tree that is parsed already. Undefined: it has no condition. @throws ServiceError as {@link parseFilters} */
export function parseTree(json: Json, table: Table, catalog: Catalog): Predicate | undefined {
  const members = membersOf(json, newScope(table, catalog));
  return members.length === 0 ? undefined : all(members);
}

/** Whether a predicate looks at rows of other tables. */
export function isRelated(predicate: Predicate): boolean {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return predicate.of.some(isRelated);
    case 'not':
      return isRelated(predicate.of);
    default:
      return predicate.kind === 'related';
  }
}

function tree(text: string, scope: Scope): readonly Member[] {
  let json: Json;
  try {
    // Of a key that is repeated only the last value would count, and a condition be lost.
    json = parseJson(text, () => false);
  } catch (error) {
    return refuse(`filters is not valid JSON: ${(error as Error).message}`, 'filters');
  }
  return membersOf(json, scope);
}
