import type { JsonObject } from '../base/json.ts';

/** What has become of an operation. */
export const operationStates = ['done', 'running', 'failed', 'rolled_back'] as const;

export type OperationState = (typeof operationStates)[number];

/** A change of the model as it is on record. */
export interface SchemaOperation {
  readonly id: string;
  /** Of the definition: create_table, change_table, … */
  readonly kind: string;
  /** Sub of who asked. */
  readonly principal: string;
  readonly status: OperationState;
  readonly changes: readonly JsonObject[];
  /** How many phases are done, of how many; none where it took one transaction. */
  readonly phase: number;
  readonly phases: number;
  /** Null for those who don't administer the app. */
  readonly forward: readonly string[] | null;
  readonly reverse: readonly string[] | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}
