import { ident, join, type Sql, sql } from '../base/sql.ts';
import type { Hop, Predicate } from '../statement/predicate.ts';
import { fieldName, resolve } from './field.ts';
import { reached } from './graph.ts';
import { jsonCondition } from './json-path.ts';
import { columnCondition } from './operators.ts';
import { step } from './relation.ts';
import { type Context, own, type Source } from './scope.ts';
import { search, searchField } from './search.ts';

/**
 * A predicate on the rows of a source. `positive`: an even number of negations is around it, so that what is unknown may as well be
 * false; conditions that an index answers may then go before exact ones.
 */
export function condition(
  predicate: Predicate,
  source: Source,
  context: Context,
  positive = true,
): Sql {
  switch (predicate.kind) {
    case 'constant':
      return predicate.value ? sql`true` : sql`false`;
    case 'not':
      return sql`not (${condition(predicate.of, source, context, !positive)})`;
    case 'and':
    case 'or': {
      if (predicate.of.length === 0) return predicate.kind === 'and' ? sql`true` : sql`false`;
      const parts = predicate.of.map(
        (part) => sql`(${condition(part, source, context, positive)})`,
      );
      return join(parts, ` ${predicate.kind} `);
    }
    case 'compare':
      return comparison(predicate, source, context, positive);
    case 'search':
      return search(predicate, source);
    case 'reach':
      return reached(predicate, source, context);
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
  positive: boolean,
): Sql {
  const { field, operator, operand } = predicate;
  const label = predicate.label ?? fieldName(field);
  const place = { field: label, operator };
  const found = resolve(field, source, label);
  switch (found.kind) {
    case 'column':
      if (operator === 'search') return searchField(field, found, operand, place, source, positive);
      return columnCondition(found.sql, found.type, operator, operand, place, context);
    case 'json':
      return jsonCondition(found, operator, operand, place, context, positive);
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
  const { far, from, links } = step(hop, source, context);
  const inner = related(rest, where, far, context);
  return sql`exists (select 1 from ${from} where ${join([...links, sql`(${inner})`], ' and ')})`;
}
