import { ServiceError } from '../../base/errors.ts';
import { type JsonObject, memberOf } from '../../base/json.ts';
import type { Table } from '../../model/table.ts';
import type { Link, Require } from '../../statement/statement.ts';
import { newRow } from './changes.ts';
import { firstValue } from './lossless.ts';
import { columnsOutput, recordOutput } from './output.ts';
import type { Relation } from './relationships.ts';
import type { Shape } from './respond.ts';
import { keyOf, nameOf, notFound, ref } from './tables.ts';
import { parentFirst } from './way.ts';
import { asArray, asOne, last, type Work } from './work.ts';

type Many = Extract<Relation, { kind: 'many_to_many' }>;

/** `{"id"}` links a row that is there; any other body makes the row and links it, in one transaction. */
export function linkChild(
  table: Table,
  id: string,
  relation: Many,
  check: Require,
  body: JsonObject,
  shape: Shape,
): Work {
  const { far } = relation;
  const key = keyOf(far);
  const given = Object.keys(body).length === 1 ? (memberOf(body, key) ?? body['id']) : undefined;
  const subject = { schema: nameOf(far), verb: 'create' } as const;
  if (typeof given === 'string' || typeof given === 'number') {
    const step = linkOf('link', table, id, relation, [String(given)], shape);
    const own = (error: ServiceError): ServiceError =>
      error.kind === 'row_not_found'
        ? new ServiceError('reference_violation', 'The record to link does not exist', error.detail)
        : error;
    return { steps: [check, step], data: asOne, subject, fail: parentFirst(table, 1, own) };
  }
  return {
    steps: [
      check,
      {
        kind: 'insert',
        table: ref(far),
        rows: [newRow(far, body)],
        output: recordOutput(far, shape),
      },
      (earlier) => {
        const made = firstValue(earlier[1]?.rows ?? '[]', key);
        return {
          ...linkOf('link', table, id, relation, [String(made)], shape),
          output: columnsOutput([key]),
        };
      },
    ],
    // The record as it was made: the link adds nothing to it.
    data: (results) => asOne(results.slice(0, 2)),
    subject,
    fail: parentFirst(table, 1),
  };
}

/** Takes links away, of all far rows or of one; the rows themselves stay and are the answer. */
export function unlinkChildren(
  table: Table,
  id: string,
  relation: Many,
  check: Require,
  shape: Shape,
  child?: string,
): Work {
  const { far } = relation;
  const keys = child === undefined ? undefined : [child];
  return {
    steps: [check, linkOf('unlink', table, id, relation, keys, shape)],
    data: (results) => {
      if (child === undefined) return asArray(results);
      if (last(results).count === 0) throw notFound(far, [child]);
      return asOne(results);
    },
    subject: { schema: nameOf(far), verb: 'delete' },
    fail: parentFirst(table, 1),
  };
}

function linkOf(
  kind: Link['kind'],
  table: Table,
  id: string,
  { far, near, reach }: Many,
  farKeys: readonly string[] | undefined,
  shape: Shape,
): Link {
  return {
    kind,
    near: ref(table),
    nearKey: id,
    hops: [
      { reference: near.name, direction: 'reverse' },
      { reference: reach.name, direction: 'forward' },
    ],
    ...(farKeys === undefined ? {} : { farKeys }),
    output: recordOutput(far, shape),
  };
}
