import { isObject, type Json, type JsonObject, memberOf } from '../base/json.ts';
import { bind, join, raw, type Sql, sql } from '../base/sql.ts';
import type { Table } from '../model/table.ts';
import type { NewRow } from '../statement/statement.ts';
import { isJudgedByPostgres, keyColumns, parseKey } from './key.ts';
import { castText } from './operand.ts';
import type { RecordColumn, RecordRow } from './recordset.ts';
import { tableSource } from './scope.ts';

/** Rows meant by key texts, each once. */
export interface TargetKeys {
  /** k0…: the values, NULL when the text can be no key; kt: the text as sent. */
  readonly columns: readonly RecordColumn[];
  readonly records: readonly RecordRow[];
  /** `t` is the row of `x`. */
  readonly join: readonly Sql[];
  /** Position of each key sent among the distinct ones. */
  readonly positions: readonly number[];
  /** When a key was sent twice: the rows to answer with, in order. */
  readonly places?: Sql;
  /** Some key text only Postgres can judge. */
  readonly judged: boolean;
}

/** @throws ServiceError key_unsupported */
export function targetKeys(table: Table, keys: readonly string[]): TargetKeys {
  const columns = keyColumns(table);
  const source = tableSource(table);
  const known = new Map<string, number>();
  const records: RecordRow[] = [];
  const positions = keys.map((key) => {
    const values = parseKey(key, columns);
    const identity = JSON.stringify(values ?? { key });
    const at = known.get(identity);
    if (at !== undefined) return at;
    const record: Record<string, Json> = { kt: storable(key) };
    values?.forEach((value, index) => {
      record[`k${index}`] = value;
    });
    known.set(identity, records.length);
    records.push(record);
    return records.length - 1;
  });
  const repeated = records.length < keys.length;
  return {
    columns: [
      ...columns.map(({ type }, at) => ({ name: `k${at}`, type: castText(type) })),
      { name: 'kt', type: 'text' },
    ],
    records,
    join: columns.map(({ name }, at) => sql`${source.column(name)} = x.${raw(`k${at}`)}`),
    positions,
    judged: columns.some(isJudgedByPostgres),
    ...(repeated ? { places: placesOf(positions) } : {}),
  };
}

function placesOf(positions: readonly number[]): Sql {
  const numbers = bind(positions.map((at) => at + 1));
  return sql`unnest(${numbers}::int[]) with ordinality`;
}

/** A key as it can travel to be named in a refusal. */
function storable(key: string): string {
  return key.replaceAll('\0', '�').toWellFormed();
}

/** Changes of the same row, in order, as one; a key sent once keeps its own. */
export function mergeChanges(
  keys: TargetKeys,
  changes: readonly NewRow[],
  expect: readonly JsonObject[],
  holder?: string,
): { readonly changes: readonly NewRow[]; readonly expect: readonly JsonObject[] } {
  if (!keys.places) return { changes, expect };
  const merged = keys.records.map((): NewRow => ({ values: {} }));
  const expected = keys.records.map((): JsonObject => ({}));
  keys.positions.forEach((at, index) => {
    const { values, access } = changes[index] ?? { values: {} };
    const before = merged[at];
    merged[at] = {
      values: { ...before?.values, ...values, ...heldTogether(holder, before?.values, values) },
      ...(access || before?.access ? { access: { ...before?.access, ...access } } : {}),
    };
    expected[at] = { ...expected[at], ...expect[index] };
  });
  return { changes: merged, expect: expected };
}

/** The holder of two changes of one row: the later one's members go before. */
function heldTogether(
  holder: string | undefined,
  before: JsonObject | undefined,
  after: JsonObject,
): JsonObject {
  if (holder === undefined) return {};
  const parts = [before, after].map((values) => memberOf(values ?? {}, holder));
  return { [holder]: Object.fromEntries(parts.filter(isObject).flatMap(Object.entries<Json>)) };
}

/** All conditions as one. */
export function all(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`true` : join(conditions, ' and ');
}
