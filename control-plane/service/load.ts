import { setImmediate } from 'node:timers/promises';
import type { Catalog } from '../model/catalog.ts';
import { claimsOf } from '../model/principal.ts';
import type { Table } from '../model/table.ts';
import { copyInto } from '../pg/copy.ts';
import type { Placement } from '../pg/placement.ts';
import type { AsGateway, Entry, Session } from '../pg/session.ts';
import { isRetryable, toServiceError } from '../pg/sqlstate.ts';
import { type Staging, staging, takeRepeated } from '../plan/load.ts';
import { writableOf } from '../plan/scope.ts';
import type { Caller } from './call.ts';
import { RowError } from './import/source.ts';
import { type LoadedRow, stagedText } from './load-stage.ts';
import { type LoadReport, Tally } from './load-tally.ts';
import { refersToItself, stagedWriter, type Writer } from './load-write.ts';

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
 * Many rows at once: COPY into a temporary table, then INSERT under the caller's policy. Collisions are thrown as they are, for who can
 * give the rows again.
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

/** Rows staged at a time: while Postgres writes them the next are read. */
const pieceSize = 10_000;

/** Loads of rows by COPY and INSERT as the caller. */
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
        async (_run, attempt, asGateway) => {
          const writer = stagedWriter(into, request, catalog, tally, (query) =>
            attempt(entry, query),
          );
          // Rows that may mean, or refer to, a later one are staged whole.
          const whole = request.by !== undefined || refersToItself(table);
          const load = whole ? loadWhole : loadPieces;
          await load({ into, request, tally, writer, asGateway, signal: caller.signal });
          const report = tally.report(await writer.end());
          const refused = !request.skip && report.skipped > 0;
          if (refused || request.dryRun) throw new Undone(report);
          return report;
        },
        { signal: caller.signal },
      );
    } catch (error) {
      if (error instanceof Undone) return error.report;
      // Whose file it is says which.
      throw error instanceof RowError || isRetryable(error) ? error : toServiceError(error);
    }
  };
}

interface Loading {
  readonly into: Staging;
  readonly request: LoadRequest;
  readonly tally: Tally;
  readonly writer: Writer;
  readonly asGateway: AsGateway;
  readonly signal: AbortSignal | undefined;
}

async function loadWhole(loading: Loading): Promise<void> {
  const { into, request, tally, writer, asGateway, signal } = loading;
  await asGateway(async (client) => {
    for (const statement of into.create) await client.query(statement);
    const text = stagedText(into, request.rows, tally, request.onProgress);
    await copyInto(client, into.copy, text, signal);
    if (request.by) await refuseRepeated(client, into, request.by, tally);
  });
  if (tally.staged > 0 && writer.wanted()) await writer.write(1, tally.read);
}

async function loadPieces(loading: Loading): Promise<void> {
  const { into, writer, asGateway, signal } = loading;
  await asGateway(async (client) => {
    for (const statement of into.create) await client.query(statement);
  });
  let writing = Promise.resolve();
  try {
    for await (const { from, to, text } of piecesOf(loading)) {
      await writing;
      if (text === '' || !writer.wanted()) continue;
      await asGateway(async (client) => {
        if (from > 1) await client.query(into.empty);
        await copyInto(client, into.copy, [text], signal);
      });
      writing = writer.write(from, to);
      // What goes wrong is told to whoever waits for it, which may be a while yet.
      writing.catch(() => undefined);
    }
  } finally {
    await writing;
  }
}

/** The rows by and by, as COPY reads them; `from` and `to`: the numbers of the first and the last. */
async function* piecesOf({
  into,
  request,
  tally,
}: Loading): AsyncGenerator<{ readonly from: number; readonly to: number; readonly text: string }> {
  let from = 1;
  let text = '';
  for (const part of stagedText(into, request.rows, tally, request.onProgress)) {
    text += part;
    // Others are served in between.
    await setImmediate();
    if (tally.read - from < pieceSize) continue;
    yield { from, to: tally.read, text };
    from = tally.read + 1;
    text = '';
  }
  yield { from, to: tally.read, text };
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
