import { type ErrorKind, type Fault, ServiceError } from '../../base/errors.ts';
import { isObject, type JsonObject } from '../../base/json.ts';
import type { DialectRequest, Reply } from '../dialect.ts';

type Row = readonly [status: number, code: string];

const invalid: Row = [400, 'VALIDATION_ERROR'];
const bad: Row = [400, 'BAD_REQUEST'];
const unauthorized: Row = [401, 'UNAUTHORIZED'];
const refused: Row = [403, 'FORBIDDEN'];
const missing: Row = [404, 'NOT_FOUND'];
const conflict: Row = [409, 'CONFLICT'];
const later: Row = [503, 'INTERNAL_ERROR'];

/** THE table of this dialect's codes. 401 only for a credential that is missing or bad. */
const rows: Readonly<Record<ErrorKind, Row>> = {
  bad_request: bad,
  invalid_body: bad,
  unknown_parameter: bad,
  invalid_filter: bad,
  unknown_operator: bad,
  invalid_operand: bad,
  invalid_pattern: bad,
  limit_exceeded: bad,
  limit_required: bad,
  invalid_cursor: bad,
  body_too_large: [413, 'PAYLOAD_TOO_LARGE'],
  unsupported_media_type: [415, 'UNSUPPORTED_MEDIA_TYPE'],
  route_not_found: missing,
  method_not_allowed: [405, 'METHOD_NOT_ALLOWED'],
  rate_limited: [429, 'RATE_LIMITED'],
  uri_too_long: [414, 'URI_TOO_LONG'],
  not_implemented: [501, 'NOT_IMPLEMENTED'],
  tenant_not_found: missing,
  table_not_found: missing,
  column_not_found: bad,
  relation_not_found: missing,
  feature_disabled: bad,
  key_unsupported: bad,
  table_disabled: missing,
  read_only: bad,
  endpoint_disabled: refused,
  table_not_materialized: conflict,
  token_missing: unauthorized,
  token_invalid: unauthorized,
  tenant_mismatch: refused,
  forbidden: refused,
  sudo_required: refused,
  column_requires_sudo: refused,
  operator_required: refused,
  login_refused: unauthorized,
  root_required: refused,
  role_required: refused,
  view_rules: refused,
  issuer_unavailable: later,
  row_not_found: missing,
  row_trashed: missing,
  row_forbidden: refused,
  table_frozen: refused,
  immutable_column: invalid,
  invalid_row: invalid,
  unique_violation: conflict,
  reference_violation: invalid,
  row_referenced: conflict,
  system_column: invalid,
  row_repeated: bad,
  version_conflict: conflict,
  edge_conflict: conflict,
  invalid_definition: invalid,
  invalid_name: invalid,
  table_exists: conflict,
  column_exists: invalid,
  data_conflict: invalid,
  has_dependents: conflict,
  tenant_exists: conflict,
  name_taken: conflict,
  data_loss: invalid,
  rollback_conflict: conflict,
  database_unavailable: later,
  database_busy: conflict,
  statement_timeout: [504, 'GATEWAY_TIMEOUT'],
  stale_catalog: conflict,
  serialization_failure: conflict,
  server_busy: later,
  internal: [500, 'INTERNAL_ERROR'],
};

/** Kinds after which the same request may well succeed. */
const passing: readonly ErrorKind[] = ['stale_catalog', 'serialization_failure'];

/** Field, or place in a document, → what is wrong there. */
type Messages = Readonly<Record<string, readonly string[]>>;

/**
 * The error envelope: `{"status":"error","code","message","detail"?,"errors"?,"details"?}`; `details` is the same map of messages as `errors`.
 */
export function fail(
  error: ServiceError,
  _request: Pick<DialectRequest, 'method' | 'params' | 'query'>,
): Reply {
  const [status, code] = rowOf(error);
  const errors = messagesOf(error);
  const { retryAfter, data, reason } = error.detail;
  const json: JsonObject = {
    status: 'error',
    code,
    message: messageOf(error),
    ...(typeof data === 'string' ? { detail: data } : {}),
    ...(errors === undefined ? {} : { errors, details: errors }),
    // A refused package has the keys of one that was taken.
    ...(reason === 'package' && data !== undefined && isObject(data) ? data : {}),
  };
  const wait = retryAfter ?? (passing.includes(error.kind) ? 1 : undefined);
  const headers: Record<string, string> =
    wait === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(wait))) };
  return { status, headers, body: { json } };
}

/** A name that no column has is a fault of the request, whatever the row would have held. */
function rowOf({ kind, detail: { faults = [] } }: ServiceError): Row {
  const unknown = faults.length > 0 && faults.every((fault) => fault.code === 'unknown_field');
  return kind === 'invalid_row' && unknown ? bad : rows[kind];
}

function messageOf({ kind, message, detail }: ServiceError): string {
  const { field, faults } = detail;
  if (kind === 'invalid_row' && faults?.[0]) return textOf(faults[0]);
  if (kind === 'internal') return 'Internal error';
  return field === undefined || names(message, field) ? message : `${message}: ${field}`;
}

/** What is wrong, by field; only where the request named what is to be stored or defined. */
function messagesOf(error: ServiceError): Messages | undefined {
  const { detail, message } = error;
  const { faults, field } = detail;
  if (faults !== undefined && faults.length > 0) {
    return gathered(faults.map((fault) => [fault.field, textOf(fault)]));
  }
  const [, code] = rowOf(error);
  return code === invalid[1] && field !== undefined ? { [field]: [message] } : undefined;
}

function textOf({ field, message }: Fault): string {
  return names(message, field) ? message : `${field}: ${message}`;
}

/** Whether the message has the name in it, and not only the letters of a short one. */
function names(message: string, field: string): boolean {
  if (field === '') return true;
  return message.split(field).some((before, at, parts) => {
    const after = parts[at + 1];
    return after !== undefined && !/[\p{L}\p{N}_]$/u.test(before) && !/^[\p{L}\p{N}_]/u.test(after);
  });
}

function gathered(pairs: readonly (readonly [place: string, text: string])[]): Messages {
  const messages = new Map<string, string[]>();
  for (const [place, text] of pairs) {
    messages.set(place, [...(messages.get(place) ?? []), text]);
  }
  return Object.fromEntries(messages);
}

/** @throws ServiceError what the request says can't be meant, naming where */
export function refuse(message: string, field?: string, kind: ErrorKind = 'bad_request'): never {
  throw new ServiceError(kind, message, field === undefined ? {} : { field });
}

/** Names the faults of several rows by `<index>.<field>`. */
export function numberRows(error: ServiceError): ServiceError {
  const { kind, message, detail, cause } = error;
  if (detail.faults === undefined) return error;
  const faults = detail.faults.map((fault) => ({ ...fault, field: `${fault.row}.${fault.field}` }));
  return new ServiceError(kind, message, { ...detail, faults }, { cause });
}

/** What an edge refers to are the nodes of a graph: one that is hidden is not there. */
export function withoutNodes(error: ServiceError): ServiceError {
  if (error.kind !== 'reference_violation') return error;
  return new ServiceError(error.kind, 'nodes do not exist', error.detail, { cause: error.cause });
}

/** An object of the model that is not there for this caller. */
export function notFound(what: string): ServiceError {
  return new ServiceError('relation_not_found', `No such ${what}`);
}
