import { ServiceError } from '../base/errors.ts';

/** A node of Postgres' parse tree, as JSON. */
export type Node = { [key: string]: unknown };

/** @throws ServiceError invalid_definition naming what was found in the text of a view */
export function refuse(found: string): never {
  const message = `A view cannot have ${found}`;
  throw new ServiceError('invalid_definition', message, { reason: 'view', field: found });
}
