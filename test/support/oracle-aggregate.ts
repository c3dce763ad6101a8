/**
 * Groups and functions over rows in memory, said once more in plain TypeScript. Numbers are doubles: tests use such as these hold
 * exactly, or compare roughly. Imports nothing of the product.
 */
import { atPath, compareText, type Value } from './values.ts';

export type OracleRow = { readonly [column: string]: Value };

/** A value of a row: a column or a path, a number, or arithmetic on them. */
export type Formula =
  | { readonly at: readonly string[] }
  | { readonly number: number }
  | { readonly sign: '+' | '-' | '*' | '/'; readonly of: readonly [Formula, Formula] };

export interface OracleCall {
  readonly as: string;
  readonly fn: string;
  readonly of?: Formula;
}

export interface OracleKey {
  readonly as: string;
  readonly of: readonly string[];
  /** The first so many characters of a time moved by so many minutes, and what follows them. */
  readonly cut?: { readonly length: number; readonly rest: string; readonly minutes: number };
}

/** Not a row at all: the statement must be refused. */
export class DividedByZero extends Error {}

/** Rows by groups; without keys one row, of no rows too. In the order of the keys, null last. */
export function grouped(
  rows: readonly OracleRow[],
  keys: readonly OracleKey[],
  calls: readonly OracleCall[],
): readonly OracleRow[] {
  const groups = new Map<string, { key: readonly Value[]; rows: OracleRow[] }>();
  if (keys.length === 0) groups.set('[]', { key: [], rows: [] });
  for (const row of rows) {
    const key = keys.map((each) => keyOf(row, each));
    const name = JSON.stringify(key);
    const group = groups.get(name) ?? { key, rows: [] };
    group.rows.push(row);
    groups.set(name, group);
  }
  return [...groups.values()]
    .sort((a, b) =>
      a.key.reduce<number>((found, value, at) => found || order(value, b.key[at] ?? null), 0),
    )
    .map((group) => ({
      ...Object.fromEntries(keys.map(({ as }, at) => [as, group.key[at] ?? null])),
      ...Object.fromEntries(calls.map((call) => [call.as, made(call, group.rows)])),
    }));
}

/** Comparison of two values of one output, null last. */
export function order(left: Value, right: Value): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  if (typeof left === 'number' && typeof right === 'number') return Math.sign(left - right);
  return compareText(String(left), String(right));
}

function keyOf(row: OracleRow, { of, cut }: OracleKey): Value {
  const value = found(row, of);
  if (!cut || typeof value !== 'string') return value;
  const moved = new Date(Date.parse(value) + cut.minutes * 60_000).toISOString();
  return `${moved.slice(0, cut.length)}${cut.rest}`;
}

function found(row: OracleRow, [column = '', ...path]: readonly string[]): Value {
  const value = row[column] ?? null;
  return path.length === 0 ? value : atPath(value, path);
}

function made({ fn, of }: OracleCall, rows: readonly OracleRow[]): Value {
  if (!of) return rows.length;
  const all = rows.map((row) => ('at' in of ? found(row, of.at) : computed(row, of)));
  const there = all.filter((value) => value !== null);
  const numbers = there.filter((value) => typeof value === 'number');
  switch (fn) {
    case 'count':
      return there.length;
    case 'count_distinct':
      return new Set(there.map((value) => JSON.stringify(value))).size;
    case 'array_agg':
    case 'json_agg':
      return rows.length === 0 ? null : all;
    case 'string_agg':
      return there.length === 0 ? null : there.map(String).join(', ');
    case 'min':
      return there.toSorted(order)[0] ?? null;
    case 'max':
      return there.toSorted(order).at(-1) ?? null;
    case 'sum':
      return numbers.length === 0 ? null : total(numbers);
    case 'avg':
      return numbers.length === 0 ? null : total(numbers) / numbers.length;
    case 'variance':
      return spread(numbers);
    case 'stddev': {
      const variance = spread(numbers);
      return variance === null ? null : Math.sqrt(variance);
    }
    default:
      throw new Error(`the oracle knows no ${fn}`);
  }
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0);
}

/** Of a sample: none of fewer than two. */
function spread(numbers: readonly number[]): number | null {
  if (numbers.length < 2) return null;
  const mean = total(numbers) / numbers.length;
  return total(numbers.map((value) => (value - mean) ** 2)) / (numbers.length - 1);
}

/** Null where anything in it is; of JSON values only numbers count. */
function computed(row: OracleRow, formula: Formula): number | null {
  if ('number' in formula) return formula.number;
  if ('at' in formula) {
    const value = found(row, formula.at);
    return typeof value === 'number' ? value : null;
  }
  const [left, right] = formula.of.map((each) => computed(row, each));
  if (left === null || left === undefined || right === null || right === undefined) return null;
  switch (formula.sign) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    default:
      if (right === 0) throw new DividedByZero();
      return left / right;
  }
}
