import type { Json } from '../base/json.ts';
import type { Operator } from './operators.ts';

/** Where a value is found, seen from the row a predicate speaks of. Names are logical and unresolved. */
export type Field =
  | { readonly kind: 'column'; readonly name: string }
  /** A JSON path into a jsonb column; a numeric segment is an array index. */
  | { readonly kind: 'path'; readonly column: string; readonly path: readonly string[] }
  /**
   * The value of a column of any type as JSON, or a path into it. `only`: values of another JSON type count as missing (`text`: the text of any scalar); strings
   * compare by code points, numbers by value.
   */
  | {
      readonly kind: 'json';
      readonly column: string;
      readonly path: readonly string[];
      readonly only?: 'string' | 'number' | 'text';
    }
  /** A record access list, as text[]. */
  | {
      readonly kind: 'access';
      readonly list: 'read' | 'edit' | 'full' | 'delete' | 'deny' | 'authors';
    }
  /** A value that no column declares, in the table's holder: the path to it. */
  | { readonly kind: 'undeclared'; readonly path: readonly string[] }
  /** How well a row answers a search: words that weigh more, and more of them, raise it. */
  | { readonly kind: 'rank'; readonly search: Search };

/** One hop along a foreign key: `forward` from its table to the target, `reverse` from the target to its table. */
export interface Hop {
  /** Name of the reference (constraint). */
  readonly reference: string;
  readonly direction: 'forward' | 'reverse';
}

/**
 * Full text over joined columns; absent columns: the table's search vector. `all` words, `any` word, or web-search syntax. Only in the
 * language of the vector does its index serve.
 */
export interface Search {
  readonly kind: 'search';
  readonly columns?: readonly string[];
  readonly query: string;
  readonly mode: 'all' | 'any' | 'web';
  readonly language: string;
}

/** Truth of a row, in SQL's three-valued logic. */
export type Predicate =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Predicate[] }
  | { readonly kind: 'not'; readonly of: Predicate }
  /** `label` names the condition in errors, as the caller wrote it. */
  | {
      readonly kind: 'compare';
      readonly field: Field;
      readonly operator: Operator;
      readonly operand: Json;
      readonly label?: string;
    }
  /** Some row reached by the hops satisfies `where`; the read policy of each table on the way applies. */
  | { readonly kind: 'related'; readonly hops: readonly Hop[]; readonly where: Predicate }
  | Search
  /** The row is below or above the row of a key along the edges of its table's graph, at any distance; that row itself is not. */
  | {
      readonly kind: 'reach';
      readonly direction: 'descendants' | 'ancestors';
      /** The column spoken of: no other than the key. */
      readonly column: string;
      readonly key: Json;
      /** Absent: edges of all types. */
      readonly types?: readonly string[];
      readonly label?: string;
    }
  | { readonly kind: 'constant'; readonly value: boolean };
