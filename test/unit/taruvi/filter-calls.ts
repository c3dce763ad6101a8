import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json } from '../../../control-plane/base/json.ts';
import { parseFilters, parseTree } from '../../../control-plane/dialects/taruvi/filter.ts';
import type { Predicate } from '../../../control-plane/statement/predicate.ts';
import { catalog, items } from './filter-tables.ts';

/** Parameters as a request has them; a plus sign is one. */
export function query(text: string): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(text.replaceAll('+', '%2B'))) {
    map.set(key, [...(map.get(key) ?? []), value]);
  }
  return map;
}

export const parse = (text: string) => parseFilters(query(text), items, catalog);
export const tree = (json: Json) => parseTree(json, items, catalog);

/** Kind and field of an error, or what was made instead. */
export function refusal(work: () => unknown): string {
  try {
    const made = work();
    return `accepted: ${JSON.stringify(made)}`;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return `${error.kind} ${error.detail.field ?? ''}`.trim();
  }
}

/** `[column or path, operator, operand]`, without labels. */
export function short(predicate: Predicate | undefined): unknown {
  if (predicate === undefined) return undefined;
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return { [predicate.kind]: predicate.of.map(short) };
    case 'not':
      return { not: short(predicate.of) };
    case 'compare': {
      const { field, operator, operand } = predicate;
      const name =
        field.kind === 'path'
          ? [field.column, ...field.path].join('.')
          : 'name' in field && field.name;
      return [name, operator, operand];
    }
    case 'related':
      return {
        [predicate.hops.map(({ reference }) => reference).join('>')]: short(predicate.where),
      };
    case 'search':
      return { [predicate.language]: predicate.query };
    case 'reach':
      return [predicate.column, predicate.direction, predicate.key];
    default:
      return predicate.value;
  }
}
