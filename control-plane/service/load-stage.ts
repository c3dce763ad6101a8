import { isExactNumber, type Json, type JsonObject, memberOf } from '../base/json.ts';
import { copyCell } from '../pg/copy.ts';
import type { Staging } from '../plan/load.ts';
import { packedRows } from '../plan/pack.ts';
import { rowFaults } from '../plan/rows.ts';
import { spelledRows } from '../plan/spell.ts';
import { ordinaryLine } from './load-cell.ts';
import type { LoadFault, Tally } from './load-tally.ts';

/** A row fitted to its table, or what is wrong with it. `row`: its number, from 1. */
export type LoadedRow =
  | { readonly row: number; readonly values: JsonObject }
  | { readonly row: number; readonly fault: Omit<LoadFault, 'row'> };

type Fitted = Extract<LoadedRow, { values: JsonObject }>;

/** Rows judged and sent at a time. */
const batchSize = 500;

/** Rows as COPY reads them, some at a time; those that show to be wrong go to the tally instead. */
export function* stagedText(
  into: Staging,
  rows: Iterable<LoadedRow>,
  tally: Tally,
  onProgress: ((staged: number) => void) | undefined,
): Generator<string> {
  const textOf = texts(into, tally);
  let batch: Fitted[] = [];
  for (const each of rows) {
    tally.read++;
    if ('fault' in each) tally.refuse({ row: each.row, ...each.fault });
    else batch.push(each);
    if (batch.length < batchSize) continue;
    yield textOf(batch);
    batch = [];
    onProgress?.(tally.staged);
  }
  if (batch.length > 0) yield textOf(batch);
}

/** Rows as text in their order: those that are ordinary at once, the others judged in full. */
function texts(into: Staging, tally: Tally): (batch: readonly Fitted[]) => string {
  const ordinary = into.table.holder === undefined ? ordinaryLine(into.columns) : () => undefined;
  return (batch) => {
    const others: Fitted[] = [];
    const lines = batch.map((each) => {
      const line = ordinary(each.row, each.values);
      if (line === undefined) others.push(each);
      else tally.staged++;
      return line;
    });
    if (others.length === 0) return lines.join('');
    const judged = judgedLines(into, others, tally).values();
    return lines.map((line) => line ?? judged.next().value ?? '').join('');
  };
}

/** A line for each row, an empty one for what is wrong. */
function judgedLines(
  { table, columns }: Staging,
  batch: readonly Fitted[],
  tally: Tally,
): readonly string[] {
  const sent = spelledRows(batch, table);
  const wrong = new Set<number>();
  for (const { row: at, ...fault } of rowFaults(table, sent, 'insert')) {
    if (wrong.has(at)) continue;
    wrong.add(at);
    tally.refuse({ ...fault, row: batch[at]?.row ?? 0 });
  }
  const asJson = columns.map(({ type }) => type.array === true || type.base === 'jsonb');
  return packedRows(sent, table).map(({ values }, at) => {
    if (wrong.has(at)) return '';
    tally.staged++;
    const cells = columns.map(({ name }, place) =>
      copyCell(cellOf(memberOf(values, name) ?? null, asJson[place] === true)),
    );
    return `${[batch[at]?.row, ...cells].join('\t')}\n`;
  });
}

function cellOf(value: Json, json: boolean): string | null {
  if (value === null) return null;
  if (!json && typeof value === 'string') return value;
  if (isExactNumber(value)) return value.rawJSON;
  return json || typeof value === 'object' ? JSON.stringify(value) : String(value);
}
