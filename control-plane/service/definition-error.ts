import { type ErrorDetail, type ErrorKind, ServiceError } from '../base/errors.ts';
import type { Step } from '../compile/step.ts';
import { isDatabaseError, toServiceError } from '../pg/sqlstate.ts';

/** A statement of a step that the database refused. */
export class StepFailure extends Error {
  readonly step: Step;

  constructor(step: Step, cause: unknown) {
    super(step.description, { cause });
    this.step = step;
  }
}

/** What errors of DDL mean, by SQLSTATE; 22 and 23 depend on whether the step read stored rows. */
const kinds: Readonly<Record<string, ErrorKind>> = {
  '42P07': 'table_exists',
  '42710': 'table_exists',
  '42701': 'column_exists',
  '42P16': 'invalid_definition',
  '42830': 'invalid_definition',
  '42804': 'invalid_definition',
  '42846': 'invalid_definition',
  '42883': 'invalid_definition',
  // An index whose type has no operator class for its method.
  '42704': 'invalid_definition',
  // What a view's query gets wrong shows only when Postgres looks its names up.
  '42601': 'invalid_definition',
  '42702': 'invalid_definition',
  '42703': 'invalid_definition',
  '42725': 'invalid_definition',
  '42803': 'invalid_definition',
  '42P10': 'invalid_definition',
  '42P11': 'invalid_definition',
  '42P13': 'invalid_definition',
  '42P18': 'invalid_definition',
  '42P19': 'invalid_definition',
  '42P20': 'invalid_definition',
  '42P21': 'invalid_definition',
  '42P22': 'invalid_definition',
  '42611': 'invalid_definition',
  '42712': 'invalid_definition',
  '42P17': 'invalid_definition',
  '2201B': 'invalid_definition',
  '2BP01': 'has_dependents',
  // Columns that a view reads, or that a generated column is made of, keep their type.
  '0A000': 'has_dependents',
  '54011': 'limit_exceeded',
  '54000': 'limit_exceeded',
  '55P03': 'database_busy',
};

/** An error of a definition as a ServiceError. */
export function definitionError(error: unknown, about: ErrorDetail): ServiceError {
  if (error instanceof ServiceError) return error;
  const failure = find(error);
  const cause = failure?.cause ?? rootOf(error);
  if (cause instanceof ServiceError) return cause;
  if (!isDatabaseError(cause) || cause.code.startsWith('RH')) return toServiceError(cause);
  const field = failure?.step.field;
  const detail: ErrorDetail = { ...about, ...(field === undefined ? {} : { field }) };
  const options = { cause: error };
  const family = cause.code.slice(0, 2);
  if (failure?.step.conflicts?.includes(family)) {
    return new ServiceError('data_conflict', undefined, detail, options);
  }
  const kind =
    kinds[cause.code] ?? (family === '22' || family === '23' ? 'invalid_definition' : undefined);
  if (kind === undefined) return toServiceError(cause);
  const wait = kind === 'database_busy' ? { retryAfter: 1 } : {};
  return new ServiceError(kind, undefined, { ...detail, ...wait }, options);
}

/** The step that failed, if the database refused one. */
export function stepOf(error: unknown): Step | undefined {
  return find(error)?.step;
}

function find(error: unknown): StepFailure | undefined {
  if (error instanceof StepFailure) return error;
  return error instanceof Error && error.cause !== undefined ? find(error.cause) : undefined;
}

/** The error at the bottom of wrappers of our own. */
function rootOf(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ServiceError || isDatabaseError(error)) {
    return error;
  }
  return error.cause === undefined ? error : rootOf(error.cause);
}
