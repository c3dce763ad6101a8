import type { Table } from '../../model/table.ts';
import type { Require, Show } from '../../statement/statement.ts';
import type { DialectRequest, RouteContext } from '../dialect.ts';
import { oneObject } from './changes.ts';
import { all } from './filter.ts';
import { isPermanent, largestPage, queryShow, showOf } from './find.ts';
import { unlinkChildren } from './links.ts';
import { recordOutput } from './output.ts';
import type { Shape } from './respond.ts';
import { nameOf, ref } from './tables.ts';
import {
  childToWrite,
  downFrom,
  found,
  nothingThere,
  type Parent,
  parentFirst,
  parentOf,
  shifted,
} from './way.ts';
import { asOne, type Step, type Work } from './work.ts';
import { deleteRecords, keyIs, readRecord, requireLive, updateRecords } from './writes.ts';

type Handler = (request: DialectRequest, context: RouteContext, shape: Shape) => Work;

/** The steps that end with the child being there, below that parent. */
function childSteps(
  { table, id, relation }: Parent,
  child: string,
  check: Require,
  show: Show,
  shape: Shape,
): { readonly target: Table; readonly steps: readonly Step[] } {
  if (relation.kind === 'belongs_to') return nothingThere();
  const target = relation.kind === 'has_many' ? relation.child : relation.far;
  const down = downFrom(table, id, relation, check);
  const step: Step = (earlier) => ({
    kind: 'read',
    table: ref(target),
    where: all([down.where(earlier), keyIs(target, child)]),
    output: recordOutput(target, shape),
    limit: 1,
    show,
    cap: largestPage,
    require: { key: child },
  });
  return { target, steps: [...down.steps, step] };
}

export const getChild: Handler = (request, context, shape) => {
  const parent = parentOf(request, context);
  const child = request.params['child'] ?? '';
  const show = showOf(queryShow(request.query), context.principal, 'trashed');
  const check = found(parent.table, parent.id, show);
  const { target, steps } = childSteps(parent, child, check, show, shape);
  const { fail } = readRecord(target, child, show, shape);
  return {
    steps,
    data: asOne,
    subject: { schema: nameOf(target), verb: 'read' },
    fail: parentFirst(parent.table, steps.length - 1, fail),
  };
};

/** A write below a parent: the child is looked up there first, in the same transaction. */
function writeChild(
  request: DialectRequest,
  context: RouteContext,
  shape: Shape,
  work: (target: Table, child: string) => Work,
): Work {
  const parent = parentOf(request, context);
  const target = childToWrite(context, parent.relation);
  const child = request.params['child'] ?? '';
  const write = work(target, child);
  const check = requireLive(parent.table, [parent.id]);
  const { steps } = childSteps(parent, child, check, 'trashed', shape);
  const offset = steps.length;
  const { fail } = readRecord(target, child, 'trashed', shape);
  const own: NonNullable<Work['fail']> = (error, step) => {
    const read = step === 0 ? fail : write.fail;
    return read ? read(error, step) : error;
  };
  return {
    ...write,
    steps: [...steps, ...write.steps.map((step) => shifted(step, offset))],
    fail: parentFirst(parent.table, offset - 1, own),
  };
}

export const putChild: Handler = (request, context, shape) =>
  writeChild(request, context, shape, (target, id) =>
    updateRecords(target, [{ id, body: oneObject(request.body) }], false, shape),
  );

/** Below a many-to-many only the link goes; the record stays. */
export const deleteChild: Handler = (request, context, shape) => {
  const parent = parentOf(request, context);
  if (parent.relation.kind === 'many_to_many') {
    childToWrite(context, parent.relation);
    const check = requireLive(parent.table, [parent.id]);
    const child = request.params['child'] ?? '';
    return unlinkChildren(parent.table, parent.id, parent.relation, check, shape, child);
  }
  return writeChild(request, context, shape, (target, id) =>
    deleteRecords(target, [id], isPermanent(request.query), false, shape),
  );
};
