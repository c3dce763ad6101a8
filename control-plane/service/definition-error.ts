import { type ErrorDetail, type ErrorKind, ServiceError } from '../base/errors.ts';
import type { Step } from '../compile/step.ts';
import type { DataLoss } from '../model/definition.ts';
import { isDatabaseError, toServiceError } from '../pg/sqlstate.ts';

/** What is known of a step that its failure may have to be told with. */
type Tried = Pick<Step, 'description' | 'field' | 'conflicts' | 'misfits' | 'hopeless'>;

/** A statement of a step that the database refused. */
export class StepFailure extends Error {
  readonly step: Tried;

  constructor(step: Tried, cause: unknown) {
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

/** Asks a query for a number of rows. */
export type Count = (query: string) => Promise<number>;

/**
 * The failure with the number of rows that stood in the way, where that can be told. A type that would only have rounded or cut them
 * is no fault of theirs when nothing was to be lost.
 */
export async function counted(
  error: unknown,
  about: ErrorDetail,
  loss: DataLoss,
  count: Count,
): Promise<ServiceError> {
  const failure = definitionError(error, about);
  const step = find(error)?.step;
  if (failure.kind !== 'data_conflict' || step?.misfits === undefined) return failure;
  const { misfits, hopeless } = step;
  try {
    const lost = hopeless === undefined ? undefined : await count(hopeless);
    const cut = lost === 0 && !loss;
    const rows = lost === undefined || lost === 0 ? await count(misfits) : lost;
    if (rows === 0) return failure;
    const detail = { ...failure.detail, data: { rows } };
    const text = cut ? `${rowCount(rows)} would be rounded or cut` : misfitText(rows);
    const kind = cut ? 'data_loss' : failure.kind;
    return new ServiceError(kind, text, detail, { cause: failure });
  } catch (cause) {
    // The number is a courtesy: rows may have come and gone, or be too many to count in time.
    if (isDatabaseError(rootOf(cause))) return failure;
    throw cause;
  }
}

function misfitText(rows: number): string {
  return `${rows} ${rows === 1 ? 'row does' : 'rows do'} not fit`;
}

/** `1 row`, `2 rows`. */
export function rowCount(rows: number): string {
  return `${rows} ${rows === 1 ? 'row' : 'rows'}`;
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

/** Whether the same may well succeed a moment later: a lock was not free, or changes collided. */
export function isTransient(error: unknown): boolean {
  const root = rootOf(error);
  return isDatabaseError(root) && ['55P03', '40001', '40P01'].includes(root.code);
}
