import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { Predicate } from '../../statement/predicate.ts';
import { refuse } from './errors.ts';
import { all, keyed, type Member, named, own, type Scope } from './group.ts';

const deepest = 32;

type Logic = 'and' | 'or' | 'not';

/**
 * The members of a tree's root, which is a conjunction. Two forms may be mixed: `{"field","operator","value"}` with nodes
 * `{"operator":"and|or|not","value"}`, and objects of `field__op` with `and`, `or`, `not` among them.
 * @throws ServiceError naming what is not understood
 */
export function membersOf(json: Json, scope: Scope): readonly Member[] {
  return conjuncts(json, scope, 0, false);
}

/** Members of one conjunction: an object's keys, or those of all objects of an array. */
function conjuncts(json: Json, scope: Scope, depth: number, odd: boolean): readonly Member[] {
  if (Array.isArray(json)) {
    return (json as readonly Json[]).flatMap((item) => object(item, scope, depth, odd));
  }
  return object(json, scope, depth, odd);
}

function object(json: Json, scope: Scope, depth: number, odd: boolean): readonly Member[] {
  if (!isObject(json)) return refuse('A filter is made of objects', 'filters', 'invalid_filter');
  if (isNode(json))
    return [own(logic(json['operator'] as Logic, json['value'], scope, depth, odd))];
  if (isLeaf(json)) return [leaf(json, scope, odd)];
  return Object.entries(json).map(([key, value]) =>
    isLogic(key)
      ? own(logic(key, value, scope, depth, odd))
      : keyed(key, { value, typed: true }, scope, odd),
  );
}

function isLogic(text: Json | undefined): text is Logic {
  return text === 'and' || text === 'or' || text === 'not';
}

function isNode(json: JsonObject): boolean {
  return isLogic(json['operator']) && Object.keys(json).length === 2 && json['value'] !== undefined;
}

function isLeaf(json: JsonObject): boolean {
  const keys = Object.keys(json);
  return (
    json['field'] !== undefined &&
    json['operator'] !== undefined &&
    keys.every((key) => key === 'field' || key === 'operator' || key === 'value')
  );
}

function leaf({ field, operator, value }: JsonObject, scope: Scope, odd: boolean): Member {
  if (typeof field !== 'string') return refuse('field must be text', 'field', 'invalid_filter');
  if (typeof operator !== 'string') {
    return refuse(`${field}: operator must be text`, field, 'invalid_filter');
  }
  if (value === undefined) return refuse(`${field}: value is missing`, field, 'invalid_filter');
  return named(field, operator, { value, typed: true }, scope, odd);
}

/** Alternatives are a conjunction each; so is what a `not` denies. */
function logic(
  kind: Logic,
  value: Json | undefined,
  scope: Scope,
  above: number,
  odd: boolean,
): Predicate {
  const depth = above + 1;
  if (depth > deepest) {
    refuse(`A filter nests at most ${deepest} levels`, 'filters', 'limit_exceeded');
  }
  if (kind === 'or') {
    if (!Array.isArray(value)) return refuse('or takes an array', 'or', 'invalid_filter');
    const options = value as readonly Json[];
    if (options.length === 0) refuse('or takes at least one condition', 'or', 'invalid_filter');
    return { kind: 'or', of: options.map((item) => all(needed(item, 'or', scope, depth, odd))) };
  }
  if (kind === 'not') {
    if (value === undefined) return refuse('not takes a condition', 'not', 'invalid_filter');
    return { kind: 'not', of: all(needed(value, 'not', scope, depth, !odd)) };
  }
  if (!Array.isArray(value)) return refuse('and takes an array', 'and', 'invalid_filter');
  return all(conjuncts(value, scope, depth, odd));
}

function needed(
  json: Json,
  kind: Logic,
  scope: Scope,
  depth: number,
  odd: boolean,
): readonly Member[] {
  const members = conjuncts(json, scope, depth, odd);
  if (members.length > 0) return members;
  return refuse(`${kind} takes at least one condition`, kind, 'invalid_filter');
}
