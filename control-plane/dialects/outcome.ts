import { ServiceError } from '../base/errors.ts';
import type { DefinitionOutcome } from './dialect.ts';

/**
 * For dialects whose replies know no change that is still under way: who waited long enough is told to come back. What was asked for is
 * then there.
 * @throws ServiceError database_busy
 */
export function requireDone<T extends Pick<DefinitionOutcome, 'operation'>>(outcome: T): T {
  if (outcome.operation?.status !== 'running') return outcome;
  const message = 'The change of the table is under way';
  throw new ServiceError('database_busy', message, { retryAfter: 10 });
}
