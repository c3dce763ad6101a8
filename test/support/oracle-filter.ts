/**
 * Truth of a filter of monk.md section 8.1 on a row, in three-valued logic: true, false or null (unknown). A row is returned only
 * when the filter is true. Imports nothing of the product.
 */
import { searches } from './oracle-search.ts';
import {
  atPath,
  compare,
  compareText,
  isRecord,
  jsonContains,
  jsonEquals,
  jsonText,
  like,
  lower,
  type OracleType,
  text,
  type Value,
} from './values.ts';

export type Truth = boolean | null;

export interface OracleColumn {
  readonly name: string;
  readonly type: OracleType;
  readonly array: boolean;
  readonly searchable?: boolean;
}

export type OracleRow = { readonly [column: string]: Value };

/** What a condition is about: a value and how it compares. */
interface Subject {
  readonly value: Value;
  readonly type: OracleType;
  readonly array: boolean;
  /** Inside a jsonb column. */
  readonly path: boolean;
}

export function matches(where: Value, row: OracleRow, columns: readonly OracleColumn[]): boolean {
  return truth(where, row, columns) === true;
}

export function truth(where: Value, row: OracleRow, columns: readonly OracleColumn[]): Truth {
  if (!isRecord(where)) throw new Error('a filter is an object');
  return and(Object.entries(where).map(([key, value]) => condition(key, value, row, columns)));
}

function condition(
  key: string,
  value: Value,
  row: OracleRow,
  columns: readonly OracleColumn[],
): Truth {
  const members = (): Truth[] => list(value).map((member) => truth(member, row, columns));
  switch (key) {
    case '$and':
      return and(members());
    case '$or':
      return or(members());
    case '$nand':
      // `[]` returns all rows, though NOT of an empty conjunction would be false.
      return list(value).length === 0 ? true : not(and(members()));
    case '$nor':
      return not(or(members()));
    case '$not':
      if (Array.isArray(value)) return not(and(members()));
      return not(truth(value, row, columns));
    case '$search':
      return topSearch(value, row, columns);
    default:
      return onSubject(subject(key, row, columns), value);
  }
}

function topSearch(value: Value, row: OracleRow, columns: readonly OracleColumn[]): Truth {
  if (!isRecord(value)) throw new Error('$search takes an object');
  const all = columns.filter((column) => column.searchable === true).map((column) => column.name);
  const fields = value['fields'] === undefined ? all : list(value['fields']).map(text);
  const joined = fields.map((field) => row[field] ?? '').join(' ');
  return searches(joined, text(value['query'] ?? ''), value['operator'] === 'or' ? 'or' : 'and');
}

function subject(key: string, row: OracleRow, columns: readonly OracleColumn[]): Subject {
  const exact = columns.find((column) => column.name === key);
  if (exact !== undefined) {
    return { value: row[key] ?? null, type: exact.type, array: exact.array, path: false };
  }
  const [head = '', ...path] = key.split('.');
  const column = columns.find((each) => each.name === head && each.type === 'jsonb');
  if (column === undefined) throw new Error(`no column for ${key}`);
  return { value: atPath(row[head] ?? null, path), type: 'jsonb', array: false, path: true };
}

function onSubject(at: Subject, value: Value): Truth {
  if (Array.isArray(value)) return apply(at, '$in', value);
  if (!isRecord(value)) return apply(at, '$eq', value);
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every((key) => !key.startsWith('$'))) {
    if (at.type !== 'jsonb') throw new Error('nested keys need a jsonb column');
    return and(
      Object.entries(value).map(([key, inner]) =>
        onSubject({ ...at, path: true, value: atPath(at.value, key.split('.')) }, inner),
      ),
    );
  }
  return and(Object.entries(value).map(([operator, operand]) => apply(at, operator, operand)));
}

function apply(at: Subject, operator: string, operand: Value): Truth {
  const isNull = at.value === null;
  switch (operator) {
    case '$eq':
      return operand === null ? isNull : equals(at, operand);
    case '$ne':
    case '$neq':
      return operand === null ? !isNull : not(equals(at, operand));
    case '$gt':
      return ordered(at, operand, (sign) => sign > 0);
    case '$gte':
      return ordered(at, operand, (sign) => sign >= 0);
    case '$lt':
      return ordered(at, operand, (sign) => sign < 0);
    case '$lte':
      return ordered(at, operand, (sign) => sign <= 0);
    case '$between': {
      const [low = null, high = null] = list(operand);
      return and([apply(at, '$gte', low), apply(at, '$lte', high)]);
    }
    case '$exists':
    case '$null':
      return isNull === ((operator === '$null') === operand);
    case '$in': {
      const members = list(operand);
      const values = members.filter((member) => member !== null);
      const among = values.length === 0 ? false : or(values.map((member) => equals(at, member)));
      return members.includes(null) ? or([among, isNull]) : among;
    }
    case '$nin': {
      const members = list(operand);
      if (members.length === 0) return true;
      const values = members.filter((member) => member !== null);
      // A null member asks for values that are there; NULL columns never pass `$nin`.
      if (values.length === 0) return !isNull;
      return not(or(values.map((member) => equals(at, member))));
    }
    case '$like':
      return onText(at, (value) => like(value, text(operand)));
    case '$nlike':
      return not(apply(at, '$like', operand));
    case '$ilike':
      return onText(at, (value) => like(lower(value), lower(text(operand))));
    case '$nilike':
      return not(apply(at, '$ilike', operand));
    case '$regex':
      return onText(at, (value) => new RegExp(text(operand), 'su').test(value));
    case '$nregex':
      return not(apply(at, '$regex', operand));
    case '$find':
    case '$text':
      return onText(at, (value) => lower(value).includes(lower(text(operand))));
    case '$search': {
      const { query, mode } = searchOperand(operand);
      return searches(isNull ? '' : text(at.value), query, mode);
    }
    case '$contains':
      return contains(at, operand);
    case '$any':
      return overlap(at, list(operand));
    case '$nany':
      return list(operand).length === 0 ? true : not(overlap(at, list(operand)));
    case '$all':
      return list(operand).length === 0 ? true : covers(at, list(operand));
    case '$nall':
      return list(operand).length === 0 ? false : not(covers(at, list(operand)));
    case '$size':
      return size(at, operand);
    default:
      throw new Error(`the oracle knows no ${operator}`);
  }
}

function searchOperand(operand: Value): { query: string; mode: 'and' | 'or' } {
  if (!isRecord(operand)) return { query: text(operand), mode: 'and' };
  return {
    query: text(operand['query'] ?? ''),
    mode: operand['operator'] === 'or' ? 'or' : 'and',
  };
}

/** Numbers compare only with JSON numbers, booleans with booleans, strings with the text; anything else is unknown. */
function jsonSign(value: Value, operand: Value): number | null {
  if (typeof operand === 'string') {
    const shown = jsonText(value);
    return shown === null ? null : compareText(shown, operand);
  }
  if (typeof value !== typeof operand) return null;
  if (typeof operand === 'number') return compare('decimal', value, operand);
  if (typeof operand === 'boolean') return compare('boolean', value, operand);
  return null;
}

function equals(at: Subject, operand: Value): Truth {
  if (at.value === null) return null;
  if (at.array) {
    const own = list(at.value);
    const other = list(operand);
    return (
      own.length === other.length &&
      own.every((member, index) => compare(at.type, member, other[index] ?? null) === 0)
    );
  }
  return ordered(at, operand, (sign) => sign === 0);
}

function ordered(at: Subject, operand: Value, test: (sign: number) => boolean): Truth {
  if (at.value === null || operand === null) return null;
  if (at.type !== 'jsonb') return test(compare(at.type, at.value, operand));
  const sign = jsonSign(at.value, operand);
  return sign === null ? null : test(sign);
}

function onText(at: Subject, test: (value: string) => boolean): Truth {
  const shown = at.path ? jsonText(at.value) : at.value;
  return shown === null ? null : test(text(shown));
}

function contains(at: Subject, operand: Value): Truth {
  if (at.value === null) return null;
  if (at.array) return covers(at, Array.isArray(operand) ? operand : [operand]);
  if (at.path && members(at) === null) return null;
  if (at.path) return jsonContains(at.value, Array.isArray(operand) ? operand : [operand]);
  if (at.type === 'jsonb') return jsonContains(at.value, operand);
  return apply(at, '$find', operand);
}

/** The members of an array, or null where there is none: NULL, and JSON that is no array. */
function members(at: Subject): readonly Value[] | null {
  return Array.isArray(at.value) ? at.value : null;
}

function sameMember(at: Subject, left: Value, right: Value): boolean {
  if (at.type === 'jsonb') return jsonEquals(left, right);
  return compare(at.type, left, right) === 0;
}

function overlap(at: Subject, wanted: readonly Value[]): Truth {
  const own = members(at);
  if (wanted.length === 0) return own === null ? null : false;
  if (own === null) return null;
  return own.some((member) => wanted.some((each) => sameMember(at, member, each)));
}

function covers(at: Subject, wanted: readonly Value[]): Truth {
  const own = members(at);
  if (own === null) return null;
  return wanted.every((each) => own.some((member) => sameMember(at, member, each)));
}

function size(at: Subject, operand: Value): Truth {
  const own = members(at);
  if (own === null) return null;
  const count: Subject = { value: own.length, type: 'integer', array: false, path: false };
  if (typeof operand === 'number') return own.length === operand;
  if (!isRecord(operand)) throw new Error('$size takes a number or operators');
  return and(Object.entries(operand).map(([operator, value]) => apply(count, operator, value)));
}

function list(value: Value | undefined): readonly Value[] {
  if (!Array.isArray(value)) throw new Error(`not a list: ${JSON.stringify(value)}`);
  return value;
}

function not(value: Truth): Truth {
  return value === null ? null : !value;
}

function and(values: readonly Truth[]): Truth {
  if (values.includes(false)) return false;
  return values.includes(null) ? null : true;
}

function or(values: readonly Truth[]): Truth {
  if (values.includes(true)) return true;
  return values.includes(null) ? null : false;
}
