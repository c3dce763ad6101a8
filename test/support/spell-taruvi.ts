/**
 * A filter of the corpus in the words of Taruvi, where it has words that mean the same; and a filter of Taruvi as a query, in each form
 * that may be written. Imports nothing of the product.
 */
import type { OracleColumn } from './oracle-filter.ts';
import { isLeaf, type Leaf, type Tree } from './oracle-taruvi.ts';
import { cannot } from './unspeakable.ts';
import { isRecord, type Value } from './values.ts';

/** @throws Unspeakable with the reason */
export function spell(where: Value, columns: readonly OracleColumn[]): Tree {
  if (!isRecord(where)) return cannot('no object');
  return all(Object.entries(where).map(([key, value]) => spellKey(key, value, columns)));
}

function spellKey(key: string, value: Value, columns: readonly OracleColumn[]): Tree {
  const members = (): Tree[] => list(value).map((member) => spell(member, columns));
  const some = (): Tree[] => {
    const of = members();
    return of.length === 0 ? cannot('an empty list of conditions') : of;
  };
  switch (key) {
    case '$and':
      return { and: some() };
    case '$or':
      return { or: some() };
    case '$nand':
      return { not: { and: some() } };
    case '$nor':
      return { not: { or: some() } };
    case '$not':
      return { not: Array.isArray(value) ? { and: some() } : spell(value, columns) };
    case '$search':
      return cannot('a search of several fields');
    default:
      return onField(key, value, columns);
  }
}

function onField(field: string, value: Value, columns: readonly OracleColumn[]): Tree {
  const column = columns.find(({ name }) => name === field);
  const head = field.split('.')[0];
  if (!column && !columns.some(({ name, type }) => name === head && type === 'jsonb')) {
    return cannot('no such field');
  }
  if (!column && field.split('.').includes('')) return cannot('an empty step of a path');
  if (Array.isArray(value)) return apply(field, column, '$in', value);
  if (!isRecord(value)) return apply(field, column, '$eq', value);
  const entries = Object.entries(value);
  if (entries.some(([operator]) => !operator.startsWith('$'))) return cannot('a nested path');
  return all(entries.map(([operator, operand]) => apply(field, column, operator, operand)));
}

/** Where both dialects mean the same. */
const same: Readonly<Record<string, string>> = {
  $eq: 'eq',
  $ne: 'ne',
  $neq: 'ne',
  $gt: 'gt',
  $gte: 'gte',
  $lt: 'lt',
  $lte: 'lte',
  $between: 'between',
  $in: 'in',
  $nin: 'nin',
  $like: 'like',
  $ilike: 'ilike',
  $find: 'contains',
  $text: 'contains',
  $any: 'aoverlap',
  $all: 'acontains',
  $nany: 'naoverlap',
  $nall: 'nacontains',
};

const denials: Readonly<Record<string, string>> = { $nlike: 'like', $nilike: 'ilike' };

function apply(
  field: string,
  column: OracleColumn | undefined,
  operator: string,
  operand: Value,
): Tree {
  const leaf = (op: string, value: Value): Leaf => ({ field, op, value });
  const inside = column === undefined || (column.type === 'jsonb' && !column.array);
  if (operator === '$exists') return leaf('nnull', operand);
  if (operator === '$null') return leaf('null', operand);
  if (operator === '$contains' && column && !inside) {
    if (!column.array) return leaf('contains', operand);
    return leaf('acontains', Array.isArray(operand) ? operand : [operand]);
  }
  const denial = denials[operator];
  const word = denial ?? same[operator];
  if (word === undefined) return cannot(`no operator ${operator}`);
  if (operand === null) {
    return word === 'eq' || word === 'ne' ? leaf(word, null) : cannot('null as a value');
  }
  if (inside) checkInside(word, operand);
  if (column?.array && (word === 'in' || word === 'nin')) return cannot('a list of arrays');
  const empty = Array.isArray(operand) && operand.length === 0;
  if (empty && !(column?.array && word === 'eq')) return cannot('an empty list');
  const onlyNull = Array.isArray(operand) && operand.every((item) => item === null);
  if (word === 'nin' && onlyNull) return cannot('none of a list of nothing but null');
  return denial === undefined ? leaf(word, operand) : { not: leaf(word, operand) };
}

/** Text is compared with the text of any value there, and here with strings. */
function checkInside(word: string, operand: Value): void {
  const values = Array.isArray(operand) ? (operand as readonly Value[]) : [operand];
  if (['eq', 'ne', 'in', 'nin'].includes(word)) {
    if (values.some((value) => typeof value === 'string')) cannot('text compared in a document');
    // Of another type: unknown there, and another value here.
    if (word === 'ne' || word === 'nin') cannot('a difference in a document');
    if (values.some((value) => typeof value === 'object')) cannot('a document as a value');
  } else if (values.some((value) => typeof value === 'boolean')) {
    cannot('an order of booleans in a document');
  }
}

function all(of: readonly Tree[]): Tree {
  const [only] = of;
  if (only === undefined) return cannot('no condition at all');
  return of.length === 1 ? only : { and: of };
}

function list(value: Value): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : cannot('no list');
}

/** The JSON of a tree; `turn` chooses between the two forms, node by node. */
export function asJson(tree: Tree, turn: number): Value {
  if (isLeaf(tree)) {
    const { field, op, value } = tree;
    // A key that is a field and one that ends in an operator say the same in the short form.
    const key = op === 'eq' && turn % 4 === 1 ? field : `${field}__${op}`;
    return turn % 2 === 0 ? { field, operator: op, value } : { [key]: value };
  }
  const [word, of] = Object.entries(tree)[0] as ['and' | 'or' | 'not', Tree | readonly Tree[]];
  const parts = (Array.isArray(of) ? (of as readonly Tree[]) : [of as Tree]).map((part, at) =>
    asJson(part, turn + at + 1),
  );
  if (turn % 2 === 0) return { operator: word, value: parts };
  return { [word]: word === 'not' && parts.length === 1 ? (parts[0] ?? null) : parts };
}

/** The parameter `filters` of a tree. */
export function asTree(tree: Tree, turn: number): string {
  const json = asJson(tree, turn);
  return `filters=${encodeURIComponent(JSON.stringify(turn % 3 === 0 ? [json] : json))}`;
}

/** Leaves of one conjunction as parameters; undefined where a value has no text of its own. */
export function asParameters(leaves: readonly Leaf[], turn: number): string | undefined {
  const parts = leaves.map((leaf, at) => {
    const { field, op, value } = leaf;
    const shown = Array.isArray(value) ? listText(leaf, turn + at) : scalarText(value);
    if (shown === undefined) return undefined;
    const key = op === 'eq' && turn % 2 === 0 ? field : `${field}__${op}`;
    return `${encodeURIComponent(key)}=${encodeURIComponent(shown)}`;
  });
  return parts.includes(undefined) ? undefined : parts.join('&');
}

function scalarText(value: Value): string | undefined {
  return typeof value === 'object' ? undefined : String(value);
}

/** Comma text where no item has commas; the items of a JSON array keep their types, so what is cast has no other form. */
function listText({ value, flat }: Leaf, turn: number): string | undefined {
  const items = value as readonly Value[];
  const joined = items.every((item) => typeof item === 'string') ? items.join(',') : undefined;
  const plain = joined !== undefined && joined !== '' && !/^\s*\[/.test(joined);
  const whole = items.every((item) => typeof item === 'string' && !item.includes(','));
  if (plain && whole && (flat || turn % 2 === 0)) return joined;
  return flat ? undefined : JSON.stringify(items);
}
