import { ServiceError } from '../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import type { Catalog } from '../model/catalog.ts';
import { claimsOf } from '../model/principal.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import { copyCell, copyInto } from '../pg/copy.ts';
import type { Placement } from '../pg/placement.ts';
import type { Attempt, Entry, Session } from '../pg/session.ts';
import { isRetryable, toServiceError } from '../pg/sqlstate.ts';
import { type LoadSpan, planLoad, type Staging, staging, takeRepeated } from '../plan/load.ts';
import { packedRows } from '../plan/pack.ts';
import { rowFaults } from '../plan/rows.ts';
import { writableOf } from '../plan/scope.ts';
import { spelledRows } from '../plan/spell.ts';
import type { Caller } from './engine.ts';
import { rowFault } from './load-fault.ts';

/** A row fitted to its table, or what is wrong with it. `row`: its number, from 1. */
export type LoadedRow =
  | { readonly row: number; readonly values: JsonObject }
  | { readonly row: number; readonly fault: Omit<LoadFault, 'row'> };

export interface LoadFault {
  readonly row: number;
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

export interface LoadRequest {
  readonly table: Table;
  /** The columns that rows may have. */
  readonly columns: readonly string[];
  readonly rows: Iterable<LoadedRow> | AsyncIterable<LoadedRow>;
  /** Columns whose values tell which rows are there already: these are changed. Absent: all rows are new. */
  readonly by?: readonly string[];
  /** Rows that can't be written are left out; else the first ends it all. */
  readonly skip: boolean;
  /** Nothing is kept. */
  readonly dryRun: boolean;
  readonly onProgress?: (staged: number) => void;
}

export interface LoadReport {
  readonly inserted: number;
  readonly updated: number;
  /** Rows that were not written, and the first of their faults. */
  readonly skipped: number;
  readonly faults: readonly LoadFault[];
}

/** Many rows at once: COPY into a temporary table, then one INSERT under the caller's policy. */
export type Load = (request: LoadRequest, catalog: Catalog, caller: Caller) => Promise<LoadReport>;

/** Faults told of at most. */
const mostFaults = 100;
/** Rows that only Postgres finds wrong are looked for one by one: so many, then the file is given up. */
const mostJudged = 1_000;
/** Bytes of rows sent at a time. */
const partSize = 65_536;

/** Ends a transaction that is not to be kept; carries what came of it. */
class Undone extends Error {
  readonly report: LoadReport;

  constructor(report: LoadReport) {
    super('not kept');
    this.report = report;
  }
}

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
          const done = await write(into, request, catalog, tally, (query) => attempt(entry, query));
          const report = tally.report(done);
          const refused = !request.skip && report.skipped > 0;
          if (refused || request.dryRun) throw new Undone(report);
          return report;
        },
        {
          signal: caller.signal,
          first: async (client) => {
            for (const statement of into.create) await client.query(statement);
            await copyInto(client, into.copy, parts(into, request, tally));
            if (request.by) await refuseRepeated(client, into, request.by, tally);
            // Nothing is known of it yet, and the rows are read once: the planner need not guess.
            await client.query('analyze pg_temp._rowhouse_staged');
          },
        },
      );
    } catch (error) {
      if (error instanceof Undone) return error.report;
      throw toServiceError(error);
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

/** Rows staged and rows refused. */
class Tally {
  staged = 0;
  refused = 0;
  readonly faults: LoadFault[] = [];

  refuse(fault: LoadFault): void {
    this.refused++;
    if (this.faults.length < mostFaults) this.faults.push(fault);
  }

  report(done: { readonly inserted: number; readonly updated: number }): LoadReport {
    const faults = this.faults.toSorted((a, b) => a.row - b.row);
    return { ...done, skipped: this.refused, faults };
  }
}

/** The rows as COPY reads them. */
async function* parts(
  { table, columns }: Staging,
  { rows, onProgress }: LoadRequest,
  tally: Tally,
): AsyncGenerator<string> {
  let part = '';
  for await (const each of rows) {
    if ('fault' in each) {
      tally.refuse({ row: each.row, ...each.fault });
      continue;
    }
    const sent = spelledRows([each], table);
    const [fault] = rowFaults(table, sent, 'insert');
    if (fault) {
      tally.refuse({ ...fault, row: each.row });
      continue;
    }
    const [row] = packedRows(sent, table);
    const cells = columns.map(({ name, type }) =>
      copyCell(textOf(row?.values[name] ?? null, type.array === true || type.base === 'jsonb')),
    );
    part += `${each.row}\t${cells.join('\t')}\n`;
    tally.staged++;
    if (part.length >= partSize) {
      yield part;
      part = '';
      onProgress?.(tally.staged);
    }
  }
  if (part !== '') yield part;
}

function textOf(value: Json, json: boolean): string | null {
  if (value === null) return null;
  if (json) return JSON.stringify(value);
  return isObject(value) || Array.isArray(value) || typeof value === 'object'
    ? JSON.stringify(value)
    : String(value);
}

type Try = (query: ReturnType<typeof planLoad>) => ReturnType<Attempt>;

/** All rows in one statement; where that fails, halves of them, until each row that can't be written stands alone. */
async function write(
  into: Staging,
  request: LoadRequest,
  catalog: Catalog,
  tally: Tally,
  attempt: Try,
): Promise<{ inserted: number; updated: number }> {
  const done = { inserted: 0, updated: 0 };
  // A file that shows to be wrong is not worth the writing.
  if (tally.staged === 0 || (!request.skip && tally.refused > 0)) return done;
  const last = tally.staged + tally.refused;
  const settle = async (from: number, to: number): Promise<void> => {
    const span: LoadSpan = { from, to, ...(request.by ? { by: request.by } : {}) };
    const outcome = await attempt(planLoad(into, span, catalog));
    if ('rows' in outcome) {
      const [, , inserted, , updated] = outcome.rows[0] ?? [];
      done.inserted += Number(inserted ?? 0);
      done.updated += Number(updated ?? 0);
      return;
    }
    const { error } = outcome;
    const fault = rowFault(error, into.table);
    if (fault === undefined || isRetryable(error)) throw error;
    if (from === to) {
      tally.refuse({ row: from, ...fault });
      if (tally.refused > mostJudged) throw tooMany(into.table);
      return;
    }
    const middle = Math.floor((from + to) / 2);
    await settle(from, middle);
    if (request.skip || tally.faults.length < mostFaults) await settle(middle + 1, to);
  };
  await settle(1, last);
  return done;
}

function tooMany(table: Table): ServiceError {
  const message = `More than ${mostJudged} rows break a rule of the table`;
  return new ServiceError('limit_exceeded', message, { table: logicalName(table) });
}
