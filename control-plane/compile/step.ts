/** One part of a change of the model, with the way back. */
export interface Step {
  /** safe: loses nothing. destructive: loses stored values or access to them. refused: can't be done. */
  readonly class: 'safe' | 'destructive' | 'refused';
  readonly forward: readonly string[];
  readonly reverse: readonly string[];
  readonly description: string;
  /** The column it is about. */
  readonly field?: string;
  /** Classes of SQLSTATE that mean stored rows break the new rule; any other fault of class 22 or 23 is the definition's own. */
  readonly conflicts?: readonly string[];
  /** Query for the number of rows in the way, where they can be counted. */
  readonly misfits?: string;
}

/** The statements of steps, in order. */
export function forwardOf(steps: readonly Step[]): readonly string[] {
  return steps.flatMap(({ forward }) => forward);
}

/** The statements that undo steps, last step first. */
export function reverseOf(steps: readonly Step[]): readonly string[] {
  return steps.toReversed().flatMap(({ reverse }) => reverse);
}
