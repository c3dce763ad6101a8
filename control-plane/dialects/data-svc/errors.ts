import { type ErrorKind, errorKinds, type ServiceError } from '../../base/errors.ts';
import type { Reply } from '../dialect.ts';

/** Status and code of this dialect. */
export const codes = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  unavailable: 503,
  timeout: 504,
  internal: 500,
} as const;

type Code = keyof typeof codes;

/** Kinds whose code is not that of their own status. */
const exceptions: Readonly<Partial<Record<ErrorKind, Code>>> = {
  unsupported_media_type: 'bad_request',
  uri_too_long: 'bad_request',
  not_implemented: 'bad_request',
  table_not_materialized: 'bad_request',
  method_not_allowed: 'not_found',
  tenant_not_found: 'unauthorized',
  table_not_found: 'bad_request',
  table_exists: 'bad_request',
  column_exists: 'bad_request',
  relation_not_found: 'bad_request',
  row_not_found: 'bad_request',
  version_conflict: 'conflict',
  edge_conflict: 'conflict',
  stale_catalog: 'unavailable',
  serialization_failure: 'unavailable',
};

const byStatus = new Map<number, Code>(
  Object.entries(codes).map(([code, status]) => [status, code as Code]),
);

/** `{"error":"<text>","code":"<code>"}` */
export function fail(error: ServiceError): Reply {
  const { kind } = error;
  const code = exceptions[kind] ?? byStatus.get(errorKinds[kind].status) ?? 'internal';
  const status = codes[code];
  const headers =
    kind === 'stale_catalog' || kind === 'serialization_failure' ? { 'retry-after': '1' } : {};
  return { status, headers, body: { json: { error: textOf(error, code), code } } };
}

function textOf(error: ServiceError, code: Code): string {
  if (code === 'unauthorized') return 'Unauthorized';
  if (error.kind === 'internal') return errorKinds.internal.text;
  if (error.kind === 'invalid_body' && error.detail.reason === 'invalid_json')
    return 'Invalid JSON';
  const { field, faults = [] } = error.detail;
  const [fault] = faults;
  if (fault) return `${fault.field}: ${fault.message}`;
  const named = field === undefined || error.message.includes(field);
  return named ? error.message : `${field}: ${error.message}`;
}
