import type { Sql } from '../base/sql.ts';

/** How a generated function runs. */
export interface FunctionFacts {
  readonly name: string;
  /** Argument list with names, defaults included. */
  readonly args?: string;
  readonly returns: string;
  readonly volatility: 'stable' | 'volatile';
  /** As rowhouse_owner: it reads internal tables. */
  readonly definer?: boolean;
  /** No SET clause, so that the planner can inline it. */
  readonly inline?: boolean;
  readonly body: Sql;
  readonly about: string;
  /** Nobody calls it but a trigger. */
  readonly trigger?: boolean;
}
