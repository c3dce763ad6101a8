/**
 * Truth of a filter of taruvi.md section 6 on a row, in three-valued logic. A NULL field makes everything unknown but a test for NULL.
 * Imports nothing of the product.
 */
import type { OracleColumn, OracleRow, Truth } from './oracle-filter.ts';
import { searches } from './oracle-search.ts';
import {
  atPath,
  compare,
  compareText,
  isRecord,
  jsonEquals,
  jsonText,
  like,
  lower,
  type OracleType,
  text,
  type Value,
} from './values.ts';

/** A condition, as it is meant. `flat`: its value is text of the query, and cast. */
export interface Leaf {
  readonly field: string;
  readonly op: string;
  readonly value: Value;
  readonly flat?: boolean;
}

export type Tree =
  | Leaf
  | { readonly and: readonly Tree[] }
  | { readonly or: readonly Tree[] }
  | { readonly not: Tree };

/** Every negation and what it denies. */
export const denied: Readonly<Record<string, string>> = {
  ne: 'eq',
  nin: 'in',
  nina: 'ina',
  ncontains: 'contains',
  nicontains: 'icontains',
  ncontainss: 'containss',
  nstartswith: 'startswith',
  nistartswith: 'istartswith',
  nstartswiths: 'startswiths',
  nendswith: 'endswith',
  niendswith: 'iendswith',
  nendswiths: 'endswiths',
  nbetween: 'between',
  nacontains: 'acontains',
  nacontainedby: 'acontainedby',
  naoverlap: 'aoverlap',
  naelement: 'aelement',
};

interface Subject {
  readonly value: Value;
  readonly type: OracleType;
  readonly array: boolean;
  readonly path: boolean;
}

export function truthOf(tree: Tree, row: OracleRow, columns: readonly OracleColumn[]): Truth {
  const each = (of: readonly Tree[]): Truth[] => of.map((part) => truthOf(part, row, columns));
  if ('and' in tree) return all(each(tree.and));
  if ('or' in tree) {
    const opposite = all(each(tree.or).map(not));
    return not(opposite);
  }
  if ('not' in tree) return not(truthOf(tree.not, row, columns));
  return leafTruth(tree, row, columns);
}

function leafTruth(leaf: Leaf, row: OracleRow, columns: readonly OracleColumn[]): Truth {
  const at = subject(leaf.field, row, columns);
  const { op, value, flat = false } = leaf;
  const isNull = at.value === null;
  if (op === 'null' || op === 'isnull') return isNull === truth(value);
  if (op === 'nnull') return isNull !== truth(value);
  if (op === 'eq' && asksNull(at, value, flat)) return isNull || (flat && equal(at, value, flat));
  if (op === 'ne' && asksNull(at, value, flat)) return !isNull && !(flat && equal(at, value, flat));
  if (op === 'in' && list(value).some((item) => asksNull(at, item, flat))) {
    return (
      isNull ||
      among(
        at,
        list(value).filter((item) => item !== null),
        flat,
      )
    );
  }
  if (isNull) return null;
  const positive = denied[op] ?? op;
  const answer = holds(at, positive, value, flat);
  return positive === op ? answer : not(answer);
}

function asksNull(at: Subject, value: Value, flat: boolean): boolean {
  return value === null || (flat && at.type === 'jsonb' && !at.array && value === 'null');
}

function truth(value: Value): boolean {
  return value === true || value === 'true';
}

function subject(field: string, row: OracleRow, columns: readonly OracleColumn[]): Subject {
  const exact = columns.find(({ name }) => name === field);
  if (exact)
    return { value: row[field] ?? null, type: exact.type, array: exact.array, path: false };
  const [head = '', ...path] = field.split('.');
  return { value: atPath(row[head] ?? null, path), type: 'jsonb', array: false, path: true };
}

/** The value is there. */
function holds(at: Subject, op: string, value: Value, flat: boolean): Truth {
  const shown = (): string => (at.path ? (jsonText(at.value) ?? '') : text(at.value));
  const wanted = (): string => (typeof value === 'string' ? value : String(value));
  switch (op) {
    case 'eq':
      return equal(at, value, flat);
    case 'gt':
      return signed(at, value, flat, (sign) => sign > 0);
    case 'gte':
      return signed(at, value, flat, (sign) => sign >= 0);
    case 'lt':
      return signed(at, value, flat, (sign) => sign < 0);
    case 'lte':
      return signed(at, value, flat, (sign) => sign <= 0);
    case 'between': {
      const [low = null, high = null] = list(value);
      const [from = null, to = null] = at.path ? sameKind([low, high], flat) : [low, high];
      return all([
        signed(at, from, false, (sign) => sign >= 0),
        signed(at, to, false, (sign) => sign <= 0),
      ]);
    }
    case 'in':
      return among(
        at,
        list(value).filter((item) => item !== null),
        flat,
      );
    case 'ina':
      return list(value).some((item) => lower(text(item)) === lower(shown()));
    case 'contains':
    case 'icontains':
      return lower(shown()).includes(lower(wanted()));
    case 'containss':
      return shown().includes(wanted());
    case 'startswith':
    case 'istartswith':
      return lower(shown()).startsWith(lower(wanted()));
    case 'startswiths':
      return shown().startsWith(wanted());
    case 'endswith':
    case 'iendswith':
      return lower(shown()).endsWith(lower(wanted()));
    case 'endswiths':
      return shown().endsWith(wanted());
    case 'like':
      return like(shown(), wanted());
    case 'ilike':
      return like(lower(shown()), lower(wanted()));
    case 'search':
      return searches(shown(), wanted(), 'and');
    default:
      return overElements(at, op, value, flat);
  }
}

function overElements(at: Subject, op: string, value: Value, flat: boolean): Truth {
  if (!Array.isArray(at.value)) return null;
  const own = at.value as readonly Value[];
  const wanted = op === 'aelement' ? [value] : list(value);
  const isOne = (member: Value, item: Value): boolean =>
    equal({ value: member, type: at.type, array: false, path: at.type === 'jsonb' }, item, flat);
  switch (op) {
    case 'acontains':
    case 'aelement':
      return wanted.every((item) => own.some((member) => isOne(member, item)));
    case 'acontainedby':
      return own.every((member) => wanted.some((item) => isOne(member, item)));
    case 'aoverlap':
      return own.some((member) => wanted.some((item) => isOne(member, item)));
    default:
      throw new Error(`the oracle knows no ${op}`);
  }
}

function among(at: Subject, items: readonly Value[], flat: boolean): boolean {
  return items.some((item) => equal(at, item, flat));
}

/** Inside documents by JSON value: text of the query is itself, or what it spells. */
function equal(at: Subject, value: Value, flat: boolean): boolean {
  if (at.value === null) return false;
  if (at.array) {
    const [own, other] = [list(at.value), list(value)];
    return (
      own.length === other.length &&
      own.every((member, index) => compare(at.type, member, other[index] ?? null) === 0)
    );
  }
  if (at.type !== 'jsonb') return compare(at.type, at.value, value) === 0;
  if (jsonEquals(at.value, value)) return true;
  const spelt = flat ? spelling(value) : undefined;
  return spelt !== undefined && spelt !== null && jsonEquals(at.value, spelt);
}

function spelling(value: Value): Value | undefined {
  try {
    const spelt = JSON.parse(String(value)) as Value;
    return typeof spelt === 'string' ? undefined : spelt;
  } catch {
    return undefined;
  }
}

function numeric(value: Value, flat: boolean): Value {
  const spelt = flat && typeof value === 'string' ? spelling(value) : value;
  return typeof spelt === 'number' ? spelt : String(value);
}

function sameKind(values: readonly Value[], flat: boolean): readonly Value[] {
  const read = values.map((value) => numeric(value, flat));
  return read.every((value) => typeof value === 'number') ? read : values.map(String);
}

function signed(at: Subject, value: Value, flat: boolean, test: (sign: number) => boolean): Truth {
  if (at.type !== 'jsonb') return test(compare(at.type, at.value, value));
  const wanted = numeric(value, flat);
  if (typeof wanted === 'number') {
    return typeof at.value === 'number' ? test(compare('decimal', at.value, wanted)) : null;
  }
  return test(compareText(jsonText(at.value) ?? '', text(wanted)));
}

function list(value: Value): readonly Value[] {
  if (!Array.isArray(value)) throw new Error(`not a list: ${JSON.stringify(value)}`);
  return value as readonly Value[];
}

function not(value: Truth): Truth {
  return value === null ? null : !value;
}

function all(values: readonly Truth[]): Truth {
  if (values.includes(false)) return false;
  return values.includes(null) ? null : true;
}

/** Whether a value is a tree's leaf. */
export function isLeaf(tree: Tree): tree is Leaf {
  return isRecord(tree) && 'op' in tree;
}
