import { ServiceError } from '../base/errors.ts';
import { join, type Sql, sql } from '../base/sql.ts';
import type { Condition } from '../model/policy.ts';
import { compileCondition } from './cel/compile.ts';
import { CelFault } from './cel/fault.ts';
import type { Scope } from './cel/scope.ts';
import { holds, most, truth, type Value } from './cel/value.ts';

/** A condition as a truth. @throws ServiceError invalid_definition naming the expression and the place in it */
export function conditionValue(condition: Condition, scope: Scope): Value {
  if (condition.kind === 'expression') {
    try {
      return compileCondition(condition.text, scope);
    } catch (error) {
      if (!(error instanceof CelFault)) throw error;
      const message = `${condition.at}: ${error.message} (character ${error.position})`;
      throw new ServiceError('invalid_definition', message, {
        field: condition.at,
        reason: 'condition',
        data: { position: error.position },
      });
    }
  }
  const parts = condition.of.map((part) => conditionValue(part, scope));
  if (condition.kind === 'all') return allOf(parts);
  const any = (form: (part: Value) => Sql): Sql =>
    parts.length === 0 ? sql`false` : sql`(${join(parts.map(form), ' or ')})`;
  if (condition.kind === 'none') return truth(sql`(not ${any((part) => part.sql)})`, parts);
  return truth(
    any((part) => part.sql),
    parts,
    { holds: any(holds), most: any(most) },
  );
}

/** The truths together; of none: true. */
export function allOf(parts: readonly Value[]): Value {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  const all = (form: (part: Value) => Sql): Sql =>
    parts.length === 0 ? sql`true` : sql`(${join(parts.map(form), ' and ')})`;
  return truth(
    all((part) => part.sql),
    parts,
    { holds: all(holds), most: all(most) },
  );
}
