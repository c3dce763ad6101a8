import type { ServiceError } from '../../base/errors.ts';
import type { Result, Statement } from '../../statement/statement.ts';
import type { Action } from '../dialect.ts';
import { type Subject, translate } from './errors.ts';
import { singleRow } from './lossless.ts';
import { type Counts, type Shape, success } from './respond.ts';

export type Step = Statement | ((earlier: readonly Result[]) => Statement);

/** Statements and what their results mean: one route, or one operation of a bulk request. */
export interface Work {
  readonly steps: readonly Step[];
  /** JSON text of `data`. */
  readonly data: (results: readonly Result[]) => string;
  readonly counts?: (results: readonly Result[]) => Counts;
  /** What failures speak of. */
  readonly subject: Subject;
  /** Reads an engine error before the common translation, by the position of the step that failed. */
  readonly fail?: (error: ServiceError, step: number) => ServiceError;
}

const nothing: Result = { rows: '[]', count: 0 };

export function last(results: readonly Result[]): Result {
  return results.at(-1) ?? nothing;
}

/** `data` is the array of rows of the last step. */
export const asArray = (results: readonly Result[]): string => last(results).rows;

/** `data` is the only row of the last step, or null. */
export const asOne = (results: readonly Result[]): string => singleRow(last(results).rows);

/** Lists say how many records they hold, and how many there are when that was asked. */
export function listCounts(results: readonly Result[]): Counts {
  const { count, total } = last(results);
  return { count, total };
}

/** The failure of a work in this dialect's words. */
export function failOf(
  work: Work,
  error: ServiceError,
  step: number,
): ReturnType<typeof translate> {
  return translate(work.fail ? work.fail(error, step) : error, work.subject);
}

/** The action of a route that is one work. */
export function perform(work: Work, shape: Shape): Action {
  if (work.steps.length === 0) {
    return { kind: 'reply', reply: success(shape, work.data([]), work.counts?.([])) };
  }
  return {
    kind: 'statements',
    statements: work.steps,
    reply: (results) => success(shape, work.data(results), work.counts?.(results)),
    fail: (error) => failOf(work, error, error.detail.statement ?? work.steps.length - 1),
  };
}
