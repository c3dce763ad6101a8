import { errorKinds, ServiceError } from '../base/errors.ts';
import type { Dialect, Reply } from '../dialects/dialect.ts';
import type { Exchange } from './exchange.ts';

/** Kinds that say "later" and must tell when. */
const laterKinds = new Set([
  'rate_limited',
  'issuer_unavailable',
  'database_unavailable',
  'database_busy',
  'server_busy',
]);

/** Any thrown value as a ServiceError: what isn't one is `internal`, and only the log learns more. */
export function asServiceError(error: unknown): ServiceError {
  return error instanceof ServiceError
    ? error
    : new ServiceError('internal', undefined, {}, { cause: error });
}

/** The reply for an error: the dialect's envelope, or the server's own outside every dialect. */
export function failure(error: ServiceError, exchange: Exchange, dialect?: Dialect): Reply {
  const reply = (dialect?.fail ?? ownEnvelope)(error, {
    method: exchange.method,
    params: exchange.params,
    query: exchange.query,
  });
  if (reply.status === 401) {
    // The same for a missing and for a bad token: no hint which fault it was.
    return { ...reply, headers: { 'www-authenticate': 'Bearer', ...reply.headers } };
  }
  if (!laterKinds.has(error.kind)) return reply;
  const seconds = Math.max(1, Math.ceil(error.detail.retryAfter ?? 1));
  return { ...reply, headers: { 'retry-after': String(seconds), ...reply.headers } };
}

function ownEnvelope(error: ServiceError): Reply {
  const { code, status } = errorKinds[error.kind];
  const { field, reason, data } = error.detail;
  return {
    status,
    body: {
      json: {
        error: {
          code,
          kind: error.kind,
          message: error.message,
          ...(field === undefined ? {} : { field }),
          ...(reason === undefined ? {} : { reason }),
          ...(data === undefined ? {} : { data }),
        },
      },
    },
  };
}
