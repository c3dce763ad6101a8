import type { JsonObject } from '../../base/json.ts';
import type { Reference, Table } from '../../model/table.ts';
import type { Require } from '../../statement/statement.ts';
import type { DialectRequest, RouteContext } from '../dialect.ts';
import { newRow, oneObject } from './changes.ts';
import { all } from './filter.ts';
import { isPermanent, largestPage, parseQuery, queryShow, readOf, showOf } from './find.ts';
import { linkChild, unlinkChildren } from './links.ts';
import { deletedOutput, recordOutput } from './output.ts';
import { ends, linked } from './relationships.ts';
import type { Shape } from './respond.ts';
import { nameOf, ref } from './tables.ts';
import {
  childToWrite,
  downFrom,
  found,
  holds,
  nothingThere,
  parentFirst,
  parentOf,
  wayFrom,
} from './way.ts';
import { asArray, asOne, listCounts, type Work } from './work.ts';
import { requireLive } from './writes.ts';

type Handler = (request: DialectRequest, context: RouteContext, shape: Shape) => Work;

export const getRelated: Handler = (request, context, shape) => {
  const { table, id, relation } = parentOf(request, context);
  const show = showOf(queryShow(request.query), context.principal, 'trashed');
  const check = found(table, id, show);
  if (relation.kind === 'belongs_to') {
    return belongsTo(table, id, relation, check, request, context, shape);
  }
  const target = relation.kind === 'has_many' ? relation.child : relation.far;
  const asked = parseQuery(target, request.query, context);
  const down = downFrom(table, id, relation, check);
  return {
    steps: [
      ...down.steps,
      (earlier) => {
        const mine = down.where(earlier);
        const where = asked.where === undefined ? mine : all([mine, asked.where]);
        return readOf(target, { ...asked, where }, shape);
      },
    ],
    data: asArray,
    counts: listCounts,
    subject: { schema: nameOf(target), verb: 'read' },
    fail: parentFirst(table, down.steps.length),
  };
};

/** The one record that a foreign key of the parent points at, or null. */
function belongsTo(
  table: Table,
  id: string,
  { target, reference }: { target: Table; reference: Reference },
  check: Require,
  request: DialectRequest,
  context: RouteContext,
  shape: Shape,
): Work {
  const { from, to } = ends(reference);
  const way = wayFrom(table, id, from, check);
  const show = showOf(queryShow(request.query), context.principal);
  return {
    steps: [
      ...way.steps,
      (earlier) => ({
        kind: 'read',
        table: ref(target),
        where: holds(to, way.value(earlier)),
        output: recordOutput(target, shape),
        limit: 1,
        show,
        cap: largestPage,
      }),
    ],
    data: asOne,
    subject: { schema: nameOf(table), verb: 'read' },
  };
}

export const postRelated: Handler = (request, context, shape) => {
  const { table, id, relation } = parentOf(request, context);
  const target = childToWrite(context, relation);
  const body = oneObject(request.body);
  const check = requireLive(table, [id]);
  if (relation.kind === 'many_to_many') return linkChild(table, id, relation, check, body, shape);
  if (relation.kind === 'belongs_to') return nothingThere();
  return createChild(table, id, target, relation.reference, check, body, shape);
};

function createChild(
  table: Table,
  id: string,
  child: Table,
  reference: Reference,
  check: Require,
  body: JsonObject,
  shape: Shape,
): Work {
  const { from, to } = ends(reference);
  const way = wayFrom(table, id, to, check);
  return {
    steps: [
      ...way.steps,
      (earlier) => {
        return {
          kind: 'insert',
          table: ref(child),
          rows: [newRow(child, { ...body, [from]: linked(way.value(earlier)) })],
          output: recordOutput(child, shape),
        };
      },
    ],
    data: asOne,
    subject: { schema: nameOf(child), verb: 'create' },
    fail: parentFirst(table, way.steps.length),
  };
}

export const deleteRelated: Handler = (request, context, shape) => {
  const { table, id, relation } = parentOf(request, context);
  const child = childToWrite(context, relation);
  const permanent = isPermanent(request.query);
  const check = requireLive(table, [id]);
  if (relation.kind === 'many_to_many') return unlinkChildren(table, id, relation, check, shape);
  if (relation.kind === 'belongs_to') return nothingThere();
  const down = downFrom(table, id, relation, check);
  return {
    steps: [
      ...down.steps,
      (earlier) => ({
        kind: 'delete',
        table: ref(child),
        target: { by: 'where', where: down.where(earlier), cap: largestPage },
        permanent: permanent && child.features.softDelete,
        output: deletedOutput(child, shape),
      }),
    ],
    data: asArray,
    subject: { schema: nameOf(child), verb: 'delete' },
    fail: parentFirst(table, down.steps.length),
  };
};
