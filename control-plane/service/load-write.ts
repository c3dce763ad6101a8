import { ServiceError } from '../base/errors.ts';
import type { Catalog } from '../model/catalog.ts';
import { sameName, type Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Attempt } from '../pg/session.ts';
import { isRetryable } from '../pg/sqlstate.ts';
import { type LoadSpan, planLoad, type Staging } from '../plan/load.ts';
import { rowFault } from './load-fault.ts';
import { type LoadFault, mostFaults, type Tally } from './load-tally.ts';

/** Rows that only Postgres finds wrong are looked for one by one: so many, then the file is given up. */
const mostJudged = 1_000;

interface Done {
  readonly inserted: number;
  readonly updated: number;
}

type Try = (query: ReturnType<typeof planLoad>) => ReturnType<Attempt>;

/** Writes what is staged, span by span. */
export interface Writer {
  /** Whether rows are still to be written: a file that shows to be wrong is not worth it, unless what is wrong is skipped. */
  readonly wanted: () => boolean;
  /** @throws ServiceError limit_exceeded */
  readonly write: (from: number, to: number) => Promise<void>;
  /** What came of it all, once rows that waited for others have had their chance. */
  readonly end: () => Promise<Done>;
}

/**
 * Staged rows into their table. A span in one statement; where that fails, halves of it, until each row that can't be written stands alone.
 * A row that refers to another of its table is tried again at the end, for that may have come: such a table is staged whole.
 */
export function stagedWriter(
  into: Staging,
  { skip, by }: { readonly skip: boolean; readonly by?: readonly string[] },
  catalog: Catalog,
  tally: Tally,
  attempt: Try,
): Writer {
  const done = { inserted: 0, updated: 0 };
  const ownReferences = refersToItself(into.table);
  let judged = 0;
  let refused = 0;
  let waiting: LoadFault[] = [];
  const refuse = (fault: LoadFault): void => {
    refused++;
    tally.refuse(fault);
  };

  const write = async (from: number, to: number): Promise<Omit<LoadFault, 'row'> | undefined> => {
    const span: LoadSpan = { from, to, ...(by ? { by } : {}) };
    const outcome = await attempt(planLoad(into, span, catalog));
    if ('rows' in outcome) {
      const [, , inserted, , updated] = outcome.rows[0] ?? [];
      done.inserted += Number(inserted ?? 0);
      done.updated += Number(updated ?? 0);
      return undefined;
    }
    const fault = rowFault(outcome.error, into.table);
    if (fault === undefined || isRetryable(outcome.error)) throw outcome.error;
    return fault;
  };

  const settle = async (from: number, to: number): Promise<void> => {
    const fault = await write(from, to);
    if (fault === undefined) return;
    if (from === to) {
      if (++judged > mostJudged) throw tooMany(into.table);
      const found = { row: from, ...fault };
      if (ownReferences && fault.code === 'reference') waiting.push(found);
      else refuse(found);
      return;
    }
    const middle = Math.floor((from + to) / 2);
    await settle(from, middle);
    if (skip || tally.faults.length < mostFaults) await settle(middle + 1, to);
  };

  return {
    wanted: () => skip || (tally.refused === refused && tally.faults.length < mostFaults),
    write: settle,
    end: async () => {
      for (let before = Infinity; waiting.length > 0 && waiting.length < before; ) {
        before = waiting.length;
        const left: LoadFault[] = [];
        // Mostly those that others refer to come later in a file.
        for (const each of waiting.toReversed()) {
          const fault = await write(each.row, each.row);
          if (fault) left.push({ row: each.row, ...fault });
        }
        waiting = left;
      }
      for (const fault of waiting) refuse(fault);
      return done;
    },
  };
}

/** Whether rows of the table may refer to others of it, which may come later in a file. */
export function refersToItself(table: Table): boolean {
  return table.references.some(({ target }) => sameName(target, table));
}

function tooMany(table: Table): ServiceError {
  const message = `More than ${mostJudged} rows break a rule of the table`;
  return new ServiceError('limit_exceeded', message, { table: logicalName(table) });
}
