import { type ErrorKind, ServiceError } from '../../base/errors.ts';
import type { DialectRequest, Reply } from '../dialect.ts';

type Row = readonly [status: number, code: string];

const bad: Row = [400, 'bad_request'];
const value: Row = [400, 'invalid_value'];
const definition: Row = [400, 'invalid_definition'];
const taken: Row = [400, 'name_in_use'];
const broken: Row = [400, 'constraint_violation'];
const refused: Row = [403, 'not_authorized'];
const later: Row = [503, 'busy'];

/** THE table of this dialect's codes. A missing or bad token is 403 here, never 401. */
const rows: Readonly<Record<ErrorKind, Row>> = {
  bad_request: bad,
  invalid_body: bad,
  unknown_parameter: [400, 'unknown_parameter'],
  invalid_filter: bad,
  unknown_operator: [400, 'unknown_operator'],
  invalid_operand: value,
  invalid_pattern: value,
  limit_exceeded: bad,
  limit_required: bad,
  invalid_cursor: bad,
  body_too_large: [413, 'too_large'],
  unsupported_media_type: bad,
  route_not_found: [404, 'not_found'],
  method_not_allowed: [405, 'method_not_allowed'],
  rate_limited: [429, 'rate_limited'],
  uri_too_long: bad,
  not_implemented: bad,
  tenant_not_found: [403, 'tenant_mismatch'],
  table_not_found: [400, 'table_not_found'],
  column_not_found: [400, 'unknown_column'],
  relation_not_found: [404, 'not_found'],
  feature_disabled: bad,
  key_unsupported: bad,
  table_disabled: refused,
  table_not_materialized: [400, 'table_not_found'],
  endpoint_disabled: [400, 'endpoint_disabled'],
  read_only: bad,
  token_missing: refused,
  token_invalid: refused,
  tenant_mismatch: [403, 'tenant_mismatch'],
  forbidden: refused,
  sudo_required: refused,
  column_requires_sudo: refused,
  operator_required: refused,
  login_refused: refused,
  role_required: refused,
  view_rules: [403, 'view_rules'],
  root_required: refused,
  issuer_unavailable: later,
  row_not_found: [400, 'row_not_found'],
  row_trashed: [400, 'row_not_found'],
  row_forbidden: refused,
  table_frozen: refused,
  immutable_column: value,
  invalid_row: value,
  unique_violation: broken,
  reference_violation: broken,
  row_referenced: broken,
  system_column: value,
  row_repeated: bad,
  version_conflict: bad,
  edge_conflict: bad,
  invalid_definition: definition,
  invalid_name: definition,
  table_exists: taken,
  column_exists: taken,
  data_conflict: broken,
  has_dependents: [400, 'has_dependents'],
  tenant_exists: taken,
  name_taken: taken,
  data_loss: definition,
  rollback_conflict: broken,
  database_unavailable: later,
  database_busy: later,
  statement_timeout: later,
  stale_catalog: later,
  serialization_failure: later,
  server_busy: later,
  internal: [500, 'internal'],
};

/** Which class of role a right needs, as far as a caller without it may know. */
const classes: Readonly<Record<string, string>> = {
  select: 'a role that reads rows',
  insert: 'a role that writes rows',
  update: 'a role that writes rows',
  delete: 'a role that writes rows',
  define: 'an administrator role',
  grant: 'a role that administers roles',
  view: 'a role that reads views',
};

const endpointNames: Readonly<Record<string, string>> = {
  list: 'LIST ROWS',
  read: 'LIST SINGLE ROW',
  create: 'CREATE',
  update: 'UPDATE',
  delete: 'DELETE',
};

/** What the message says; texts of the database's own faults never come this far. */
function messageOf(error: ServiceError): string {
  const { kind, message, detail } = error;
  const { field, reason, faults } = detail;
  switch (kind) {
    case 'role_required':
      return `This needs ${classes[reason ?? ''] ?? 'another role'}.`;
    case 'token_missing':
    case 'token_invalid':
      return 'A valid token of this tenant is needed.';
    case 'endpoint_disabled':
      return `API access to ${endpointNames[reason ?? ''] ?? 'this'} disabled.`;
    case 'invalid_row': {
      const told = (faults ?? []).slice(0, 20).map((fault) => {
        const text = fault.message.startsWith(fault.field)
          ? fault.message
          : `${fault.field}: ${fault.message}`;
        return (faults ?? []).length > 1 ? `row ${fault.row}: ${text}` : text;
      });
      return told.length === 0 ? message : told.join('; ');
    }
    case 'immutable_column':
      return `${field ?? 'A column'} cannot be changed.`;
    default:
      return field === undefined || isNamed(message, field) ? message : `${message}: ${field}`;
  }
}

/** Whether a name stands in a text by itself, not as a part of a word. */
function isNamed(text: string, name: string): boolean {
  if (name === '') return true;
  const word = /[\p{L}\p{N}_]/u;
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const [before = '', after = ''] = [text[at - 1], text[at + name.length]];
    if (!word.test(before) && !word.test(after)) return true;
  }
  return false;
}

/** The name of a column that does not exist goes by its own code. */
function rowOf({ kind, detail }: ServiceError): Row {
  const faults = detail.faults ?? [];
  if (kind === 'invalid_row' && faults.some(({ code }) => code === 'unknown_field')) {
    return [400, 'unknown_column'];
  }
  return rows[kind];
}

/** The error envelope. */
export function fail(
  error: ServiceError,
  _request: Pick<DialectRequest, 'method' | 'params' | 'query'>,
): Reply {
  const [status, fixed] = rowOf(error);
  const { detail } = error;
  const code = codeOf(error) ?? fixed;
  const field = detail.field ?? detail.faults?.[0]?.field;
  const metadata = { code, ...(field === undefined ? {} : { field }) };
  const message = messageOf(error);
  const headers: Record<string, string> =
    status === 503 ? { 'retry-after': String(Math.max(1, Math.ceil(detail.retryAfter ?? 1))) } : {};
  return {
    status,
    headers,
    body: { json: { status: 'error', message, version: 'dev', result: null, metadata } },
  };
}

/** A lookup under `manage`, or of a collection to list, that finds nothing is 404; elsewhere the same fault is 400. */
export function notFound(what: string): ServiceError {
  return new ServiceError('relation_not_found', `No such ${what}`, { reason: 'lookup' });
}

/** @throws ServiceError what the body or the parameters say can't be meant, naming where */
export function refuse(message: string, field?: string, kind: ErrorKind = 'bad_request'): never {
  throw new ServiceError(kind, message, field === undefined ? {} : { field });
}

/** @throws ServiceError a definition can't be so */
export function wrong(message: string, field: string): never {
  return refuse(message, field, 'invalid_definition');
}

function codeOf({ kind, detail }: ServiceError): string | undefined {
  return kind === 'invalid_definition' && detail.reason === 'name_in_use'
    ? 'name_in_use'
    : undefined;
}
