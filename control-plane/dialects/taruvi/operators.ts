import type { Operator } from '../../statement/operators.ts';
import type { Kind } from './names.ts';

/** How an operator of this dialect becomes one of the engine. */
export interface Row {
  readonly operator: Operator;
  /** NULL satisfies neither an operator nor its negation. */
  readonly negated: boolean;
  readonly operand: Operand;
  /** Fields it goes with. */
  readonly on: readonly Kind[];
  /** Edges of the table's graph that it follows. */
  readonly direction?: 'descendants' | 'ancestors';
}

/** What an operator takes; `member` is one element of an array, `extent` a range or, where it may, a single value. */
export type Operand =
  | 'value'
  | 'ordered'
  | 'pair'
  | 'list'
  | 'texts'
  | 'text'
  | 'truth'
  | 'words'
  | 'elements'
  | 'member'
  | 'range'
  | 'extent'
  | 'node';

const ordered: readonly Kind[] = ['text', 'scalar', 'path'];
const listed: readonly Kind[] = ['text', 'scalar', 'path', 'json'];
const equal: readonly Kind[] = [...listed, 'array', 'range'];
const textual: readonly Kind[] = ['text', 'path'];
const arrays: readonly Kind[] = ['array', 'json', 'path'];
const any: readonly Kind[] = ['text', 'scalar', 'array', 'json', 'path', 'range', 'point'];

function row(operator: Operator, operand: Operand, on: readonly Kind[], negated = false): Row {
  return { operator, operand, on, negated };
}

/** An operator under its names, and its negation, which has an `n` before each of them. */
function both(names: readonly string[], of: Row): Readonly<Record<string, Row>> {
  const opposite = { ...of, negated: true };
  return Object.fromEntries(
    names.flatMap((name) => [[name, of] as const, [`n${name}`, opposite] as const]),
  );
}

/** THE table of operators, by the word behind a field's name. */
const table: Readonly<Record<string, Row>> = {
  eq: row('eq', 'value', equal),
  ne: row('eq', 'value', equal, true),
  gt: row('gt', 'ordered', ordered),
  gte: row('gte', 'ordered', ordered),
  lt: row('lt', 'ordered', ordered),
  lte: row('lte', 'ordered', ordered),
  ...both(['in'], row('in', 'list', listed)),
  ...both(['ina'], row('iin', 'texts', textual)),
  ...both(['contains', 'icontains'], row('icontains', 'text', textual)),
  ...both(['containss'], row('contains', 'text', textual)),
  ...both(['startswith', 'istartswith'], row('istarts_with', 'text', textual)),
  ...both(['startswiths'], row('starts_with', 'text', textual)),
  ...both(['endswith', 'iendswith'], row('iends_with', 'text', textual)),
  ...both(['endswiths'], row('ends_with', 'text', textual)),
  ...both(['between'], row('between', 'pair', ordered)),
  ...both(['null'], row('is_null', 'truth', any)),
  isnull: row('is_null', 'truth', any),
  like: row('like', 'text', textual),
  ilike: row('ilike', 'text', textual),
  search: row('search', 'words', ['text']),
  ...both(['acontains'], row('array_contains', 'elements', arrays)),
  ...both(['acontainedby'], row('array_contained_by', 'elements', arrays)),
  ...both(['aoverlap'], row('array_overlaps', 'elements', arrays)),
  ...both(['aelement'], row('array_contains', 'member', arrays)),
  rcontains: row('range_contains', 'extent', ['range']),
  rcontainedby: row('range_contained_by', 'range', ['range']),
  roverlaps: row('range_overlaps', 'range', ['range']),
  radjacent: row('range_adjacent', 'range', ['range']),
  rstrictleft: row('range_left_of', 'range', ['range']),
  rstrictright: row('range_right_of', 'range', ['range']),
  descendants: { ...row('eq', 'node', ['text', 'scalar']), direction: 'descendants' },
  ancestors: { ...row('eq', 'node', ['text', 'scalar']), direction: 'ancestors' },
};

/** The operator of a word, as it is written. */
export function operatorOf(word: string): Row | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}

/** Every word of the table. */
export const operatorNames: readonly string[] = Object.keys(table);
