import { errorKinds, type ServiceError } from '../base/errors.ts';
import { constraintFacts } from '../compile/constraint.ts';
import { carries, flagNames, flags } from '../model/flags.ts';
import type { Table } from '../model/table.ts';
import { type DatabaseError, isDatabaseError, toServiceError } from '../pg/sqlstate.ts';
import type { LoadFault } from './load-tally.ts';

const texts: Readonly<Record<string, readonly [code: string, message: string]>> = {
  '23502': ['required', 'is required'],
  '23503': ['reference', 'refers to a row that does not exist'],
  '23505': ['unique', 'is taken by another row'],
  '23514': ['check', 'breaks a rule of the table'],
  '42501': ['forbidden', 'may not be written by the caller'],
  '21000': ['repeated', 'means a row that another row of the file means too'],
};

/** What an error says of the one row that was written; undefined when it says nothing of rows, such as a lost connection. */
export function rowFault(error: unknown, table: Table): Omit<LoadFault, 'row'> | undefined {
  if (!isDatabaseError(error)) return undefined;
  const field = fieldOf(error, table);
  const known = texts[error.code];
  if (known) {
    const [code, text] = known;
    const rule = code === 'check' ? ruleOf(error, table) : code;
    return { field, code: rule, message: field === '' ? `The row ${text}` : `${field} ${text}` };
  }
  if (error.code.startsWith('22')) {
    return { field, code: 'type', message: 'A value is none of its column’s type' };
  }
  return refusal(toServiceError(error));
}

/** A guard's own words. */
function refusal(error: ServiceError): Omit<LoadFault, 'row'> | undefined {
  const { status } = errorKinds[error.kind];
  if (status >= 500 || error.kind === 'stale_catalog') return undefined;
  const [fault] = error.detail.faults ?? [];
  if (fault) return { field: fault.field, code: fault.code, message: fault.message };
  return { field: error.detail.field ?? '', code: error.kind, message: error.message };
}

function fieldOf(error: DatabaseError, table: Table): string {
  const facts = constraintFacts(table).find(({ name }) => name === error.constraint);
  return facts?.columns.join(',') ?? error.column ?? '';
}

/** The flag whose check is broken. */
function ruleOf(error: DatabaseError, table: Table): string {
  const [name] =
    constraintFacts(table).find((each) => each.name === error.constraint)?.columns ?? [];
  const column = table.columns.find((each) => each.name === name);
  const rule = flagNames.find(
    (flag) =>
      column !== undefined &&
      flags[flag].effect === 'check' &&
      carries(column, flag) &&
      error.constraint?.endsWith(`_${flag}_check`),
  );
  return rule ?? 'check';
}
