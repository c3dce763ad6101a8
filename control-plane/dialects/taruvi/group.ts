import type { Catalog } from '../../model/catalog.ts';
import type { Table } from '../../model/table.ts';
import { searchVector } from '../../model/table-schema.ts';
import type { Hop, Predicate } from '../../statement/predicate.ts';
import { conditionOn } from './conditions.ts';
import { refuse } from './errors.ts';
import { type Place, placeOf, undeclaredPlace } from './names.ts';
import { type Sent, textOf } from './operands.ts';
import { operatorOf, type Row } from './operators.ts';
import { webSearch } from './search.ts';

const mostConditions = 1000;
const mostPaths = 5;

/** What the conditions of one request are about, and how many there are so far. */
export interface Scope {
  readonly table: Table;
  readonly catalog: Catalog;
  conditions: number;
  readonly paths: Set<string>;
}

export function newScope(table: Table, catalog: Catalog): Scope {
  return { table, catalog, conditions: 0, paths: new Set() };
}

/** A member of a conjunction. `hops`: it speaks of a related row. */
export interface Member {
  readonly predicate: Predicate;
  readonly hops: readonly Hop[];
}

/** Something that speaks of the row itself. */
export function own(predicate: Predicate): Member {
  return { predicate, hops: [] };
}

/** All of them. Those on one relation path must meet on one related row. */
export function all(members: readonly Member[]): Predicate {
  const groups = Map.groupBy(members, ({ hops }) => JSON.stringify(hops));
  return conjunction(
    [...groups.values()].flatMap((group) => {
      const predicates = group.map(({ predicate }) => predicate);
      const hops = group[0]?.hops ?? [];
      if (hops.length === 0) return predicates;
      return [{ kind: 'related', hops, where: conjunction(predicates) } as const];
    }),
  );
}

function conjunction(of: readonly Predicate[]): Predicate {
  const [only] = of;
  return only !== undefined && of.length === 1 ? only : { kind: 'and', of };
}

/** A condition named by one key: `field`, `field__op` or `field_op`. @throws ServiceError naming the key */
export function keyed(key: string, sent: Sent, scope: Scope, odd: boolean): Member {
  count(scope);
  if (isVector(key) && !scope.table.columns.some(({ name }) => name === key)) {
    refuse('vector search is not served', key);
  }
  if (key === `${searchVector(scope.table)}__search` && scope.table.search) {
    return overVector(key, sent, scope.table);
  }
  const { at, row } = resolve(key, scope);
  return member(at, row, sent, scope, odd);
}

/** A condition whose field and operator are told apart. @throws ServiceError naming either */
export function named(field: string, word: string, sent: Sent, scope: Scope, odd: boolean): Member {
  count(scope);
  const row = operatorOf(word) ?? refuse(`Unknown operator ${word}`, field, 'unknown_operator');
  if (field === searchVector(scope.table) && scope.table.search && row.operand === 'words') {
    return overVector(field, sent, scope.table);
  }
  return member(
    placed(field, scope) ?? undeclaredPlace(field, scope.table) ?? unknown(field),
    row,
    sent,
    scope,
    odd,
  );
}

function member(at: Place, row: Row, sent: Sent, scope: Scope, odd: boolean): Member {
  const { hops } = at;
  if (hops.length > 0) {
    scope.paths.add(JSON.stringify(hops));
    if (scope.paths.size > mostPaths) {
      refuse(`More than ${mostPaths} relation paths`, at.label, 'limit_exceeded');
    }
  }
  // Whether there is such a related row is never unknown.
  return { predicate: conditionOn(at, row, sent, hops.length === 0 && odd), hops };
}

const plain: Row = operatorOf('eq') ?? unknown('eq');

/** The whole key is a field; else it is cut at its last `__`; else at its last `_`. */
function resolve(key: string, scope: Scope): { readonly at: Place; readonly row: Row } {
  const exact = scope.table.columns.some(({ name }) => name === key);
  const whole = exact || !key.includes('__') ? placed(key, scope) : undefined;
  if (whole) return { at: whole, row: plain };
  for (const mark of ['__', '_']) {
    const cut = key.lastIndexOf(mark);
    const row = operatorOf(key.slice(cut + mark.length));
    if (cut < 1) continue;
    const at = placed(key.slice(0, cut), scope);
    if (at && row) return { at, row };
    if (at && mark === '__') refuse(`${key}: unknown operator`, key, 'unknown_operator');
  }
  return ofUndeclared(key, scope) ?? unknown(key);
}

/** As above, of a name that nothing declares; only `__` tells an operator there. */
function ofUndeclared(
  key: string,
  { table }: Scope,
): { readonly at: Place; readonly row: Row } | undefined {
  const cut = key.lastIndexOf('__');
  if (cut < 1) {
    const at = undeclaredPlace(key, table);
    return at && { at, row: plain };
  }
  const row = operatorOf(key.slice(cut + 2));
  const at = undeclaredPlace(key.slice(0, cut), table);
  if (at && !row) refuse(`${key}: unknown operator`, key, 'unknown_operator');
  return at && row && { at, row };
}

function placed(name: string, { table, catalog }: Scope): Place | undefined {
  return placeOf(name, table, catalog);
}

function unknown(key: string): never {
  return refuse(`Unknown field or operator: ${key}`, key, 'column_not_found');
}

function isVector(key: string): boolean {
  return key === '_topk' || /^_(vector|hybrid)_/.test(key) || key.endsWith('__vector_near');
}

function overVector(label: string, sent: Sent, table: Table): Member {
  const at = { label, kind: 'text' } as Place;
  return own(webSearch(textOf(at, sent.value), table));
}

function count(scope: Scope): void {
  scope.conditions += 1;
  if (scope.conditions <= mostConditions) return;
  refuse(`More than ${mostConditions} conditions`, 'filters', 'limit_exceeded');
}
