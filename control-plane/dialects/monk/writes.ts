import { ServiceError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Require, Show, Target, Update } from '../../statement/statement.ts';
import { type Change, change, newRow } from './changes.ts';
import type { Verb } from './errors.ts';
import { largestPage } from './find.ts';
import { deletedOutput, noOutput, recordOutput } from './output.ts';
import type { Shape } from './respond.ts';
import { keyOf, nameOf, ref } from './tables.ts';
import { asArray, asOne, last, type Step, type Work } from './work.ts';

/** A change and the key of the record it's for. */
export interface KeyedBody {
  readonly id: string;
  readonly body: JsonObject;
}

export function keyIs(table: Table, id: string): Predicate {
  const name = keyOf(table);
  return {
    kind: 'compare',
    field: { kind: 'column', name },
    operator: 'eq',
    operand: id,
    label: name,
  };
}

/** One record by its key; an id that can't be a key names no record. */
export function readRecord(table: Table, id: string, show: Show, shape: Shape): Work {
  return {
    steps: [
      {
        kind: 'read',
        table: ref(table),
        where: keyIs(table, id),
        output: recordOutput(table, shape),
        limit: 1,
        show,
        cap: largestPage,
        require: { key: id },
      },
    ],
    data: asOne,
    subject: { schema: nameOf(table), verb: 'read' },
    fail: (error) => keyMisfit(error, id),
  };
}

/** A value that doesn't fit can only be the key where nothing else was compared. */
export function keyMisfit(error: ServiceError, id: string): ServiceError {
  if (error.kind !== 'invalid_operand') return error;
  return new ServiceError('row_not_found', undefined, { ...error.detail, keys: [id] });
}

/** One statement for some records, answered by a list or by the one; none where there are no records. */
function writing(
  table: Table,
  verb: Verb,
  { length }: readonly unknown[],
  many: boolean,
  step: Step,
): Work {
  const subject = { schema: nameOf(table), verb };
  if (length === 0) return { steps: [], data: () => '[]', subject };
  return { steps: [step], data: many ? asArray : asOne, subject };
}

export function createRecords(
  table: Table,
  bodies: readonly JsonObject[],
  many: boolean,
  shape: Shape,
): Work {
  return writing(table, 'create', bodies, many, {
    kind: 'insert',
    table: ref(table),
    rows: bodies.map((body) => newRow(table, body)),
    output: recordOutput(table, shape),
  });
}

/** Only that the rows are there, readable and live. */
export function requireLive(table: Table, keys: readonly string[]): Require {
  return { kind: 'require', table: ref(table), keys, show: 'live', live: true };
}

export function updateRecords(
  table: Table,
  items: readonly KeyedBody[],
  many: boolean,
  shape: Shape,
): Work {
  const keys = items.map(({ id }) => id);
  const changes = items.map(({ id, body }) => change(table, body, id));
  return writing(table, 'update', items, many, {
    kind: 'update',
    table: ref(table),
    target: { by: 'keys', keys },
    ...rowsOf(changes),
    output: recordOutput(table, shape),
    show: 'live',
  });
}

function rowsOf(changes: readonly Change[]): Pick<Update, 'changes' | 'expect'> {
  const rows = { changes: changes.map(({ row }) => row) };
  const expects = changes.some(({ expect }) => Object.keys(expect).length > 0);
  return expects ? { ...rows, expect: changes.map(({ expect }) => expect) } : rows;
}

/** One change of all records that match; `{updated, matched}`. */
export function updateWhere(table: Table, where: Predicate, body: JsonObject): Work {
  const found = change(table, body);
  return {
    steps: [
      {
        kind: 'update',
        table: ref(table),
        target: { by: 'where', where },
        ...rowsOf([found]),
        output: noOutput,
        show: 'live',
      },
    ],
    data: (results) => {
      const { changed = 0, matched = 0 } = last(results);
      return JSON.stringify({ updated: changed, matched });
    },
    subject: { schema: nameOf(table), verb: 'update' },
  };
}

/** The changed records of all that match; one the caller may not change refuses all. */
export function updateAny(table: Table, where: Predicate, body: JsonObject, shape: Shape): Work {
  const found = change(table, body);
  return {
    steps: [
      {
        kind: 'update',
        table: ref(table),
        target: { by: 'where', where, strict: true, cap: largestPage },
        ...rowsOf([found]),
        output: recordOutput(table, shape),
        show: 'live',
      },
    ],
    data: asArray,
    subject: { schema: nameOf(table), verb: 'update' },
  };
}

function deletion(table: Table, target: Target, permanent: boolean, output = noOutput): Step {
  const forGood = permanent && table.features.softDelete;
  return { kind: 'delete', table: ref(table), target, permanent: forGood, output };
}

export function deleteRecords(
  table: Table,
  keys: readonly string[],
  permanent: boolean,
  many: boolean,
  shape: Shape,
): Work {
  const output = deletedOutput(table, shape);
  return {
    ...writing(
      table,
      'delete',
      keys,
      many,
      deletion(table, { by: 'keys', keys }, permanent, output),
    ),
    // What is in the trash is deleted already.
    fail: (error) =>
      error.kind === 'row_trashed'
        ? new ServiceError('row_not_found', undefined, {
            ...error.detail,
            keys: error.detail.keys ?? keys,
          })
        : error,
  };
}

export function deleteWhere(table: Table, where: Predicate, permanent: boolean): Work {
  return {
    steps: [deletion(table, { by: 'where', where }, permanent)],
    data: (results) => {
      const { changed = 0, matched = 0 } = last(results);
      return JSON.stringify({ deleted: changed, matched });
    },
    subject: { schema: nameOf(table), verb: 'delete' },
  };
}

export function deleteAny(table: Table, where: Predicate, shape: Shape): Work {
  const target = { by: 'where', where, strict: true, cap: largestPage } as const;
  return {
    steps: [deletion(table, target, false, deletedOutput(table, shape))],
    data: asArray,
    subject: { schema: nameOf(table), verb: 'delete' },
  };
}

export function restoreRecords(
  table: Table,
  keys: readonly string[],
  many: boolean,
  shape: Shape,
): Work {
  return writing(table, 'delete', keys, many, {
    kind: 'restore',
    table: ref(table),
    target: { by: 'keys', keys },
    output: recordOutput(table, shape),
  });
}
