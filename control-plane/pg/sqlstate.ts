import {
  type ErrorDetail,
  type ErrorKind,
  errorKinds,
  type Fault,
  kindOfCode,
  ServiceError,
} from '../base/errors.ts';
import { isObject, isStrings, type Json, type JsonObject } from '../base/json.ts';

/** What Postgres says of an error. */
export interface DatabaseError extends Error {
  readonly code: string;
  readonly severity?: string;
  readonly detail?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
}

/** An error that Postgres itself raised, as pg hands it over. */
export function isDatabaseError(error: unknown): error is DatabaseError {
  return (
    error instanceof Error &&
    'severity' in error &&
    'code' in error &&
    typeof error.code === 'string'
  );
}

/**
 * Errors that a second try can cure: collisions, an access list newer than the statement's snapshot (2202E, see docs/decisions/0007), and a row whose
 * lists were changed after the statement had read them: it finds no new ACL for it (plan/update.ts).
 */
export function isRetryable(error: unknown): boolean {
  if (!isDatabaseError(error)) return false;
  return ['40001', '40P01', '2202E'].includes(error.code) || isRelisted(error);
}

function isRelisted({ code, column }: DatabaseError): boolean {
  return code === '23502' && column === '_acl';
}

/** The value of a row or condition didn't fit: class 22, and the constraint violations that a row's own values cause. */
export function isRowFault(error: unknown): boolean {
  return (
    isDatabaseError(error) &&
    !isRetryable(error) &&
    (error.code === '23502' ||
      error.code === '23514' ||
      error.code === '54000' ||
      // Said by a guard of one row alone.
      error.code === errorKinds.invalid_row.code ||
      error.code.startsWith('22'))
  );
}

/** What a computation on stored values came to, whatever the operands of the caller: a division by zero. */
export function isArithmetic({ code }: DatabaseError): boolean {
  return code === '22012';
}

/** Kinds by whole SQLSTATE, then by class. Anything else is internal: its text never leaves the server. */
const kinds: Readonly<Record<string, ErrorKind>> = {
  '23505': 'unique_violation',
  '23503': 'reference_violation',
  '23001': 'row_referenced',
  '23502': 'invalid_row',
  '23514': 'invalid_row',
  '23P01': 'unique_violation',
  // ON CONFLICT DO UPDATE meets a row that the same statement wrote.
  '21000': 'row_repeated',
  '2201B': 'invalid_pattern',
  '2202E': 'serialization_failure',
  '40001': 'serialization_failure',
  '40P01': 'serialization_failure',
  '42501': 'forbidden',
  '42P01': 'stale_catalog',
  '42703': 'stale_catalog',
  '3F000': 'stale_catalog',
  '3D000': 'database_unavailable',
  '53300': 'server_busy',
  '54000': 'invalid_row',
  '54001': 'limit_exceeded',
  '55P03': 'database_busy',
  '57014': 'statement_timeout',
  '57P01': 'database_unavailable',
  '57P02': 'database_unavailable',
  '57P03': 'database_unavailable',
  '57P04': 'database_unavailable',
  '57P05': 'database_unavailable',
  '25006': 'database_unavailable',
  '25P03': 'database_unavailable',
  '25P04': 'statement_timeout',
  '58030': 'database_unavailable',
  '08': 'database_unavailable',
  '22': 'invalid_operand',
  '28': 'database_unavailable',
  '53': 'database_unavailable',
};

/**
 * Whether Postgres raised what no rule foresees: a fault of ours, or a statement planned for definitions of before, such as «no such
 * operator» for a column's former type. Only who knows of a newer catalog can tell which.
 */
export function isUnforeseen(error: unknown): boolean {
  return error instanceof ServiceError && error.kind === 'internal' && isDatabaseError(error.cause);
}

/** Any error of the data path as a ServiceError: by SQLSTATE, never by message. */
export function toServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  if (!isDatabaseError(error)) return connectionError(error);
  const own = kindOfCode(error.code);
  if (own !== undefined) return refusal(own, error);
  const kind = isRelisted(error)
    ? 'serialization_failure'
    : (kinds[error.code] ?? kinds[error.code.slice(0, 2)] ?? 'internal');
  if (isArithmetic(error)) {
    const detail = { reason: 'division_by_zero' };
    return new ServiceError(kind, 'Division by zero', detail, { cause: error });
  }
  const detail = waits(kind) ? { retryAfter: 1 } : {};
  return new ServiceError(kind, undefined, detail, { cause: error });
}

function waits(kind: ErrorKind): boolean {
  return kind === 'database_unavailable' || kind === 'database_busy' || kind === 'server_busy';
}

/** Whether a foreign key was broken from the side of the row referred to. PG reports the referring table in both cases. */
export function isReferencedSide(error: DatabaseError, written: string): boolean {
  if (error.code === '23001') return true;
  if (error.table !== written) return true;
  // A table that refers to itself: only the form of the text tells the sides apart.
  return error.message.startsWith('update or delete on table');
}

/** An error without SQLSTATE: the connection broke, was refused, or ended under us. */
export function connectionError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  if (isDatabaseError(error)) return toServiceError(error);
  const cause = { cause: error };
  if (error instanceof Error && error.name === 'AbortError') {
    return new ServiceError('statement_timeout', undefined, { reason: 'cancelled' }, cause);
  }
  if (error instanceof Error && isConnectionLoss(error)) {
    return new ServiceError('database_unavailable', undefined, { retryAfter: 1 }, cause);
  }
  return new ServiceError('internal', undefined, {}, cause);
}

const lossCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'ERR_STREAM_DESTROYED',
]);

/** pg gives its own connection errors no code; these are their texts. */
const lossTexts =
  /^(Connection terminated|Client (has encountered|was closed)|timeout e|Cannot use a pool after)/;

function isConnectionLoss(error: Error & { readonly code?: unknown }): boolean {
  if (typeof error.code === 'string') return lossCodes.has(error.code);
  // Several addresses of one host, all refused.
  if (error instanceof AggregateError) return true;
  return lossTexts.test(error.message);
}

/** What our own SQL functions raised: SQLSTATE is the kind, DETAIL its JSON. */
function refusal(kind: ErrorKind, error: DatabaseError): ServiceError {
  const detail = parseDetail(error.detail);
  const retry = waits(kind) && detail.retryAfter === undefined ? { retryAfter: 1 } : {};
  return new ServiceError(kind, error.message, { ...detail, ...retry }, { cause: error });
}

function parseDetail(text: string | undefined): ErrorDetail {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  return isObject(value) ? detailOf(value) : {};
}

/** Takes over only what an ErrorDetail holds. */
function detailOf(value: JsonObject): ErrorDetail {
  const { field, table, keys, faults, reason, retryAfter, data } = value;
  return {
    ...(typeof field === 'string' ? { field } : {}),
    ...(typeof table === 'string' ? { table } : {}),
    ...(isStrings(keys) ? { keys } : {}),
    ...(Array.isArray(faults) ? { faults: faultsOf(faults) } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
    ...(data === undefined ? {} : { data }),
  };
}

/** Faults as rowhouse.faults and the guards report them; anything else in the list is dropped. */
export function faultsOf(values: readonly Json[]): readonly Fault[] {
  return values.filter(
    (value): value is JsonObject & Fault =>
      isObject(value) &&
      typeof value['row'] === 'number' &&
      typeof value['field'] === 'string' &&
      typeof value['code'] === 'string' &&
      typeof value['message'] === 'string',
  );
}
