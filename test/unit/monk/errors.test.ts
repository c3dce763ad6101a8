import { describe, expect, it } from 'vitest';
import {
  type ErrorDetail,
  type ErrorKind,
  ServiceError,
} from '../../../control-plane/base/errors.ts';
import { failed } from './fixture.ts';

const url = '/api/data/users/u1';

function reply(
  kind: ErrorKind,
  detail: ErrorDetail = {},
  method = 'GET',
  message?: string,
): ReturnType<typeof failed> {
  const body = method === 'PUT' ? { body: {} } : {};
  return failed(method, url, new ServiceError(kind, message, detail), body);
}

describe('kinds as codes', () => {
  it.each<[ErrorKind, number, string, string]>([
    ['bad_request', 400, 'REQUEST_INVALID_FORMAT', 'ValidationError'],
    ['invalid_body', 400, 'INVALID_REQUEST_BODY', 'ValidationError'],
    ['invalid_pattern', 400, 'FILTER_INVALID_REGEX', 'ValidationError'],
    ['unknown_operator', 400, 'FILTER_UNSUPPORTED_OPERATOR', 'ValidationError'],
    ['limit_exceeded', 400, 'PARAMETER_LIMIT_EXCEEDED', 'ValidationError'],
    ['limit_required', 400, 'FILTER_LIMIT_REQUIRED', 'ValidationError'],
    ['invalid_cursor', 400, 'FILTER_INVALID_AFTER', 'ValidationError'],
    ['body_too_large', 413, 'REQUEST_BODY_TOO_LARGE', 'ValidationError'],
    ['unsupported_media_type', 415, 'UNSUPPORTED_CONTENT_TYPE', 'ValidationError'],
    ['route_not_found', 404, 'NOT_FOUND', 'NotFoundError'],
    ['method_not_allowed', 404, 'NOT_FOUND', 'NotFoundError'],
    ['rate_limited', 429, 'RATE_LIMITED', 'ServerError'],
    ['table_not_found', 404, 'SCHEMA_NOT_FOUND', 'NotFoundError'],
    ['column_not_found', 400, 'FILTER_INVALID_COLUMN', 'ValidationError'],
    ['feature_disabled', 400, 'FEATURE_DISABLED', 'ValidationError'],
    ['key_unsupported', 400, 'RECORD_KEY_UNSUPPORTED', 'ValidationError'],
    ['table_disabled', 403, 'SCHEMA_DISABLED', 'PermissionError'],
    ['token_missing', 401, 'TOKEN_MISSING', 'AuthError'],
    ['token_invalid', 401, 'TOKEN_INVALID', 'AuthError'],
    ['tenant_mismatch', 403, 'ACCESS_DENIED', 'PermissionError'],
    ['forbidden', 403, 'INSUFFICIENT_PERMISSIONS', 'PermissionError'],
    ['sudo_required', 403, 'SUDO_REQUIRED', 'PermissionError'],
    ['column_requires_sudo', 403, 'FIELD_REQUIRES_SUDO', 'PermissionError'],
    ['root_required', 403, 'ACCESS_DENIED', 'PermissionError'],
    ['login_refused', 401, 'AUTH_FAILED', 'AuthError'],
    ['row_not_found', 404, 'RECORD_NOT_FOUND', 'NotFoundError'],
    ['row_trashed', 409, 'RECORD_TRASHED', 'ConflictError'],
    ['row_forbidden', 403, 'INSUFFICIENT_PERMISSIONS', 'PermissionError'],
    ['table_frozen', 403, 'SCHEMA_FROZEN', 'PermissionError'],
    ['immutable_column', 400, 'VALIDATION_ERROR', 'ValidationError'],
    ['invalid_row', 400, 'VALIDATION_ERROR', 'ValidationError'],
    ['system_column', 400, 'VALIDATION_ERROR', 'ValidationError'],
    ['unique_violation', 409, 'UNIQUE_VIOLATION', 'ConflictError'],
    ['reference_violation', 409, 'RELATIONSHIP_CONSTRAINT', 'RelationshipError'],
    ['row_referenced', 409, 'RELATIONSHIP_CONSTRAINT', 'RelationshipError'],
    ['table_exists', 409, 'SCHEMA_EXISTS', 'ConflictError'],
    ['column_exists', 409, 'COLUMN_EXISTS', 'ConflictError'],
    ['data_conflict', 409, 'DATA_CONFLICT', 'ConflictError'],
    ['tenant_exists', 409, 'TENANT_EXISTS', 'ConflictError'],
    ['database_unavailable', 503, 'DATABASE_UNAVAILABLE', 'ServerError'],
    ['database_busy', 503, 'DATABASE_UNAVAILABLE', 'ServerError'],
    ['statement_timeout', 504, 'STATEMENT_TIMEOUT', 'ServerError'],
    ['server_busy', 503, 'DATABASE_UNAVAILABLE', 'ServerError'],
    ['internal', 500, 'INTERNAL_ERROR', 'ServerError'],
  ])('%s is %i %s', (kind, status, code, type) => {
    const found = reply(kind);
    expect(found).toMatchObject({ status, code, type });
    expect(found.body).toMatchObject({ success: false, error: expect.any(String) });
  });

  it('tells a missing content type from a faulty body', () => {
    expect(reply('invalid_body', { reason: 'missing_content_type' }).code).toBe(
      'MISSING_CONTENT_TYPE',
    );
    expect(reply('invalid_body').body).toHaveProperty('details');
  });

  it('says when to come again', () => {
    expect(reply('rate_limited', { retryAfter: 2.2 }).headers).toEqual({ 'Retry-After': '3' });
    expect(reply('database_busy').headers).toHaveProperty('Retry-After');
  });
});

describe('messages', () => {
  it('names records and schemas as the caller does', () => {
    expect(reply('row_not_found', { keys: ['u1'], table: 'users' }).message).toBe(
      "Record 'u1' not found in schema 'users'",
    );
    expect(reply('row_not_found', { keys: ['a', 'b'] }).body).toMatchObject({
      error: "Records 'a', 'b' not found in schema 'users'",
      data: { ids: ['a', 'b'] },
    });
    expect(reply('row_forbidden', {}, 'DELETE').message).toBe(
      'Insufficient permissions to delete record',
    );
    expect(reply('row_forbidden', {}, 'PUT').message).toBe(
      'Insufficient permissions to update record',
    );
    expect(reply('row_referenced', {}, 'DELETE').message).toBe(
      'Cannot delete record: existing relationships found',
    );
  });

  it('passes on what the guards of the database say', () => {
    const fields = 'Cannot modify sudo-protected fields [salary, grade] without sudo access';
    expect(reply('column_requires_sudo', {}, 'PUT', fields).message).toBe(fields);
    const was =
      'Cannot modify immutable fields: transaction_id on record u1 (was: TX-1, attempted: TX-2)';
    expect(reply('immutable_column', { field: 'transaction_id' }, 'PUT', was).body).toMatchObject({
      error: was,
      field: 'transaction_id',
      data: { validation_errors: [{ field: 'transaction_id', code: 'IMMUTABLE', message: was }] },
    });
  });

  it('hides everything about faults of our own', () => {
    expect(reply('internal', {}, 'GET', 'select * from secrets').message).toBe('Internal error');
  });

  it('lists all faults of a row', () => {
    const message = 'm';
    const faults = [
      { row: 0, field: 'email', code: 'pattern', message },
      { row: 0, field: 'name', code: 'pattern', message },
      { row: 0, field: 'age', code: 'required', message },
      { row: 0, field: 'x', code: 'unknown_field', message },
    ] as const;
    const { body } = reply('invalid_row', { faults }, 'PUT');
    expect(body).toMatchObject({
      data: {
        validation_errors: [
          {
            field: 'email',
            code: 'INVALID_EMAIL',
            message: "Field 'email' must be a valid email address",
          },
          { field: 'name', code: 'PATTERN', message },
          { field: 'age', code: 'REQUIRED', message },
          { field: 'x', code: 'UNKNOWN_FIELD', message },
        ],
      },
    });
  });
});
