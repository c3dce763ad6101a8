import type { Connection } from '../catalog/connection.ts';
import { rowsOf } from '../catalog/connection.ts';
import type { Preparation } from '../compile/prepare.ts';
import { forwardOf, type Step } from '../compile/step.ts';
import type { Foreseen, ForeseenChange } from '../dialects/dialect.ts';
import { isDatabaseError } from '../pg/sqlstate.ts';
import type { Change } from './change.ts';
import { recorded } from './change-table.ts';
import { rowCount } from './definition-error.ts';

/** What a change would do, looked up in the rows where they decide. `last`: the steps of the transaction that ends it. */
export async function foresee(
  connection: Connection,
  change: Change,
  preparation: Preparation | undefined,
  last: readonly Step[],
): Promise<Foreseen> {
  const changes: ForeseenChange[] = [];
  for (const step of change.steps) {
    const [told] = recorded(step);
    if (!told || step.op === undefined) continue;
    const verdict = await judge(connection, step);
    changes.push({
      op: step.op,
      ...(step.field === undefined ? {} : { field: step.field }),
      ...verdict,
    });
  }
  const ahead = preparation?.phases ?? [];
  return {
    destructive: changes.some((each) => each.class === 'destructive'),
    changes,
    phases: [
      ...ahead.map(({ kind, statements, lock }) => ({ kind, statements, lock })),
      { kind: 'transaction', statements: forwardOf(last), lock: 'ACCESS EXCLUSIVE' },
    ],
    reverse: change.operation.reverse,
  };
}

type Verdict = Pick<ForeseenChange, 'class' | 'reason'>;

/** The class of a step as the rows make it. */
async function judge(connection: Connection, step: Step): Promise<Verdict> {
  const { misfits, hopeless, op } = step;
  if (misfits === undefined) {
    return step.class === 'refused'
      ? { class: 'refused', reason: step.description }
      : { class: step.class };
  }
  const rows = await count(connection, misfits);
  if (rows === undefined) return { class: step.class };
  if (rows === 0) return { class: op === 'change_type' ? 'safe' : step.class };
  const lost = hopeless === undefined ? rows : await count(connection, hopeless);
  if (lost === 0) {
    return { class: 'destructive', reason: `${rowCount(rows)} would be rounded or cut` };
  }
  const verb = lost === 1 ? 'does' : 'do';
  return { class: 'refused', reason: `${rowCount(lost ?? rows)} ${verb} not fit` };
}

/** Undefined where the rows can't be counted as they are: the change itself would say so. */
async function count(connection: Connection, query: string): Promise<number | undefined> {
  await connection.query('savepoint counted');
  try {
    const [row] = await rowsOf<{ count: string }>(connection, query);
    return Number(row?.count ?? 0);
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    await connection.query('rollback to savepoint counted');
    return undefined;
  }
}
