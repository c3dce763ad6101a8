import { type ErrorKind, ServiceError } from '../../base/errors.ts';

/** Refuses a request, naming the key that is at fault. */
export function refuse(key: string, problem: string, kind: ErrorKind = 'bad_request'): never {
  throw new ServiceError(kind, `${key}: ${problem}`, { field: key });
}
