import { isObject, type Json } from '../../../base/json.ts';
import { classOf } from '../../../base/types.ts';
import type { Report } from '../../../frictionless/report.ts';
import type { Column, SearchRule } from '../../../model/table.ts';

const most = 10;
const weights = ['A', 'B', 'C', 'D'] as const;

/** Text search configurations that Postgres brings, in every version served. */
const languages = new Set(
  `simple arabic armenian basque catalan danish dutch english finnish french german greek hindi hungarian indonesian irish italian
lithuanian nepali norwegian portuguese romanian russian serbian spanish swedish tamil turkish yiddish`.split(
    /\s+/,
  ),
);

/** The search vector that `search_fields` and `search_language` ask for. */
export function searchOf(
  fields: Json | undefined,
  language: Json | undefined,
  columns: readonly Column[],
  report: Report,
): SearchRule | undefined {
  if (language !== undefined && (typeof language !== 'string' || !languages.has(language))) {
    report.add('invalid', `no search language ${JSON.stringify(language)}`, 'search_language');
  }
  if (fields === undefined) return undefined;
  if (!Array.isArray(fields)) {
    report.add('type', 'search_fields must be a list', 'search_fields');
    return undefined;
  }
  if (fields.length > most) {
    report.add('too_long', `at most ${most} fields can be searched`, 'search_fields');
  }
  let bare = 0;
  const seen = new Set<string>();
  const found = (fields as readonly Json[]).flatMap((each, at): SearchRule['fields'] => {
    const within = report.at('search_fields', at);
    const { field, weight } = isObject(each)
      ? each
      : { field: each, weight: weights[Math.min(bare++, 3)] ?? 'D' };
    const column = columns.find(({ name }) => name === field);
    const known = weights.find((one) => one === (weight ?? 'D'));
    if (!column) within.add('unknown_field', `no field ${JSON.stringify(field)}`);
    else if (column.type.array || classOf(column.type) !== 'text') {
      within.add('not_supported', `field ${column.name} is no string`);
    } else if (seen.has(column.name))
      within.add('duplicate', `field ${column.name} is named twice`);
    if (!known) within.add('invalid', 'a weight is A, B, C or D', 'weight');
    if (!column || !known) return [];
    seen.add(column.name);
    return [{ column: column.name, weight: known }];
  });
  return found.length === 0
    ? undefined
    : { language: typeof language === 'string' ? language : 'english', fields: found };
}
