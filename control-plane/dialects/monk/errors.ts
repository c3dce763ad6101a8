import { type ErrorKind, errorKinds, type Fault, type ServiceError } from '../../base/errors.ts';
import { isObject, type JsonObject } from '../../base/json.ts';
import type { DialectRequest, Reply } from '../dialect.ts';
import { type Code, codes, type Extras, type Item, invalid, MonkError } from './codes.ts';

/** What the failed work was about, for messages. */
export interface Subject {
  /** Schema as the caller names it. */
  readonly schema?: string | undefined;
  readonly verb?: Verb | undefined;
}

export type Verb = 'create' | 'read' | 'update' | 'delete' | 'acl';

/** The code of every kind; those that need more than a code are handled in {@link translate}. */
const codeOf: Readonly<Record<ErrorKind, Code>> = {
  bad_request: 'REQUEST_INVALID_FORMAT',
  invalid_body: 'INVALID_REQUEST_BODY',
  unknown_parameter: 'FILTER_UNKNOWN_KEY',
  invalid_filter: 'FILTER_INVALID_WHERE',
  unknown_operator: 'FILTER_UNSUPPORTED_OPERATOR',
  invalid_operand: 'FILTER_INVALID_VALUE',
  invalid_pattern: 'FILTER_INVALID_REGEX',
  limit_exceeded: 'PARAMETER_LIMIT_EXCEEDED',
  limit_required: 'FILTER_LIMIT_REQUIRED',
  invalid_cursor: 'FILTER_INVALID_AFTER',
  body_too_large: 'REQUEST_BODY_TOO_LARGE',
  unsupported_media_type: 'UNSUPPORTED_CONTENT_TYPE',
  route_not_found: 'NOT_FOUND',
  method_not_allowed: 'NOT_FOUND',
  rate_limited: 'RATE_LIMITED',
  uri_too_long: 'PARAMETER_LIMIT_EXCEEDED',
  not_implemented: 'FEATURE_DISABLED',
  tenant_not_found: 'NOT_FOUND',
  table_not_found: 'SCHEMA_NOT_FOUND',
  column_not_found: 'FILTER_INVALID_COLUMN',
  relation_not_found: 'RELATIONSHIP_NOT_FOUND',
  feature_disabled: 'FEATURE_DISABLED',
  key_unsupported: 'RECORD_KEY_UNSUPPORTED',
  table_disabled: 'SCHEMA_DISABLED',
  table_not_materialized: 'SCHEMA_NOT_FOUND',
  endpoint_disabled: 'FEATURE_DISABLED',
  read_only: 'INSUFFICIENT_PERMISSIONS',
  token_missing: 'TOKEN_MISSING',
  token_invalid: 'TOKEN_INVALID',
  tenant_mismatch: 'ACCESS_DENIED',
  forbidden: 'INSUFFICIENT_PERMISSIONS',
  role_required: 'INSUFFICIENT_PERMISSIONS',
  view_rules: 'INSUFFICIENT_PERMISSIONS',
  sudo_required: 'SUDO_REQUIRED',
  column_requires_sudo: 'FIELD_REQUIRES_SUDO',
  operator_required: 'ACCESS_DENIED',
  login_refused: 'AUTH_FAILED',
  root_required: 'ACCESS_DENIED',
  issuer_unavailable: 'DATABASE_UNAVAILABLE',
  row_not_found: 'RECORD_NOT_FOUND',
  row_trashed: 'RECORD_TRASHED',
  row_forbidden: 'INSUFFICIENT_PERMISSIONS',
  table_frozen: 'SCHEMA_FROZEN',
  immutable_column: 'VALIDATION_ERROR',
  invalid_row: 'VALIDATION_ERROR',
  unique_violation: 'UNIQUE_VIOLATION',
  reference_violation: 'RELATIONSHIP_CONSTRAINT',
  row_referenced: 'RELATIONSHIP_CONSTRAINT',
  system_column: 'VALIDATION_ERROR',
  row_repeated: 'REQUEST_INVALID_FORMAT',
  version_conflict: 'DATA_CONFLICT',
  edge_conflict: 'DATA_CONFLICT',
  invalid_definition: 'VALIDATION_ERROR',
  invalid_name: 'VALIDATION_ERROR',
  table_exists: 'SCHEMA_EXISTS',
  column_exists: 'COLUMN_EXISTS',
  data_conflict: 'DATA_CONFLICT',
  has_dependents: 'DATA_CONFLICT',
  tenant_exists: 'TENANT_EXISTS',
  name_taken: 'SCHEMA_EXISTS',
  data_loss: 'DATA_CONFLICT',
  rollback_conflict: 'DATA_CONFLICT',
  database_unavailable: 'DATABASE_UNAVAILABLE',
  database_busy: 'DATABASE_UNAVAILABLE',
  statement_timeout: 'STATEMENT_TIMEOUT',
  stale_catalog: 'DATA_CONFLICT',
  serialization_failure: 'DATA_CONFLICT',
  server_busy: 'DATABASE_UNAVAILABLE',
  internal: 'INTERNAL_ERROR',
};

export function frozenMessage(schema: string): string {
  return `Schema '${schema}' is frozen. All data operations are temporarily disabled. Contact your administrator to unfreeze this schema.`;
}

export function sudoMessage(schema: string): string {
  return `Schema '${schema}' requires sudo access. Use POST /api/auth/sudo to get short-lived sudo token.`;
}

export function missingMessage(keys: readonly string[], schema: string): string {
  if (keys.length === 0) return `Record not found in schema '${schema}'`;
  const named = keys.map((key) => `'${key}'`).join(', ');
  return `${keys.length > 1 ? 'Records' : 'Record'} ${named} not found in schema '${schema}'`;
}

const rights = {
  create: 'create_data',
  read: 'read_data',
  update: 'update_data',
  delete: 'delete_data',
  acl: 'update_acl',
} as const satisfies Record<Verb, string>;

/** An engine's error in this dialect's words. */
export function translate(error: ServiceError, subject: Subject = {}): MonkError {
  if (error instanceof MonkError) return error;
  const { detail } = error;
  const schema = subject.schema ?? detail.table ?? '';
  // A write can meet the protection of another table than its own: of links, or of children trashed with it.
  const named = detail.table ?? schema;
  const code = codeFor(error);
  const as = (message: string, extras: Extras = {}): MonkError =>
    new MonkError(code, message, extras, error);
  switch (error.kind) {
    case 'row_not_found': {
      const keys = detail.keys ?? [];
      const data: JsonObject | undefined = keys.length > 1 ? { ids: keys } : undefined;
      return as(missingMessage(keys, schema), data ? { data } : {});
    }
    case 'table_not_found':
      return as(`Schema '${schema}' not found`);
    case 'table_frozen':
      return as(frozenMessage(named));
    case 'sudo_required':
      return as(named === '' ? error.message : sudoMessage(named));
    case 'row_forbidden':
    case 'forbidden': {
      // An update that brings other lists along needs the right to manage them.
      const lists = subject.verb === 'update' && detail.reason === 'share';
      const verb = lists ? 'acl' : subject.verb;
      if (verb === undefined) return as(errorKinds.forbidden.text);
      const what = verb === 'acl' ? 'manage access of' : verb;
      const data = { required_permission: rights[verb] };
      return as(`Insufficient permissions to ${what} record`, { data });
    }
    case 'row_trashed': {
      const [key] = detail.keys ?? [];
      return as(key === undefined ? error.message : `Record '${key}' is in the trash`);
    }
    case 'row_referenced':
      return as('Cannot delete record: existing relationships found');
    case 'tenant_mismatch':
      return as(errorKinds.tenant_mismatch.text);
    case 'token_invalid':
    case 'login_refused':
    case 'internal':
      return as(errorKinds[error.kind].text);
    case 'invalid_row':
      return invalid(items(detail.faults ?? [], error), error);
    case 'immutable_column':
      return invalid([item(error, 'IMMUTABLE')], error);
    case 'system_column':
      return invalid([item(error, 'SYSTEM_FIELD')], error);
    case 'invalid_definition':
    case 'invalid_name':
      return invalid([item(error, 'TYPE')], error);
    default:
      return as(error.message, facts(error));
  }
}

function codeFor(error: ServiceError): Code {
  if (error.kind === 'invalid_body' && error.detail.reason === 'missing_content_type') {
    return 'MISSING_CONTENT_TYPE';
  }
  return codeOf[error.kind];
}

function facts({ kind, detail, message }: ServiceError): Extras {
  const text = isObject(detail.data) ? detail.data['details'] : undefined;
  return {
    ...(detail.field === undefined ? {} : { field: detail.field }),
    ...(kind === 'invalid_body' ? { details: text ?? message } : {}),
    ...(isObject(detail.data) && text === undefined ? { data: detail.data } : {}),
    ...(detail.retryAfter === undefined ? {} : { retryAfter: detail.retryAfter }),
  };
}

function item(error: ServiceError, code: string): Item {
  return { field: error.detail.field ?? '', code, message: error.message };
}

/** Rows are numbered only when there are several to tell apart. */
function items(faults: readonly Fault[], error: ServiceError): Item[] {
  if (faults.length === 0) return [item(error, 'TYPE')];
  const many = faults.some((fault) => fault.row > 0);
  return faults.map((fault) => ({ ...faultItem(fault), ...(many ? { row: fault.row } : {}) }));
}

function faultItem({ field, code, message }: Fault): Item {
  const email = field === 'email' || field.endsWith('_email');
  if (code === 'pattern' && email) {
    return {
      field,
      code: 'INVALID_EMAIL',
      message: `Field '${field}' must be a valid email address`,
    };
  }
  return { field, code: code.toUpperCase(), message };
}

/** The reply of an error. Statuses that invite another try say when. */
function errorReply(error: MonkError): Reply {
  const [status, type] = codes[error.code];
  const { field, details, data, retryAfter } = error.extras;
  const wait = retryAfter ?? (error.code === 'DATABASE_UNAVAILABLE' ? 1 : undefined);
  return {
    status: error.extras.status ?? status,
    ...(wait === undefined ? {} : { headers: { 'Retry-After': String(Math.ceil(wait)) } }),
    body: {
      json: {
        success: false,
        error: error.message,
        error_code: error.code,
        error_type: type,
        ...(field === undefined ? {} : { field }),
        ...(details === undefined ? {} : { details }),
        ...(data === undefined ? {} : { data }),
      },
    },
  };
}

/** The dialect's `fail`. */
export function fail(
  error: ServiceError,
  request: Pick<DialectRequest, 'method' | 'params' | 'query'>,
): Reply {
  return errorReply(translate(error, { schema: request.params['schema'] }));
}

/** @throws MonkError listing every key of the body that means nothing here */
export function refuseStrangers(body: JsonObject, known: readonly string[]): void {
  const strangers = Object.keys(body).filter((key) => !known.includes(key));
  if (strangers.length === 0) return;
  throw invalid(
    strangers.map((field) => ({
      field,
      code: 'UNKNOWN_FIELD',
      message: `Unknown field '${field}'`,
    })),
  );
}
