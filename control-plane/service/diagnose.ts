import { type ErrorDetail, type Fault, ServiceError } from '../base/errors.ts';
import { isObject, type Json, memberOf } from '../base/json.ts';
import { bind, type Query, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import { constraintFacts } from '../compile/constraint.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { WireRow } from '../pg/batch.ts';
import {
  type DatabaseError,
  faultsOf,
  isArithmetic,
  isDatabaseError,
  isReferencedSide,
  isRowFault,
  toServiceError,
} from '../pg/sqlstate.ts';
import { isStorable } from '../plan/operand.ts';
import { plan } from '../plan/plan.ts';
import type { Planned, Suspect } from '../plan/planned.ts';
import { spelledRows } from '../plan/spell.ts';
import type { Insert, NewRow, Statement, Update } from '../statement/statement.ts';

/** Runs queries as the caller in one transaction and answers with the row of the last. */
export type Run = (
  planned: Pick<Planned, 'show' | 'intent'>,
  ...queries: readonly Query[]
) => Promise<WireRow>;

/** A statement that failed, in planning or in Postgres. */
export interface Failure {
  readonly statement: Statement;
  readonly catalog: Catalog;
  readonly error: unknown;
  /** Absent when planning failed. */
  readonly planned?: Planned;
  /** The transaction of the statement, if it can still be used: it sees what statements before this one did. */
  readonly within?: Run;
  /** A transaction for every question. */
  readonly alone: Run;
}

/** The error to answer with: all faults of the rows sent, the condition that didn't fit, the column of a broken constraint. */
export async function diagnose(failure: Failure): Promise<unknown> {
  const { statement, error, planned } = failure;
  const known = error instanceof ServiceError;
  if (known && error.kind !== 'invalid_row') return error;
  const table = findTable(failure.catalog, tableNameOf(statement));
  if (!known && !isDatabaseError(error)) return toServiceError(error);
  const doubtful = known || isRowFault(error);
  if (doubtful && table && writesRows(statement)) {
    const faulty = await faultsOfRows(failure, statement, table);
    if (faulty) return faulty;
  }
  if (known) return error;
  if (planned && isRowFault(error)) {
    const culprit = isArithmetic(error)
      ? undefined
      : await findCulprit(planned.suspects, failure.alone);
    if (culprit) return misfit(culprit, error);
    if (planned.misfit && 'target' in statement && statement.target.by === 'keys') {
      return missing(planned, statement.target.keys, error);
    }
    if (planned.misfit && statement.kind === 'read' && statement.require?.key !== undefined) {
      return missing(planned, [statement.require.key], error);
    }
  }
  return planned ? constraintError(error, planned.table, statement) : toServiceError(error);
}

type RowWrite = Extract<Statement, { kind: 'insert' | 'upsert' | 'update' }>;

function writesRows(statement: Statement): statement is RowWrite {
  return ['insert', 'upsert', 'update'].includes(statement.kind);
}

function tableNameOf(statement: Statement): { app: string; name: string } {
  if ('near' in statement) return statement.near;
  if ('table' in statement) return statement.table;
  if (statement.kind === 'decide') return { app: statement.app, name: '' };
  return statement.tables[0] ?? { app: '', name: '' };
}

function missing(planned: Planned, keys: readonly string[], cause: DatabaseError): ServiceError {
  const detail = { table: logicalName(planned.table), keys };
  return new ServiceError('row_not_found', undefined, detail, { cause });
}

/** Everything wrong with the rows, unless something that comes before validation stops the write. */
async function faultsOfRows(failure: Failure, statement: RowWrite, table: Table): Promise<unknown> {
  const early =
    failure.within && statement.kind !== 'upsert'
      ? await rehearse(failure.within, failure.catalog, statement, table)
      : undefined;
  if (early !== undefined) return early;
  const seen = failure.error instanceof ServiceError ? (failure.error.detail.faults ?? []) : [];
  const sent = statement.kind === 'update' ? statement.changes : statement.rows;
  const rows = spelledRows(sent, table).map(({ values }) => values);
  // jsonb can't take U+0000 either: then what shows without Postgres has to do.
  const asked = rows.every(isStorable)
    ? await askFaults(failure.alone, table, rows, modeOf(statement))
    : [];
  const told = new Set(asked.map(placeOf));
  // The key of a row to be changed is named beside its values.
  const isNamed = ({ code, field, row }: Fault): boolean =>
    code === 'required' &&
    statement.kind === 'update' &&
    table.key.includes(field) &&
    !Object.hasOwn(rows[row] ?? {}, field);
  const named = asked.filter((fault) => !isNamed(fault));
  const faults = [...named, ...seen.filter((fault) => !told.has(placeOf(fault)))];
  if (faults.length === 0) return undefined;
  const ordered = faults.toSorted((left, right) => left.row - right.row);
  const detail = { table: logicalName(table), faults: ordered };
  return new ServiceError('invalid_row', undefined, detail, { cause: failure.error });
}

/** Whether columns that a row doesn't name have to be there by themselves. */
function modeOf(statement: RowWrite): 'insert' | 'update' {
  const whole = statement.kind === 'update' && statement.unnamed === 'default';
  return statement.kind === 'insert' || whole ? 'insert' : 'update';
}

function placeOf({ row, field }: Fault): string {
  return `${row} ${field}`;
}

async function askFaults(
  run: Run,
  table: Table,
  rows: readonly Json[],
  mode: 'insert' | 'update',
): Promise<readonly Fault[]> {
  const query = toQuery(
    sql`select rowhouse.faults(${bind(table.id)}::int, ${bind(JSON.stringify(rows))}::jsonb, ${bind(mode)}::text)::text`,
  );
  const [text] = await run({ show: 'live', intent: 'edit' }, query);
  const faults = text ? (JSON.parse(text) as Json) : [];
  return Array.isArray(faults) ? faultsOf(faults) : [];
}

const rehearsed = 'rehearsed';

/**
 * Freeze, sudo, missing and trashed rows, the right to write, protected and immutable columns are told before the values are judged. So
 * the write is tried with only the values those rules look at, and undone. Returns the error that came first, if any.
 */
async function rehearse(
  run: Run,
  catalog: Catalog,
  statement: Insert | Update,
  table: Table,
): Promise<unknown> {
  const guarded = new Set(
    table.columns.filter(({ sudo, immutable }) => sudo || immutable).map(({ name }) => name),
  );
  const reduce = ({ values }: NewRow): NewRow => ({
    values: Object.fromEntries(Object.entries(values).filter(([name]) => guarded.has(name))),
  });
  const light: Statement =
    statement.kind === 'insert'
      ? { ...statement, rows: statement.rows.map(reduce) }
      : { ...statement, changes: statement.changes.map(reduce) };
  try {
    const planned = plan(light, catalog);
    await run(planned, planned.query, undo);
  } catch (error) {
    const refused = toServiceError(error);
    if (refused.kind === 'internal' && refused.message === rehearsed) return undefined;
    const told = !(error instanceof ServiceError) && !isRowFault(error);
    const early = told && !late.has(refused.kind);
    return early ? refused : undefined;
  }
  return undefined;
}

/** Kinds that come behind validation, or say nothing about it. */
const late = new Set<string>([
  'invalid_row',
  'invalid_operand',
  'unique_violation',
  'reference_violation',
  'row_referenced',
]);

/** Behind a statement in the same transaction: nothing of it stays. */
const undo = toQuery(sql`select rowhouse.refuse('RH699', ${bind(rehearsed)})::text`);

/** Which of the conditions Postgres can't read: asked one by one, for an error doesn't say. */
async function findCulprit(suspects: readonly Suspect[], run: Run): Promise<Suspect | undefined> {
  if (suspects.length <= 1) return suspects[0];
  for (const suspect of suspects.slice(0, 20)) {
    const value = sql`${bind(suspect.value)}::text`;
    const test = testOf(suspect.test, value);
    try {
      await run({ show: 'live', intent: 'edit' }, toQuery(sql`select (${test})::text`));
    } catch (error) {
      if (isRowFault(error)) return suspect;
      throw toServiceError(error);
    }
  }
  return undefined;
}

function testOf(test: Suspect['test'], value: Sql): Sql {
  if (test === 'pattern') return sql`'' ~ ${value}`;
  if (test === 'zone') return sql`(now() at time zone ${value}) is null`;
  return sql`${value}::${raw(test)} is null`;
}

function misfit(culprit: Suspect, cause: DatabaseError): ServiceError {
  const kind = culprit.test === 'pattern' ? 'invalid_pattern' : 'invalid_operand';
  return new ServiceError(kind, undefined, { field: culprit.field, reason: 'type' }, { cause });
}

/** A broken constraint in terms of the caller's columns; Postgres' own text names rows and internals. */
function constraintError(error: unknown, table: Table, statement: Statement): ServiceError {
  const general = toServiceError(error);
  if (!isDatabaseError(error) || general.cause !== error) return general;
  if (error.code.startsWith('RH') || isArithmetic(error)) return general;
  const about = { table: logicalName(table) };
  const facts = constraintFacts(table).find(({ name }) => name === error.constraint);
  const named = facts?.columns ?? (error.column === undefined ? [] : [error.column]);
  const sent = sentColumns(statement);
  const field =
    named.length > 0 && named.every((name) => sent.has(name)) ? named.join(',') : undefined;
  const detail: ErrorDetail = {
    ...general.detail,
    ...about,
    ...(field === undefined ? {} : { field }),
  };
  const lacking = error.code === '23502' ? lacks(statement, table, error.column) : undefined;
  if (lacking) {
    return new ServiceError(
      'invalid_row',
      undefined,
      { ...about, faults: lacking },
      { cause: error },
    );
  }
  const referenced = error.code.startsWith('235') && isReferenced(error, table);
  const kind = referenced ? 'row_referenced' : general.kind;
  return new ServiceError(kind, undefined, detail, { cause: error });
}

/** The new rows of an upsert that lack a value: only the database knows which rows are new, so all that name none are meant. */
function lacks(
  statement: Statement,
  table: Table,
  column: string | undefined,
): readonly Fault[] | undefined {
  if (statement.kind !== 'upsert' || !table.columns.some(({ name }) => name === column)) return;
  const field = column ?? '';
  const faults = statement.rows.flatMap(({ values }, row): Fault[] =>
    (memberOf(values, field) ?? null) === null
      ? [{ row, field, code: 'required', message: `${field} is required` }]
      : [],
  );
  return faults.length === 0 ? undefined : faults;
}

function isReferenced(error: DatabaseError, table: Table): boolean {
  return error.code === '23503' && isReferencedSide(error, table.physical);
}

function sentColumns(statement: Statement): ReadonlySet<string> {
  const rows =
    statement.kind === 'insert' || statement.kind === 'upsert'
      ? statement.rows
      : statement.kind === 'update'
        ? statement.changes
        : [];
  return new Set(rows.flatMap(({ values }) => (isObject(values) ? Object.keys(values) : [])));
}
