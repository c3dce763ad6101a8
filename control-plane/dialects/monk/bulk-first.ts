import { ServiceError } from '../../base/errors.ts';
import type { Table } from '../../model/table.ts';
import type { Result, Statement } from '../../statement/statement.ts';
import { MonkError } from './codes.ts';
import { largestPage, type Selection } from './find.ts';
import { firstValue } from './lossless.ts';
import { columnsOutput } from './output.ts';
import { keyOf, ref } from './tables.ts';
import type { Step, Work } from './work.ts';

/** A write of the first record that matches: its key is read first, in the same transaction. */
export function firstMatch(table: Table, selection: Selection, write: (id: string) => Work): Work {
  const key = keyOf(table);
  const { select: _select, total: _total, ...which } = selection;
  const find: Statement = {
    kind: 'read',
    table: ref(table),
    ...which,
    output: columnsOutput([key]),
    limit: 1,
    cap: largestPage,
    require: {},
  };
  const keyed = (earlier: readonly Result[]): Work =>
    write(String(firstValue(earlier[0]?.rows ?? '[]', key)));
  const sample = write('');
  const steps = sample.steps.map(
    (_, index): Step =>
      (earlier) => {
        const step = keyed(earlier).steps[index] ?? find;
        return typeof step === 'function' ? step(earlier.slice(1)) : step;
      },
  );
  return {
    ...sample,
    steps: [find, ...steps],
    data: (results) => keyed(results).data(results.slice(1)),
    fail: (error, step) => {
      // The sample doesn't know the key: only engine errors about the first step need no reading.
      if (step === 0 || sample.fail === undefined) return error;
      return error.detail.keys === undefined ? error : sample.fail(error, step - 1);
    },
  };
}

/** The operation's own text for a record that isn't there. */
export function withMessage(work: Work, message: string): Work {
  return {
    ...work,
    fail: (error, step) => {
      const own = work.fail ? work.fail(error, step) : error;
      if (own instanceof ServiceError && own.kind === 'row_not_found') {
        return new MonkError('RECORD_NOT_FOUND', message, {}, own);
      }
      return own;
    },
  };
}
