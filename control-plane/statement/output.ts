import type { Json } from '../base/json.ts';
import type { AccessList } from '../model/table.ts';
import type { Hop, Search } from './predicate.ts';

/** How values are printed. `safe`: integers beyond ±(2^53−1) and decimals of more than 15 digits become strings. */
export interface Format {
  readonly numbers: 'safe' | 'plain';
  /** `millis`: UTC ISO 8601 with milliseconds and Z. `trimmed`: fraction only when non-zero, and intervals as ISO 8601 durations. `local`: UTC without zone. `micros`: the same, six digits. */
  readonly times: 'millis' | 'trimmed' | 'local' | 'micros';
}

/** One key of an output row. */
export type OutputItem =
  | {
      readonly kind: 'column';
      readonly name: string;
      readonly as?: string;
      /** As a string, whatever its type. */
      readonly text?: boolean;
    }
  /** Several columns as one JSON object. */
  | { readonly kind: 'object'; readonly columns: readonly string[]; readonly as: string }
  | {
      readonly kind: 'access';
      readonly list: AccessList;
      readonly as: string /** Only when not empty. */;
      readonly optional?: boolean;
    }
  /** Whether the caller holds the right on the row: decided by the row's policy. */
  | { readonly kind: 'right'; readonly right: Right; readonly as: string }
  /** The names of those rights that the caller holds on the row. */
  | {
      readonly kind: 'rights';
      readonly rights: readonly { readonly right: Right; readonly name: string }[];
      readonly as: string;
    }
  /** A column's value as the only member of an object; NULL stays null. */
  | { readonly kind: 'member'; readonly name: string; readonly member: string; readonly as: string }
  | Related
  /** How well the row answers a search. */
  | { readonly kind: 'rank'; readonly search: Search; readonly as: string }
  | { readonly kind: 'literal'; readonly value: Json; readonly as: string };

/**
 * The row at the end of the hops, null where there is none; with `many` all of them, once each, in the order of their key. Each table's
 * own policy decides what is there, and what is soft-deleted is not.
 */
export interface Related {
  readonly kind: 'related';
  readonly hops: readonly Hop[];
  readonly as: string;
  readonly items: readonly OutputItem[];
  /** More than the limit are cut, which the key `truncated` then says; else it is absent. */
  readonly many?: { readonly limit: number; readonly truncated: string };
}

export type Right = 'read' | 'edit' | 'delete' | 'share' | 'denied';

/** Keys of an output row in order. Absent in a statement: every user column under its own name. */
export interface Output {
  readonly items: readonly OutputItem[];
  readonly format: Format;
  /** Behind the items: what a row holds under names that nothing declares. */
  readonly undeclared?: boolean;
}
