/** Kinds of the named things a table has besides its columns. */
export type ObjectKind =
  | 'search'
  | 'primary'
  | 'unique'
  | 'check'
  | 'index'
  | 'reference'
  | 'trigger'
  | 'policy'
  | 'privilege'
  | 'comment';

/** What a step of a change of a table does, in one word. */
export type StepOp =
  | `${'add' | 'drop'}_${ObjectKind | 'column'}`
  | 'change_type'
  | 'fill'
  | `${'set' | 'drop'}_${'default' | 'required' | 'identity'}`
  | 'rename'
  | 'drop_edge_type'
  | `${'change' | 'create' | 'drop'}_table`;

/** One part of a change of the model, with the way back. */
export interface Step {
  /** Always in changes of tables. */
  readonly op?: StepOp;
  /** safe: loses nothing. destructive: loses stored values or access to them. refused: can't be done. */
  readonly class: 'safe' | 'destructive' | 'refused';
  readonly forward: readonly string[];
  readonly reverse: readonly string[];
  readonly description: string;
  /** The column it is about. */
  readonly field?: string;
  /** Classes of SQLSTATE that mean stored rows break the new rule; any other fault of class 22 or 23 is the definition's own. */
  readonly conflicts?: readonly string[];
  /** Query for the number of rows in the way, as things are before the change, where they can be counted. */
  readonly misfits?: string;
  /** Of a type change that could round or cut values: query for the number of rows that even then have no value of the new type. */
  readonly hopeless?: string;
}

/** The statements of steps, in order. */
export function forwardOf(steps: readonly Step[]): readonly string[] {
  return steps.flatMap(({ forward }) => forward);
}

/** The statements that undo steps, last step first. */
export function reverseOf(steps: readonly Step[]): readonly string[] {
  return steps.toReversed().flatMap(({ reverse }) => reverse);
}
