/**
 * A filter of the corpus in the words of PgREST, where it has words for it: a conjunction of conditions, each a column, an operator
 * and a value. Imports nothing of the product.
 */
import type { OracleColumn } from './oracle-filter.ts';
import { cannot } from './unspeakable.ts';
import { isRecord, type Value } from './values.ts';

export interface Condition {
  readonly column: string;
  readonly word: Word;
  readonly value: Value;
}

export type Word = keyof typeof spellings;

/** Every way to write an operator in a stanza; the first is the word that search parameters use too. */
export const spellings = {
  eq: ['eq', '=', '==', '.eq', 'EQ'],
  neq: ['neq', '!=', '<>', '.Neq'],
  lt: ['lt', '<', '.LT'],
  lte: ['lte', '<=', 'LTE'],
  gt: ['gt', '>', '.gt'],
  gte: ['gte', '>=', 'Gte'],
  in: ['in', '.in', 'IN'],
  nin: ['nin', 'not in', '.nin', 'NOT IN'],
  between: ['between', '.between', 'BETWEEN'],
  nbetween: ['nbetween', 'not between', '.nbetween', 'Not Between'],
  like: ['like', '~~', '.like', 'LIKE'],
  nlike: ['nlike', 'not like', '!~~', '.nlike'],
  null: ['null', '.null', 'NULL', 'is null'],
} as const;

const opposites: Readonly<Record<Word, Word>> = {
  eq: 'neq',
  neq: 'eq',
  lt: 'gte',
  lte: 'gt',
  gt: 'lte',
  gte: 'lt',
  in: 'nin',
  nin: 'in',
  between: 'nbetween',
  nbetween: 'between',
  like: 'nlike',
  nlike: 'like',
  null: 'null',
};

const words: Readonly<Record<string, Word>> = {
  $eq: 'eq',
  $ne: 'neq',
  $neq: 'neq',
  $lt: 'lt',
  $lte: 'lte',
  $gt: 'gt',
  $gte: 'gte',
  $in: 'in',
  $nin: 'nin',
  $between: 'between',
  $like: 'like',
  $nlike: 'nlike',
};

/** Columns that the oracle knows and this dialect does not serve. */
const unserved = new Set(['created_at', 'updated_at', 'trashed_at', 'deleted_at']);

/** @throws Unspeakable with the reason */
export function spell(
  where: Value,
  columns: readonly OracleColumn[],
  negated = false,
): readonly Condition[] {
  if (!isRecord(where)) return cannot('no object');
  return all(Object.entries(where), negated, ([key, value], not) => {
    const inner = (member: Value, flipped: boolean) => spell(member, columns, flipped);
    switch (key) {
      case '$and':
        return all(list(value), not, inner);
      case '$or':
        return any(list(value), not, inner);
      case '$nand':
        // An empty one returns all rows.
        return list(value).length === 0 ? all([], not, inner) : all(list(value), !not, inner);
      case '$nor':
        return any(list(value), !not, inner);
      case '$not':
        return Array.isArray(value) ? all(list(value), !not, inner) : inner(value, !not);
      default:
        return onColumn(key, value, columns, not);
    }
  });
}

type Inner<T> = (member: T, negated: boolean) => readonly Condition[];

/** All of the members; negated, one that fails is enough, which only one member can say. */
function all<T>(members: readonly T[], negated: boolean, inner: Inner<T>): readonly Condition[] {
  if (negated && members.length === 0) return cannot('no rows, whatever they are');
  if (negated && members.length > 1) return cannot('alternatives');
  return members.flatMap((member) => inner(member, negated));
}

function any<T>(members: readonly T[], negated: boolean, inner: Inner<T>): readonly Condition[] {
  return negated
    ? members.flatMap((member) => inner(member, true))
    : members.length === 0
      ? cannot('no rows, whatever they are')
      : members.length > 1
        ? cannot('alternatives')
        : members.flatMap((member) => inner(member, false));
}

function onColumn(
  key: string,
  value: Value,
  columns: readonly OracleColumn[],
  negated: boolean,
): readonly Condition[] {
  if (key === '$search') return cannot('text search');
  const column = columns.find(({ name }) => name === key);
  if (column === undefined) return cannot('a path in a document');
  if (unserved.has(key)) return cannot('a column of the service');
  if (Array.isArray(value)) return [condition(column, '$in', value, negated)];
  if (!isRecord(value)) return [condition(column, '$eq', value, negated)];
  return all(Object.entries(value), negated, ([operator, operand], not) =>
    operator.startsWith('$')
      ? [condition(column, operator, operand, not)]
      : cannot('a path in a document'),
  );
}

function condition(
  column: OracleColumn,
  operator: string,
  operand: Value,
  negated: boolean,
): Condition {
  const { name } = column;
  if (operator === '$exists' || operator === '$null') {
    const asked = (operator === '$null') === operand;
    return { column: name, word: 'null', value: asked !== negated };
  }
  const word = words[operator];
  if (word === undefined) return cannot(`no operator ${operator}`);
  if (operand === null) {
    if (word !== 'eq' && word !== 'neq') return cannot('null as a value');
    return { column: name, word: 'null', value: (word === 'eq') !== negated };
  }
  if (column.type === 'jsonb') return cannot('comparison of a document');
  const said = negated ? opposites[word] : word;
  if (said === 'in' || said === 'nin') {
    if (list(operand).includes(null)) return cannot('null in a list');
    // NULL is not among nothing, but here it only matches when it is asked for.
    if (said === 'nin' && list(operand).length === 0) return cannot('none of nothing');
  }
  return { column: name, word: said, value: operand };
}

function list(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : cannot('no list');
}

/** As search parameters; undefined where a value has no text. */
export function asParameters(conditions: readonly Condition[]): string | undefined {
  const texts = conditions.map(({ value, word }) => {
    if (!['in', 'nin', 'between', 'nbetween'].includes(word)) return parameter(value);
    const items = list(value).map((item) => parameter(item).replaceAll(',', '\\,'));
    // No items are one empty item, and a backslash before the comma would make it part of the item.
    const unclear = items.slice(0, -1).some((item) => item.endsWith('\\'));
    return items.length === 0 || unclear ? undefined : items.join(',');
  });
  if (texts.includes(undefined)) return undefined;
  return conditions
    .map(
      ({ column, word }, at) =>
        `${encodeURIComponent(`${column}.${word}`)}=${encodeURIComponent(texts[at] ?? '')}`,
    )
    .join('&');
}

function parameter(value: Value): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** As the JSON text of a stanza; `turn` chooses among the spellings and the ways to say several things of one column. */
export function asStanza(conditions: readonly Condition[], turn: number): string {
  const said = conditions.map(({ column, word, value }, at) => {
    const ways = spellings[word];
    return { column, text: JSON.stringify({ operator: ways[(turn + at) % ways.length], value }) };
  });
  if (turn % 2 === 0) {
    const repeated = said.map(({ column, text }) => `${JSON.stringify(column)}:${text}`);
    return `{${repeated.join(',')}}`;
  }
  const grouped = [...Map.groupBy(said, ({ column }) => column)].map(
    ([column, texts]) => `${JSON.stringify(column)}:[${texts.map(({ text }) => text).join(',')}]`,
  );
  return turn % 4 === 1 ? `{${grouped.join(',')}}` : `{"where":{${grouped.join(',')}}}`;
}
