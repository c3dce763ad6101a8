import { ServiceError } from '../base/errors.ts';

/** What is wrong with a schema, and where: `fields.0.name`. */
export interface SchemaFault {
  readonly path: string;
  readonly code: SchemaFaultCode;
  readonly message: string;
}

export type SchemaFaultCode =
  | 'required'
  | 'type'
  | 'invalid'
  | 'duplicate'
  | 'reserved'
  | 'too_long'
  | 'unknown_type'
  | 'unknown_format'
  | 'unknown_field'
  | 'unknown_resource'
  | 'not_supported';

/** Takes faults down at a place, and makes reports of places within it. */
export interface Report {
  readonly faults: readonly SchemaFault[];
  readonly add: (
    code: SchemaFaultCode,
    message: string,
    ...within: readonly (string | number)[]
  ) => void;
  readonly at: (...within: readonly (string | number)[]) => Report;
}

/** A report without faults, for the document at this place. */
export function newReport(...place: readonly (string | number)[]): Report {
  return reportAt(place, []);
}

function reportAt(place: readonly (string | number)[], faults: SchemaFault[]): Report {
  return {
    faults,
    add: (code, message, ...within) => {
      faults.push({ path: [...place, ...within].join('.'), code, message });
    },
    at: (...within) => reportAt([...place, ...within], faults),
  };
}

/** @throws ServiceError invalid_definition with all faults, if there are any */
export function requireNone(faults: readonly SchemaFault[]): void {
  if (faults.length > 0) throw faulty(faults);
}

/** The error that tells all faults; its message the first. */
export function faulty(faults: readonly SchemaFault[]): ServiceError {
  const [first = { path: '', message: '' }] = faults;
  const message = first.path === '' ? first.message : `${first.path}: ${first.message}`;
  const told = faults.map((fault) => ({
    row: 0,
    field: fault.path,
    code: 'format' as const,
    message: fault.message,
  }));
  const data = faults.map(({ path, code, message: text }) => ({ path, code, message: text }));
  return new ServiceError('invalid_definition', message, { field: first.path, faults: told, data });
}
