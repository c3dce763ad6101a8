import { type Json, type JsonObject, memberOf } from '../base/json.ts';
import { raw, type Sql, sql } from '../base/sql.ts';
import { type ColumnType, classOf } from '../base/types.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import { parseKey } from './key.ts';
import { castText } from './operand.ts';
import type { RecordColumn, RecordRow } from './recordset.ts';
import { refusal } from './refuse.ts';
import { needColumn, tableSource } from './scope.ts';

/** The parts of an update that hold values of server-set columns against the stored ones. */
export interface Expectations {
  readonly columns: readonly RecordColumn[];
  readonly records: readonly RecordRow[];
  readonly stored: readonly Sql[];
  readonly refusals: readonly (readonly [condition: Sql, refusal: Sql])[];
}

/**
 * `f0` says of a value: 's' was sent, 'd' can only be different (no value of the type, so it must not reach a cast); `e0` is the value.
 */
export function expectations(table: Table, expect: readonly JsonObject[]): Expectations {
  const source = tableSource(table);
  const names = [...new Set(expect.flatMap((values) => Object.keys(values)))];
  const types = names.map((name) => needColumn(table, name));
  const records = expect.map((values) => {
    const record: Record<string, Json> = {};
    names.forEach((name, at) => {
      const type = types[at];
      const sent = memberOf(values, name);
      if (!type || sent === undefined) return;
      const value = comparable(sent, type);
      record[`f${at}`] = value === undefined ? 'd' : 's';
      if (value !== undefined) record[`e${at}`] = value;
    });
    return record;
  });
  return {
    columns: types.flatMap((type, at) => [
      { name: `f${at}`, type: 'text' },
      { name: `e${at}`, type: castText(type) },
    ]),
    records,
    stored: names.map((name, at) => sql`${source.column(name)} as ${raw(`s${at}`)}`),
    refusals: names.map((name, at) => {
      const flag = raw(`x.f${at}`);
      const differs = sql`g.${raw(`s${at}`)} is distinct from x.${raw(`e${at}`)}`;
      const detail = { table: logicalName(table), field: name };
      return [
        sql`coalesce(${flag} = 'd' or (${flag} = 's' and ${differs}), false)`,
        refusal('system_column', detail),
      ] as const;
    }),
  };
}

/** The value in a form that surely casts; undefined when there is none. */
function comparable(value: Json, type: ColumnType): string | null | undefined {
  if (value === null) return null;
  if (typeof value === 'object') return undefined;
  if (classOf(type) === 'time') {
    const time = typeof value === 'string' ? new Date(value) : undefined;
    return time && !Number.isNaN(time.getTime()) ? time.toISOString() : undefined;
  }
  return parseKey(String(value), [{ name: '', type }])?.[0];
}
