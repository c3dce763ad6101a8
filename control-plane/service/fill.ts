import { type Connection, rowsOf } from '../catalog/connection.ts';
import { advance, type Progress } from '../catalog/operations.ts';
import type { Phase } from '../model/phase.ts';
import { Interrupted } from './interrupted.ts';
import { briefly } from './transaction.ts';

/** Rows of a table that one transaction writes: a writer who needs one of them waits no longer than that. */
const batchRows = 5_000;

/** Blocks whose rows tell how many a block holds. */
const sample = 100;

export interface Filling {
  readonly id: number;
  readonly position: number;
  readonly phase: Phase;
  readonly progress: Progress | undefined;
  readonly stopping: () => boolean;
}

/**
 * Writes the rows that were there when it began, batch by batch, in the order they lie in; newer ones have their values already. How
 * far it has come is on record with every batch. `batch` runs a transaction.
 */
export async function fill(
  batch: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>,
  { id, position, phase, progress, stopping }: Filling,
): Promise<void> {
  const { table = '', statements } = phase;
  const [statement = ''] = statements;
  let at = progress ?? (await batch((connection) => measure(connection, table)));
  while (at.block < at.end) {
    if (stopping()) throw new Interrupted('stopping');
    const block = Math.min(at.block + at.step, at.end);
    const next = { ...at, block };
    const from = at.block;
    await batch(async (connection) => {
      // The rows' own triggers know that nobody has changed them.
      await connection.query(`${briefly}; set local rowhouse.maintenance = 'on'`);
      await connection.query(statement, [`(${from},0)`, `(${block},0)`]);
      await advance(connection, id, position, next);
    });
    at = next;
  }
  await batch((connection) => advance(connection, id, position + 1));
}

async function measure(connection: Connection, table: string): Promise<Progress> {
  const [row] = await rowsOf<{ blocks: string; rows: string }>(
    connection,
    `select pg_relation_size($1::regclass) / current_setting('block_size')::bigint as blocks,
       (select count(*) from ${table} where ctid < '(${sample},0)'::tid) as rows`,
    [table],
  );
  const end = Number(row?.blocks ?? 0);
  const perBlock = Math.max(1, Number(row?.rows ?? 0) / Math.max(1, Math.min(end, sample)));
  return { block: 0, end, step: Math.max(1, Math.floor(batchRows / perBlock)) };
}
