import { ServiceError } from '../base/errors.ts';
import { type Meter, noMeter } from '../base/meter.ts';
import { bind, ident, type Query, sql, toQuery } from '../base/sql.ts';
import { currentTrace, timed } from '../base/trace.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import { claimsOf } from '../model/principal.ts';
import { isVerb, type Right } from '../model/role.ts';
import type { TableName } from '../model/table.ts';
import type { WireRow } from '../pg/batch.ts';
import type { Placement } from '../pg/placement.ts';
import type { Entry, Session } from '../pg/session.ts';
import { isRetryable, toServiceError } from '../pg/sqlstate.ts';
import { knownQuery } from '../plan/known.ts';
import { plan } from '../plan/plan.ts';
import type { Planned, Sight } from '../plan/planned.ts';
import { reachQuery } from '../plan/reach.ts';
import type { Result, Statement } from '../statement/statement.ts';
import type { Caller } from './call.ts';
import { diagnose, type Run } from './diagnose.ts';
import type { EngineParts } from './engine.ts';
import { createExtender } from './extend.ts';
import { createSightMemory } from './sight.ts';

export interface ExecuteParts {
  readonly placement: Placement;
  readonly session: Session;
  readonly meter?: Meter;
}

/** How often a statement that collided with another is tried again: with some writers of one row, one of them gets through each time. */
const retries = 5;

/** Statements for a principal: one in a single round trip, several in one transaction. */
export function createExecutor(parts: ExecuteParts): EngineParts['execute'] {
  const { session, meter = noMeter } = parts;
  const extend = createExtender(session);
  const memory = createSightMemory();
  return async (statements, catalog, caller, view) => {
    const gates = gatesOf(catalog, caller, view);
    const { data } = parts.placement(catalog.tenant);
    const enter = entryOf(catalog, caller);
    const options = { signal: caller.signal };
    const alone: Run = async (planned, ...queries) =>
      only(await session.run(data, enter(planned), [...gates, ...queries], options));
    const sight = memory.of(catalog, caller.principal);
    const [first] = statements;
    const results = await retried(async () => {
      if (statements.length === 1 && first) {
        const statement = typeof first === 'function' ? first([]) : first;
        return [await perform(statement, catalog, alone, alone, sight, meter)];
      }
      return await session.transaction(
        data,
        async (run) => {
          const together: Run = async (planned, ...queries) =>
            only(await run(enter(planned), ...gates, ...queries));
          const done: Result[] = [];
          for (const [index, step] of statements.entries()) {
            done.push(
              await numbered(index, async () => {
                const statement = typeof step === 'function' ? step(done) : step;
                return await perform(statement, catalog, together, alone, sight, meter);
              }),
            );
          }
          return done;
        },
        options,
      );
    }, meter).catch((error: unknown) => {
      throw toServiceError(error);
    });
    extend(data, catalog, caller.principal, enter({ show: 'live', intent: 'edit' }));
    return results;
  };
}

/** Asks Postgres which tables the caller could use. */
export function createKnown({ placement, session }: ExecuteParts): EngineParts['known'] {
  return async (catalog, caller) => {
    const enter = entryOf(catalog, caller)({ show: 'live', intent: 'edit' });
    const { data } = placement(catalog.tenant);
    try {
      const query = knownQuery(catalog);
      const [ids] = only(await session.run(data, enter, [query], { signal: caller.signal }));
      return new Set(JSON.parse(ids ?? '[]') as number[]);
    } catch (error) {
      throw toServiceError(error);
    }
  };
}

/** What must hold before the statement, asked in the same round trip. */
function gatesOf(catalog: Catalog, { right, app }: Caller, view?: TableName): readonly Query[] {
  const table = view && findTable(catalog, view);
  return [
    ...(right === undefined ? [] : [requireRight(catalog, right, app)]),
    ...(table === undefined
      ? []
      : [
          {
            text: 'select rowhouse.require_view($1::text, $2::integer)::text',
            values: [catalog.tenant, table.id],
          },
        ]),
  ];
}

function requireRight({ schema }: Catalog, right: Right, app: string | undefined): Query {
  return isVerb(right)
    ? toQuery(sql`select ${ident(schema, '_rowhouse_require')}(${bind(right)}::text)::text`)
    : toQuery(
        sql`select rowhouse.require_right(${bind(right)}::text, ${bind(app ?? null)}::text)::text`,
      );
}

/** How the session is entered for this caller, whatever is planned. */
export function entryOf(
  catalog: Catalog,
  { principal, requestId }: Caller,
): (planned: Pick<Planned, 'show' | 'intent'>) => Entry {
  const claims = JSON.stringify(claimsOf(principal, requestId));
  return ({ show, intent }) => ({
    tenant: catalog.tenant,
    version: catalog.version,
    claims,
    show,
    intent,
  });
}

/**
 * One statement. `run` is where it belongs, `alone` a transaction of its own for finding out why it failed. Collisions are thrown as
 * they are, for the whole transaction to be tried again.
 */
export async function perform(
  statement: Statement,
  catalog: Catalog,
  run: Run,
  alone: Run,
  sight?: Sight,
  meter: Meter = noMeter,
): Promise<Result> {
  let planned: Planned;
  try {
    planned = timed('plan', () => plan(statement, catalog, sight));
    meter.planned(statement.kind);
  } catch (error) {
    // Faults that show without Postgres: whatever comes before validation still comes first.
    throw await diagnose({ statement, catalog, error, within: run, alone });
  }
  try {
    const answer = await run(planned, planned.query);
    const result = resultOf(answer);
    const { table, asksSight } = planned;
    if (asksSight !== undefined) sight?.learn(table, asksSight, answer[6] === 't');
    const gate = isBare(statement, result) ? reachQuery(planned, catalog) : undefined;
    if (gate) await run(planned, gate);
    return result;
  } catch (error) {
    if (isRetryable(error)) throw error;
    if (run === alone && statement.kind === 'read' && isMissing(error)) {
      const gate = reachQuery(planned, catalog);
      if (gate) await alone(planned, gate);
    }
    // In a transaction of several nothing more can be asked after an error.
    const within = run === alone ? { within: alone } : {};
    throw await diagnose({ statement, catalog, error, planned, alone, ...within });
  }
}

/** Whether nothing of a read shows that some row may be read. */
function isBare({ kind }: Statement, { count, total = 0 }: Result): boolean {
  return kind === 'aggregate' || (kind === 'read' && count === 0 && total === 0);
}

function isMissing(error: unknown): boolean {
  return toServiceError(error).kind === 'row_not_found';
}

/** The one row that every statement answers with. @throws ServiceError internal without it */
export function only(rows: readonly WireRow[]): WireRow {
  const [row] = rows;
  if (!row) throw new ServiceError('internal', 'A statement answered without a row');
  return row;
}

function resultOf([rows, count, total, matched, changed, cursor]: WireRow): Result {
  return {
    rows: rows ?? '[]',
    count: Number(count ?? 0),
    ...optional('total', total),
    ...optional('matched', matched),
    ...optional('changed', changed),
    ...(typeof cursor === 'string' ? { cursor } : {}),
  };
}

function optional(name: string, text: string | null | undefined): Record<string, number> {
  return text === null || text === undefined ? {} : { [name]: Number(text) };
}

/** Says which statement of several failed. */
async function numbered<T>(index: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isRetryable(error)) throw error;
    const { kind, message, detail, cause } = toServiceError(error);
    throw new ServiceError(kind, message, { ...detail, statement: index }, { cause });
  }
}

/** Tries again while it collides with others. */
export async function retried<T>(work: () => Promise<T>, meter: Meter = noMeter): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error) || attempt === retries) throw error;
      meter.retried('collision');
      const trace = currentTrace();
      if (trace) trace.retries++;
      await pause(5 + Math.random() * 20 * (attempt + 1));
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
