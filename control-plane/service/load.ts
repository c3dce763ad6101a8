import type { Catalog } from '../model/catalog.ts';
import { claimsOf } from '../model/principal.ts';
import type { Table } from '../model/table.ts';
import { copyInto } from '../pg/copy.ts';
import type { Placement } from '../pg/placement.ts';
import type { Entry, Session } from '../pg/session.ts';
import { isRetryable, toServiceError } from '../pg/sqlstate.ts';
import { type Staging, staging, takeRepeated } from '../plan/load.ts';
import { writableOf } from '../plan/scope.ts';
import type { Caller } from './engine.ts';
import { type LoadedRow, stagedText } from './load-stage.ts';
import { type LoadReport, Tally } from './load-tally.ts';
import { writeStaged } from './load-write.ts';

export interface LoadRequest {
  readonly table: Table;
  /** The columns that rows may have. */
  readonly columns: readonly string[];
  readonly rows: Iterable<LoadedRow>;
  /** Columns whose values tell which rows are there already: these are changed. Absent: all rows are new. */
  readonly by?: readonly string[];
  /** Rows that can't be written are left out; else the first ends it all. */
  readonly skip: boolean;
  /** Nothing is kept. */
  readonly dryRun: boolean;
  readonly onProgress?: (staged: number) => void;
}

/**
 * Many rows at once: COPY into a temporary table, then one INSERT under the caller's policy. Collisions are thrown as they are, for who
 * can give the rows again.
 */
export type Load = (request: LoadRequest, catalog: Catalog, caller: Caller) => Promise<LoadReport>;

/** Ends a transaction that is not to be kept; carries what came of it. */
class Undone extends Error {
  readonly report: LoadReport;

  constructor(report: LoadReport) {
    super('not kept');
    this.report = report;
  }
}

/** Loads of rows by COPY and one INSERT as the caller. */
export function createLoad(placement: Placement, session: Session): Load {
  return async (request, catalog, caller) => {
    const table = writableOf(catalog, request.table);
    const into = staging(table, request.columns);
    const { data } = placement(catalog.tenant);
    const entry: Entry = {
      tenant: catalog.tenant,
      version: catalog.version,
      claims: JSON.stringify(claimsOf(caller.principal, caller.requestId)),
      show: 'live',
      intent: 'edit',
    };
    const tally = new Tally();
    try {
      return await session.transaction(
        data,
        async (_run, attempt) => {
          const written = writeStaged(into, request, catalog, tally, (query) =>
            attempt(entry, query),
          );
          const report = tally.report(await written);
          const refused = !request.skip && report.skipped > 0;
          if (refused || request.dryRun) throw new Undone(report);
          return report;
        },
        {
          signal: caller.signal,
          first: async (client) => {
            for (const statement of into.create) await client.query(statement);
            const text = stagedText(into, request.rows, tally, request.onProgress);
            await copyInto(client, into.copy, text, caller.signal);
            if (request.by) await refuseRepeated(client, into, request.by, tally);
            // Nothing is known of it yet, and the rows are read once: the planner need not guess.
            await client.query('analyze pg_temp._rowhouse_staged');
          },
        },
      );
    } catch (error) {
      if (error instanceof Undone) return error.report;
      throw isRetryable(error) ? error : toServiceError(error);
    }
  };
}

async function refuseRepeated(
  client: { query(text: string): Promise<{ rows: { n: number }[] }> },
  into: Staging,
  by: readonly string[],
  tally: Tally,
): Promise<void> {
  const field = by.join(',');
  const message = `${field} means a row that an earlier row of the file means too`;
  for (const { n } of (await client.query(takeRepeated(into, by))).rows) {
    tally.refuse({ row: n, field, code: 'repeated', message });
    tally.staged--;
  }
}
