import { type ErrorDetail, type ErrorKind, ServiceError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';

export const errorTypes = [
  'ValidationError',
  'NotFoundError',
  'PermissionError',
  'RelationshipError',
  'ConflictError',
  'AuthError',
  'ServerError',
] as const;

export type ErrorType = (typeof errorTypes)[number];

type Row = readonly [status: number, type: ErrorType, kind: ErrorKind];

const body: Row = [400, 'ValidationError', 'invalid_body'];
const filter: Row = [400, 'ValidationError', 'invalid_filter'];
const value: Row = [400, 'ValidationError', 'invalid_operand'];
const definition: Row = [400, 'ValidationError', 'invalid_definition'];
const denied: Row = [403, 'PermissionError', 'forbidden'];
const notFound = (kind: ErrorKind): Row => [404, 'NotFoundError', kind];
const conflict = (kind: ErrorKind): Row => [409, 'ConflictError', kind];

/** THE table of this dialect's error codes: status, type, and the engine's kind where the dialect itself finds the fault. */
export const codes = {
  MISSING_CONTENT_TYPE: body,
  INVALID_REQUEST_BODY: body,
  REQUEST_INVALID_FORMAT: body,
  INVALID_BODY_FORMAT: body,
  REQUEST_MISSING_WHERE: body,
  BODY_NOT_ARRAY: body,
  INVALID_ID_FORMAT: body,
  VALIDATION_ERROR: [400, 'ValidationError', 'invalid_row'],
  FILTER_INVALID_WHERE: filter,
  FILTER_INVALID_SELECT: filter,
  FILTER_INVALID_COLUMN: [400, 'ValidationError', 'column_not_found'],
  FILTER_INVALID_FIELD_FORMAT: filter,
  FILTER_INVALID_SORT_DIRECTION: filter,
  FILTER_INVALID_ORDER_SPEC: filter,
  FILTER_EMPTY_ORDER_OBJECT: filter,
  FILTER_INVALID_LIMIT: filter,
  FILTER_LIMIT_REQUIRED: [400, 'ValidationError', 'limit_required'],
  FILTER_INVALID_OFFSET: filter,
  FILTER_INVALID_AFTER: [400, 'ValidationError', 'invalid_cursor'],
  FILTER_UNKNOWN_KEY: [400, 'ValidationError', 'unknown_parameter'],
  FILTER_INVALID_VALUE: value,
  FILTER_INVALID_REGEX: [400, 'ValidationError', 'invalid_pattern'],
  FILTER_OPERATOR_REQUIRES_ARRAY: value,
  FILTER_BETWEEN_REQUIRES_ARRAY: value,
  FILTER_EXISTS_REQUIRES_BOOLEAN: value,
  FILTER_NULL_REQUIRES_BOOLEAN: value,
  FILTER_INVALID_LOGICAL_OPERATOR: filter,
  FILTER_EMPTY_LOGICAL_ARRAY: filter,
  FILTER_INVALID_LOGICAL_CONDITION: filter,
  FILTER_INVALID_NOT_CONDITION: filter,
  FILTER_UNSUPPORTED_OPERATOR: [400, 'ValidationError', 'unknown_operator'],
  FILTER_UNSUPPORTED_LOGICAL_OPERATOR: [400, 'ValidationError', 'unknown_operator'],
  FILTER_TOO_DEEP: [400, 'ValidationError', 'limit_exceeded'],
  PARAMETER_LIMIT_EXCEEDED: [400, 'ValidationError', 'limit_exceeded'],
  REQUEST_INVALID_BODY: body,
  REQUEST_MISSING_AGGREGATIONS: body,
  FILTER_NO_AGGREGATIONS: filter,
  FILTER_INVALID_AGGREGATION: filter,
  OPERATION_MISSING_FIELDS: body,
  OPERATION_MISSING_ID: body,
  OPERATION_MISSING_DATA: body,
  OPERATION_INVALID_DATA: body,
  OPERATION_MISSING_FILTER: body,
  OPERATION_INVALID_FILTER: body,
  OPERATION_MISSING_AGGREGATE: body,
  OPERATION_INVALID_GROUP_BY: body,
  OPERATION_UNSUPPORTED: [422, 'ValidationError', 'invalid_body'],
  FEATURE_DISABLED: [400, 'ValidationError', 'feature_disabled'],
  RECORD_KEY_UNSUPPORTED: [400, 'ValidationError', 'key_unsupported'],
  NO_ACL_UPDATES: body,
  INVALID_ACL_FORMAT: body,
  INVALID_USER_ID_FORMAT: body,
  NO_UPDATES: definition,
  MISSING_REQUIRED_FIELDS: definition,
  INVALID_SCHEMA_NAME: [400, 'ValidationError', 'invalid_name'],
  INVALID_COLUMN_NAME: [400, 'ValidationError', 'invalid_name'],
  COLUMN_NAME_TOO_LONG: [400, 'ValidationError', 'invalid_name'],
  RESERVED_COLUMN_NAME: [400, 'ValidationError', 'invalid_name'],
  TENANT_MISSING: body,
  USERNAME_MISSING: body,
  PASSWORD_MISSING: body,
  DATABASE_NOT_ALLOWED: body,
  TOKEN_MISSING: [401, 'AuthError', 'token_missing'],
  TOKEN_INVALID: [401, 'AuthError', 'token_invalid'],
  AUTH_FAILED: [401, 'AuthError', 'login_refused'],
  SCHEMA_FROZEN: [403, 'PermissionError', 'table_frozen'],
  SUDO_REQUIRED: [403, 'PermissionError', 'sudo_required'],
  FIELD_REQUIRES_SUDO: [403, 'PermissionError', 'column_requires_sudo'],
  SCHEMA_PROTECTED: denied,
  SCHEMA_DISABLED: [403, 'PermissionError', 'table_disabled'],
  INSUFFICIENT_PERMISSIONS: denied,
  ACCESS_DENIED: denied,
  REGISTRATION_CLOSED: denied,
  TENANT_LIST_NOT_AVAILABLE: denied,
  TEMPLATE_LIST_NOT_AVAILABLE: denied,
  SUDO_ACCESS_DENIED: denied,
  SUDO_TOKEN_REQUIRED: denied,
  NOT_FOUND: notFound('route_not_found'),
  SCHEMA_NOT_FOUND: notFound('table_not_found'),
  COLUMN_NOT_FOUND: notFound('column_not_found'),
  SYSTEM_COLUMN_NOT_ACCESSIBLE: notFound('column_not_found'),
  RECORD_NOT_FOUND: notFound('row_not_found'),
  RELATIONSHIP_NOT_FOUND: notFound('relation_not_found'),
  CHANGE_NOT_FOUND: notFound('row_not_found'),
  TEMPLATE_NOT_FOUND: notFound('row_not_found'),
  RECORD_TRASHED: conflict('row_trashed'),
  UNIQUE_VIOLATION: conflict('unique_violation'),
  RELATIONSHIP_CONSTRAINT: [409, 'RelationshipError', 'reference_violation'],
  SCHEMA_EXISTS: conflict('table_exists'),
  COLUMN_EXISTS: conflict('column_exists'),
  DATA_CONFLICT: conflict('data_conflict'),
  TENANT_EXISTS: conflict('tenant_exists'),
  FORMAT_UNSUPPORTED: [406, 'ValidationError', 'bad_request'],
  REQUEST_BODY_TOO_LARGE: [413, 'ValidationError', 'body_too_large'],
  UNSUPPORTED_CONTENT_TYPE: [415, 'ValidationError', 'unsupported_media_type'],
  RATE_LIMITED: [429, 'ServerError', 'rate_limited'],
  DATABASE_UNAVAILABLE: [503, 'ServerError', 'database_unavailable'],
  STATEMENT_TIMEOUT: [504, 'ServerError', 'statement_timeout'],
  INTERNAL_ERROR: [500, 'ServerError', 'internal'],
} as const satisfies Record<string, Row>;

export type Code = keyof typeof codes;

/** What a reply of this dialect says beside code and message. */
export interface Extras {
  readonly field?: string;
  readonly details?: Json;
  readonly data?: JsonObject;
  readonly status?: number;
  readonly retryAfter?: number;
}

/** An error whose code in this dialect is settled. */
export class MonkError extends ServiceError {
  readonly code: Code;
  readonly extras: Extras;

  constructor(code: Code, message: string, extras: Extras = {}, cause?: ServiceError) {
    const detail: ErrorDetail =
      cause?.detail ?? (extras.field === undefined ? {} : { field: extras.field });
    super(cause?.kind ?? codes[code][2], message, detail, cause ? { cause } : undefined);
    this.name = 'MonkError';
    this.code = code;
    this.extras = extras;
  }
}

/** Ends the request with this code. */
export function refuse(code: Code, message: string, extras?: Extras): never {
  throw new MonkError(code, message, extras);
}

/** The same error with more facts for the reply's `data`. */
export function withData(error: MonkError, data: JsonObject): MonkError {
  const extras = { ...error.extras, data: { ...error.extras.data, ...data } };
  return new MonkError(error.code, error.message, extras, error);
}

export interface Item {
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

/** VALIDATION_ERROR with all its items. */
export function invalid(items: readonly Item[], cause?: ServiceError): MonkError {
  const [first] = items;
  const single = items.length === 1 && first !== undefined;
  const message = single ? first.message : `Validation failed: ${items.length} errors`;
  const data = { validation_errors: items.map((item) => ({ ...item })) };
  return new MonkError(
    'VALIDATION_ERROR',
    message,
    single ? { field: first.field, data } : { data },
    cause,
  );
}
