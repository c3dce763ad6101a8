import type { ServiceError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Require, Result, Show, Statement } from '../../statement/statement.ts';
import type { DialectRequest, RouteContext } from '../dialect.ts';
import { refuse } from './codes.ts';
import { translate } from './errors.ts';
import { largestPage } from './find.ts';
import { firstValue } from './lossless.ts';
import { columnsOutput } from './output.ts';
import { ends, type Relation, resolveRelation } from './relationships.ts';
import { keyOf, nameOf, ref, toRead, toWrite } from './tables.ts';
import type { Step, Work } from './work.ts';
import { keyIs } from './writes.ts';

/** A parent, the way down from it, and how later steps know its children. */
export interface Parent {
  readonly table: Table;
  readonly id: string;
  readonly relation: Relation;
}

export function parentOf(request: DialectRequest, context: RouteContext): Parent {
  const table = toRead(context, request.params['schema'] ?? '');
  keyOf(table);
  const relation = resolveRelation(context.catalog, table, request.params['relationship'] ?? '');
  return { table, id: request.params['id'] ?? '', relation };
}

/** The records that a statement about the children is about: those it may write must be writable as anywhere. */
export function childToWrite(context: RouteContext, relation: Relation): Table {
  if (relation.kind === 'belongs_to') return nothingThere();
  return toWrite(context, nameOf(relation.kind === 'has_many' ? relation.child : relation.far));
}

export function nothingThere(): never {
  return refuse('RELATIONSHIP_NOT_FOUND', 'A related record has no children here');
}

/** Steps that find the parent, and the value its children hold. */
export interface Way {
  readonly steps: readonly Step[];
  readonly value: (earlier: readonly Result[]) => Json;
}

export function found(table: Table, id: string, show: Show): Require {
  return { kind: 'require', table: ref(table), keys: [id], show, live: false };
}

/** Children hold the parent's key, or another of its columns, which must be read first. */
export function wayFrom(parent: Table, id: string, column: string, check: Require): Way {
  if (column === keyOf(parent)) return { steps: [check], value: () => id };
  const read: Statement = {
    kind: 'read',
    table: ref(parent),
    where: keyIs(parent, id),
    output: columnsOutput([column]),
    limit: 1,
    show: 'trashed',
    cap: largestPage,
    require: { key: id },
  };
  return { steps: [check, read], value: (earlier) => firstValue(earlier[1]?.rows ?? '[]', column) };
}

export function holds(column: string, value: Json): Predicate {
  if (value === null) return { kind: 'constant', value: false };
  const field = { kind: 'column', name: column } as const;
  return { kind: 'compare', field, operator: 'eq', operand: value, label: column };
}

/** Errors of the first steps are about the parent, the others are the work's own. */
export function parentFirst(
  parent: Table,
  steps: number,
  own?: NonNullable<Work['fail']>,
): NonNullable<Work['fail']> {
  return (error: ServiceError, step: number) => {
    if (step < steps) return translate(error, { schema: nameOf(parent), verb: 'read' });
    return own ? own(error, step - steps) : error;
  };
}

/** A far row of a link: some link row points at it and holds the near value. */
function farPredicate(
  { reach }: Extract<Relation, { kind: 'many_to_many' }>,
  where: Predicate,
): Predicate {
  return { kind: 'related', hops: [{ reference: reach.name, direction: 'reverse' }], where };
}

export interface Down {
  readonly steps: readonly Step[];
  readonly where: (earlier: readonly Result[]) => Predicate;
}

/** From a parent to its children: the foreign key holds the parent's value, in them or in the link between. */
export function downFrom(
  table: Table,
  id: string,
  relation: Exclude<Relation, { kind: 'belongs_to' }>,
  check: Require,
): Down {
  const { from, to } = ends(relation.kind === 'has_many' ? relation.reference : relation.near);
  const way = wayFrom(table, id, to, check);
  return {
    steps: way.steps,
    where: (earlier) => {
      const mine = holds(from, way.value(earlier));
      return relation.kind === 'has_many' ? mine : farPredicate(relation, mine);
    },
  };
}

/** A step that builds on earlier ones of its own work, placed behind others. */
export function shifted(step: Step, offset: number): Step {
  return typeof step === 'function' ? (earlier) => step(earlier.slice(offset)) : step;
}
