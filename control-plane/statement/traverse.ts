import type { TableName } from '../model/table.ts';
import type { Output } from './output.ts';
import type { Predicate } from './predicate.ts';
import type { Order, Show } from './statement.ts';

/** Which way edges are followed: an edge points from child to parent. */
export type Direction = 'descendants' | 'ancestors' | 'both';

/** How many nodes a traversal shows at most; one that meets more is refused, never cut. */
export const mostNodes = 10_000;

/** What replies of a traversal add to the rows. */
export interface TraverseKeys {
  /** The root itself, beside the rows that edges lead to. */
  readonly row: string;
  readonly depth: string;
  readonly type: string;
  readonly children: string;
}

/**
 * Rows reached from rows along the edges of their table's graph. What the caller can't see is neither shown nor passed through.
 *
 * `flat`: an object a root, with the root and, under the name (ancestors) or inverse (descendants) of each type of edge, the rows reached
 * by it; a row is reached once, at its least depth, by every type that leads there. `tree`: every path from a root that meets no row
 * twice. `graph`: one object of `nodes` and `edges`: every row reached, from whichever root, once, and the edges that were followed.
 *
 * Answers with the number of roots as `count`, of all rows that could be roots as `total`, of nodes shown as `matched`.
 */
export interface Traverse {
  readonly kind: 'traverse';
  readonly table: TableName;
  /** One row, row_not_found when it is not there; or a page of rows. */
  readonly roots:
    | { readonly by: 'key'; readonly key: string }
    | {
        readonly by: 'where';
        readonly where?: Predicate;
        readonly order: readonly Order[];
        readonly limit: number;
        readonly offset: number;
      };
  readonly form: 'flat' | 'tree' | 'graph';
  readonly direction: Direction;
  readonly depth: number;
  /** Absent: all types of edges. */
  readonly types?: readonly string[];
  /** How rows reached are sorted: nearest first, or each behind the row it was reached from; then by key. */
  readonly order: 'breadth' | 'depth';
  readonly keys: TraverseKeys;
  readonly output: Output;
  readonly show: Show;
  readonly most: number;
}

/**
 * A shortest path between two rows, or the cheapest by a number in the metadata of edges (missing counts 1): one object
 * `{"path":[rows],"edges":[edges],"length":edges,"cost"?}`, of nulls and no edges where there is no path. A row that is not there is
 * row_not_found.
 */
export interface Path {
  readonly kind: 'path';
  readonly table: TableName;
  readonly from: string;
  readonly to: string;
  readonly direction: Direction;
  readonly depth: number;
  readonly types?: readonly string[];
  readonly weight?: string;
  readonly output: Output;
  readonly show: Show;
  /** How many nodes the search may meet on its way. */
  readonly most: number;
}
