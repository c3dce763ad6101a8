import { isSql, type Sql, sql } from '../../base/sql.ts';

/** Types of expressions. `json`: known only when a row or a token is at hand. */
export type Type =
  | 'bool'
  | 'int'
  | 'double'
  | 'string'
  | 'timestamp'
  | 'duration'
  | 'null'
  | 'json'
  | { readonly list: Element };

/** What the elements of a list can be; `none` in an empty one. */
export type Element = 'bool' | 'int' | 'double' | 'string' | 'timestamp' | 'json' | 'none';

/**
 * An expression as SQL. An error of CEL is NULL in SQL and so travels through AND, OR and NOT as errors do through &&, || and !; a value
 * that may itself be null says by `fails` when its NULL is an error, where that can happen.
 */
export interface Value {
  readonly type: Type;
  readonly sql: Sql;
  /** Null is a value of it, not an error. */
  readonly nullable: boolean;
  /** May be an error. */
  readonly mayFail: boolean;
  /** Never NULL: whether it is an error. Needed only where it is nullable too. */
  readonly fails?: Sql;
  /** Speaks of a row, not of the caller alone. */
  readonly ofRow: boolean;
  /** A literal. */
  readonly constant?: string | number | bigint | boolean | null;
  /** Truths only: the same where NULL and false need not be told apart; in a form that indexes can serve. */
  readonly holds?: Sql;
  /** Truths only: not less than it, whatever the row. */
  readonly most?: Sql;
  /** Strings that are another type's text: the value itself, and the type. */
  readonly native?: { readonly sql: Sql; readonly type: 'uuid' };
  /** Elements of a list literal. */
  readonly elements?: readonly Value[];
}

/** A value that is neither null nor an error. */
export function certain(type: Type, text: Sql, ofRow = false): Value {
  return { type, sql: text, nullable: false, mayFail: false, ofRow };
}

/** A value computed from others: an error where one of them is one or NULL. */
export function computed(type: Type, text: Sql, of: readonly Value[]): Value {
  return {
    type,
    sql: text,
    nullable: false,
    mayFail: of.some((value) => value.mayFail || value.nullable),
    ofRow: of.some(({ ofRow }) => ofRow),
  };
}

/** A value computed by a function that may give up even on good operands. */
export function attempted(type: Type, text: Sql, of: readonly Value[]): Value {
  return { ...computed(type, text, of), mayFail: true };
}

/** Whether the value is an error, never NULL; undefined: it never is. */
export function failure(value: Value): Sql | undefined {
  if (!value.mayFail) return undefined;
  return value.fails ?? sql`(${value.sql}) is null`;
}

/** A truth with all it needs: two forms and the bound. */
export function truth(exact: Sql, of: readonly Value[], rest: Partial<Value> = {}): Value {
  return { ...computed('bool', exact, of), ...rest };
}

/** The form of a truth for conditions, where NULL is as good as false. */
export function holds(value: Value): Sql {
  return value.holds ?? value.sql;
}

/** What the truth can be at most, by what is known of the caller alone. */
export function most(value: Value): Sql {
  return value.most ?? (value.ofRow ? sql`true` : sql`coalesce(${value.sql}, false)`);
}

const sizes = new WeakMap<Sql, number>();

/** Length of the text of a fragment: nested conditions can repeat their operands. */
export function sizeOf(fragment: Sql): number {
  const known = sizes.get(fragment);
  if (known !== undefined) return known;
  const size = fragment.parts.reduce(
    (sum, part) => sum + (typeof part === 'string' ? part.length : isSql(part) ? sizeOf(part) : 8),
    0,
  );
  sizes.set(fragment, size);
  return size;
}

/** A type as messages name it. */
export function typeLabel(type: Type): string {
  return typeof type === 'object' ? `list of ${type.list}` : type;
}
