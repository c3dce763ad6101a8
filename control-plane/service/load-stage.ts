import { isExactNumber, type Json, type JsonObject } from '../base/json.ts';
import { copyCell } from '../pg/copy.ts';
import type { Staging } from '../plan/load.ts';
import { packedRows } from '../plan/pack.ts';
import { rowFaults } from '../plan/rows.ts';
import { spelledRows } from '../plan/spell.ts';
import type { LoadFault, Tally } from './load-tally.ts';

/** A row fitted to its table, or what is wrong with it. `row`: its number, from 1. */
export type LoadedRow =
  | { readonly row: number; readonly values: JsonObject }
  | { readonly row: number; readonly fault: Omit<LoadFault, 'row'> };

/** Rows judged and sent at a time. */
const batchSize = 500;

/** Rows as COPY reads them; those that show to be wrong go to the tally instead. */
export function* stagedText(
  into: Staging,
  rows: Iterable<LoadedRow>,
  tally: Tally,
  onProgress: ((staged: number) => void) | undefined,
): Generator<string> {
  let batch: Extract<LoadedRow, { values: JsonObject }>[] = [];
  for (const each of rows) {
    if ('fault' in each) tally.refuse({ row: each.row, ...each.fault });
    else batch.push(each);
    if (batch.length < batchSize) continue;
    yield textOf(into, batch, tally);
    batch = [];
    onProgress?.(tally.staged);
  }
  if (batch.length > 0) yield textOf(into, batch, tally);
}

function textOf(
  { table, columns }: Staging,
  batch: readonly Extract<LoadedRow, { values: JsonObject }>[],
  tally: Tally,
): string {
  const sent = spelledRows(batch, table);
  const wrong = new Set<number>();
  for (const { row: at, ...fault } of rowFaults(table, sent, 'insert')) {
    if (wrong.has(at)) continue;
    wrong.add(at);
    tally.refuse({ ...fault, row: batch[at]?.row ?? 0 });
  }
  const asJson = columns.map(({ type }) => type.array === true || type.base === 'jsonb');
  let text = '';
  for (const [at, { values }] of packedRows(sent, table).entries()) {
    if (wrong.has(at)) continue;
    text += batch[at]?.row;
    for (let place = 0; place < columns.length; place++) {
      const value = values[columns[place]?.name ?? ''] ?? null;
      text += `\t${copyCell(cellOf(value, asJson[place] === true))}`;
    }
    text += '\n';
    tally.staged++;
  }
  return text;
}

function cellOf(value: Json, json: boolean): string | null {
  if (value === null) return null;
  if (!json && typeof value === 'string') return value;
  if (isExactNumber(value)) return value.rawJSON;
  return json || typeof value === 'object' ? JSON.stringify(value) : String(value);
}
