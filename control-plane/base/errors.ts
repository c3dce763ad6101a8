import type { Json } from './json.ts';

/**
 * THE table of error kinds. `code` is stable: it is the SQLSTATE that our SQL functions raise (class RH) and what docs/errors.md
 * lists; a retired code stays as a comment and is never reused. A dialect maps a kind to its own envelope and status; `status` is the
 * default. 1xx request, 2xx catalog, 3xx identity and rights, 4xx rows, 5xx definitions, 6xx database.
 */
export const errorKinds = {
  bad_request: { code: 'RH100', status: 400, text: 'The request cannot be understood' },
  invalid_body: { code: 'RH101', status: 400, text: 'The body is not valid' },
  unknown_parameter: { code: 'RH102', status: 400, text: 'Unknown parameter' },
  invalid_filter: { code: 'RH103', status: 400, text: 'The filter is not valid' },
  unknown_operator: { code: 'RH104', status: 400, text: 'Unknown operator' },
  invalid_operand: {
    code: 'RH105',
    status: 400,
    text: 'The value does not fit the column or operator',
  },
  invalid_pattern: { code: 'RH106', status: 400, text: 'Not a valid regular expression' },
  limit_exceeded: { code: 'RH107', status: 400, text: 'A limit is exceeded' },
  limit_required: {
    code: 'RH108',
    status: 400,
    text: 'Too many rows for one reply: ask for a page',
  },
  invalid_cursor: { code: 'RH109', status: 400, text: 'The cursor does not name a visible row' },
  body_too_large: { code: 'RH110', status: 413, text: 'The body is too large' },
  unsupported_media_type: { code: 'RH111', status: 415, text: 'The content type is not supported' },
  route_not_found: { code: 'RH112', status: 404, text: 'No such route' },
  method_not_allowed: { code: 'RH113', status: 405, text: 'Method not allowed' },
  rate_limited: { code: 'RH114', status: 429, text: 'Too many requests' },
  uri_too_long: { code: 'RH115', status: 414, text: 'The request target is too long' },
  not_implemented: { code: 'RH116', status: 501, text: 'This is not implemented' },
  tenant_not_found: { code: 'RH200', status: 404, text: 'No such tenant' },
  table_not_found: { code: 'RH201', status: 404, text: 'No such table' },
  column_not_found: { code: 'RH202', status: 400, text: 'No such column' },
  relation_not_found: { code: 'RH203', status: 404, text: 'No such relation' },
  feature_disabled: { code: 'RH204', status: 400, text: 'The table does not have this feature' },
  key_unsupported: {
    code: 'RH205',
    status: 400,
    text: 'The table has no single-column primary key',
  },
  table_disabled: { code: 'RH206', status: 403, text: 'The table is disabled' },
  read_only: { code: 'RH207', status: 400, text: 'The relation is read-only' },
  endpoint_disabled: {
    code: 'RH208',
    status: 400,
    text: 'The table does not offer this to the API',
  },
  table_not_materialized: {
    code: 'RH209',
    status: 409,
    text: 'The table is defined but not made yet',
  },
  token_missing: { code: 'RH300', status: 401, text: 'A token is required' },
  token_invalid: { code: 'RH301', status: 401, text: 'The token is not valid' },
  tenant_mismatch: { code: 'RH302', status: 403, text: 'Access denied' },
  forbidden: { code: 'RH303', status: 403, text: 'Insufficient permissions' },
  sudo_required: { code: 'RH304', status: 403, text: 'This needs a sudo token' },
  column_requires_sudo: { code: 'RH305', status: 403, text: 'A column needs a sudo token' },
  operator_required: { code: 'RH306', status: 403, text: 'This needs an operator token' },
  login_refused: { code: 'RH307', status: 401, text: 'Authentication failed' },
  root_required: { code: 'RH308', status: 403, text: 'This needs access level root' },
  role_required: { code: 'RH309', status: 403, text: 'A role that may do this is required' },
  view_rules: { code: 'RH310', status: 403, text: 'A view needs roles that are not held' },
  issuer_unavailable: {
    code: 'RH311',
    status: 503,
    text: 'The issuer of the token does not answer',
  },
  row_not_found: { code: 'RH400', status: 404, text: 'No such row' },
  row_trashed: { code: 'RH401', status: 409, text: 'The row is in the trash' },
  row_forbidden: { code: 'RH402', status: 403, text: 'The row may be read but not changed so' },
  table_frozen: { code: 'RH403', status: 403, text: 'The table is frozen' },
  immutable_column: { code: 'RH404', status: 400, text: 'An immutable column already has a value' },
  invalid_row: { code: 'RH405', status: 400, text: 'A row breaks a rule of its table' },
  unique_violation: { code: 'RH406', status: 409, text: 'A row with this value exists' },
  reference_violation: { code: 'RH407', status: 409, text: 'The referenced row does not exist' },
  row_referenced: { code: 'RH408', status: 409, text: 'Other rows refer to this row' },
  system_column: { code: 'RH409', status: 400, text: 'The server sets this column' },
  version_conflict: { code: 'RH410', status: 412, text: 'The row has changed meanwhile' },
  edge_conflict: { code: 'RH411', status: 409, text: 'The edge breaks a rule of its graph' },
  row_repeated: { code: 'RH412', status: 400, text: 'One row is named twice' },
  invalid_definition: { code: 'RH500', status: 400, text: 'The definition is not valid' },
  invalid_name: { code: 'RH501', status: 400, text: 'The name is not valid' },
  table_exists: { code: 'RH502', status: 409, text: 'A table of this name exists' },
  column_exists: { code: 'RH503', status: 409, text: 'A column of this name exists' },
  data_conflict: { code: 'RH504', status: 409, text: 'Stored rows break the new rule' },
  has_dependents: { code: 'RH505', status: 409, text: 'Other objects depend on this one' },
  tenant_exists: { code: 'RH506', status: 409, text: 'A tenant of this name exists' },
  name_taken: { code: 'RH507', status: 409, text: 'The name is taken' },
  data_loss: { code: 'RH508', status: 400, text: 'The change would lose stored values' },
  rollback_conflict: {
    code: 'RH509',
    status: 409,
    text: 'The operation cannot be taken back any more',
  },
  database_unavailable: { code: 'RH600', status: 503, text: 'The database cannot be reached' },
  database_busy: { code: 'RH601', status: 503, text: 'The database is busy' },
  statement_timeout: { code: 'RH602', status: 504, text: 'The statement took too long' },
  stale_catalog: { code: 'RH603', status: 409, text: 'The definition changed meanwhile' },
  serialization_failure: {
    code: 'RH604',
    status: 409,
    text: 'Concurrent changes collided: try again',
  },
  server_busy: { code: 'RH605', status: 503, text: 'The server is busy: try again' },
  internal: { code: 'RH699', status: 500, text: 'Internal error' },
} as const satisfies Record<string, { code: `RH${number}`; status: number; text: string }>;

export type ErrorKind = keyof typeof errorKinds;

/** What an error may carry for people and programs. Never SQL text, internal names or values of rows the caller can't read. */
export interface ErrorDetail {
  /** The offending key, column, parameter or place. */
  readonly field?: string;
  /** The table spoken of, by its logical name. */
  readonly table?: string;
  /** Keys of rows spoken of: only keys the caller named. */
  readonly keys?: readonly string[];
  /** All faults of the rows sent, when the kind is invalid_row. */
  readonly faults?: readonly Fault[];
  /** Dialect-neutral refinement of the kind, e.g. `null_operand`, `not_array`. Snake case. */
  readonly reason?: string;
  /** Seconds after which a retry makes sense. */
  readonly retryAfter?: number;
  /** Position of the failing statement in a multi-statement action. */
  readonly statement?: number;
  /** Free facts for the reply, already safe to show. */
  readonly data?: Json;
}

/** One broken rule of one row. `row` counts from 0 in the order sent. */
export interface Fault {
  readonly row: number;
  readonly field: string;
  readonly code:
    | 'required'
    | 'type'
    | 'minimum'
    | 'maximum'
    | 'exclusive_minimum'
    | 'exclusive_maximum'
    | 'min_length'
    | 'max_length'
    | 'format'
    | 'pattern'
    | 'enum'
    | 'unknown_field'
    | 'immutable'
    | 'system_field';
  readonly message: string;
}

/** The one error class: a kind of the table, a message for people and safe details. */
export class ServiceError extends Error {
  readonly kind: ErrorKind;
  readonly detail: ErrorDetail;

  constructor(kind: ErrorKind, message?: string, detail: ErrorDetail = {}, options?: ErrorOptions) {
    super(message ?? errorKinds[kind].text, options);
    this.name = 'ServiceError';
    this.kind = kind;
    this.detail = detail;
  }
}

const kindsByCode = new Map<string, ErrorKind>(
  Object.entries(errorKinds).map(([kind, row]) => [row.code, kind as ErrorKind]),
);

/** The kind for a SQLSTATE of class RH, or undefined. */
export function kindOfCode(code: string): ErrorKind | undefined {
  return kindsByCode.get(code);
}
