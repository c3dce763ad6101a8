import { type Json, type JsonObject, memberOf } from '../base/json.ts';
import { bind, ident, join, literal, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import { typeText } from '../base/types.ts';
import type { Table } from '../model/table.ts';
import type { Predicate } from '../statement/predicate.ts';
import type { Update } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import { slugOf } from './lists.ts';
import type { Planned } from './planned.ts';
import { conditionsOf, whereAll } from './read.ts';
import { recordset } from './recordset.ts';
import { namedColumns } from './rows.ts';
import { type Context, relation, tableSource } from './scope.ts';

/**
 * Changes rows in access mode lists by a predicate. Those the caller may read are changed by an UPDATE of its own, which the policy and
 * the trigger judge; those it may write but not read by rowhouse.change_listed, which no condition but that on keys reaches. The two
 * never meet: what this transaction has written counts as readable.
 */
export function planChangeListed(
  update: Update,
  where: Predicate,
  table: Table,
  context: Context,
): Planned {
  const { changes, merge = [] } = update;
  const named = namedColumns(table, changes, 'update');
  const [change = { values: {} }] = changes;
  const lists = change.access ?? {};
  const relisted = Object.keys(lists).length > 0;
  const cells = named.map(({ name }, at) => {
    const sent = raw(`x.c${at}`);
    const value = merge.includes(name) ? sql`rowhouse.json_merge(t.${ident(name)}, ${sent})` : sent;
    return sql`${ident(name)} = ${value}`;
  });
  if (relisted) {
    cells.push(sql`_acl = rowhouse.relisted(${literal(slugOf(table))}, t._acl, x.lists)`);
  }
  const fields = [
    ...named.map(({ type }, at) => ({ name: `c${at}`, type: typeText(type) })),
    { name: 'lists', type: 'jsonb' },
  ];
  const record: Record<string, Json> = { lists: lists as JsonObject };
  named.forEach(({ name }, at) => {
    record[`c${at}`] = memberOf(change.values, name) ?? null;
  });
  const source = tableSource(table);
  const conditions = conditionsOf(where, source, context);
  const returning = sql`returning 1 as one`;
  // Nothing to set: still the right to it, the times and the guards.
  const set = cells.length === 0 ? sql`_acl = t._acl` : join(cells);
  const written = sql`written as (update ${relation(table)} as t set ${set} from input as x${whereAll(conditions)} ${returning})`;
  const sent = { values: change.values, merge, lists: lists as JsonObject };
  const beyond = keyCondition(where, table, (condition) => {
    return sql`rowhouse.change_listed(${literal(table.id)}::int, ${condition}, ${bind(JSON.stringify(sent))}::jsonb)`;
  });
  return {
    query: toQuery(counted([recordset('input', fields, [record]), written], beyond)),
    show: 'live',
    intent: 'edit',
    readOnly: false,
    table,
    suspects: context.suspects,
  };
}

/** As {@link planChangeListed}, for a deletion. */
export function removeListed(where: Predicate, table: Table, conditions: readonly Sql[]) {
  const written = sql`written as (delete from ${relation(table)} as t${whereAll(conditions)} returning 1 as one)`;
  const beyond = keyCondition(where, table, (condition) => {
    return sql`rowhouse.remove_listed(${literal(table.id)}::int, ${condition})`;
  });
  return toQuery(counted([written], beyond));
}

function counted(ctes: readonly Sql[], beyond: Sql | undefined): Sql {
  const own = sql`(select count(*) from written)`;
  // Only once the own part is done; it never is negative.
  const all = beyond ? sql`${own} + case when ${own} >= 0 then ${beyond} end` : own;
  return sql`with ${join(ctes)} select ${answerRow({ rows: sql`'[]'`, count: sql`0`, changed: sql`(${all})::int` })}`;
}

/** Part of a predicate that speaks of the key alone, as rowhouse.key_matches reads it. */
type Test =
  | { readonly op: 'and' | 'or'; readonly of: readonly Test[] }
  | { readonly op: string; readonly value?: Json };

function keyCondition(
  where: Predicate,
  table: Table,
  call: (condition: Sql) => Sql,
): Sql | undefined {
  const test = testOf(where, table);
  if (test.op === 'false') return undefined;
  const condition = { keys: keysOf(test) ?? null, test };
  return call(sql`${bind(JSON.stringify(condition))}::jsonb`);
}

const never: Test = { op: 'false' };

const operators: ReadonlySet<string> = new Set([
  'eq',
  'in',
  'gt',
  'gte',
  'lt',
  'lte',
  'icontains',
  'istarts_with',
]);

/** What is left of a predicate when every condition but those on the key fails. Negations are not looked into: they fail whole. */
function testOf(where: Predicate, table: Table): Test {
  switch (where.kind) {
    case 'constant':
      return { op: where.value ? 'true' : 'false' };
    case 'and': {
      const of = where.of.map((part) => testOf(part, table));
      return of.some(({ op }) => op === 'false') ? never : { op: 'and', of };
    }
    case 'or': {
      const of = where.of.map((part) => testOf(part, table)).filter(({ op }) => op !== 'false');
      return of.length === 0 ? never : { op: 'or', of };
    }
    case 'compare': {
      const { field, operator, operand } = where;
      const isKey = field.kind === 'column' && field.name === table.key[0];
      return isKey && operators.has(operator) ? { op: operator, value: operand } : never;
    }
    default:
      return never;
  }
}

/** The only keys that can pass, where the test names them: then no row but theirs is looked at. */
function keysOf(test: Test): readonly Json[] | undefined {
  if ('of' in test) {
    const parts = test.of.map(keysOf);
    if (test.op === 'and') return parts.find((keys) => keys !== undefined);
    return parts.every((keys) => keys !== undefined) ? parts.flat() : undefined;
  }
  if (test.op === 'eq' && test.value !== undefined) return [test.value];
  return test.op === 'in' && Array.isArray(test.value) ? test.value : undefined;
}
