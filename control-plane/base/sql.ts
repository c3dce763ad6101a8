import format from 'pg-format';
import { keep } from './keep.ts';

/**
 * A fragment of SQL with its bound values. Made only by {@link sql}, {@link ident}, {@link bind},
 * {@link literal}, {@link join} and {@link raw}; a plain string or a parsed JSON value can never pass as one, because
 * the brand is a module-private symbol.
 */
export interface Sql {
  readonly [brand]: true;
  readonly parts: readonly Part[];
}

/** Fragments are kept as a tree and written out once, by toQuery: copying parts upwards was most of the cost of a plan. */
type Part = string | Bound | Sql;

/** A value that travels beside the text as `$n`. */
interface Bound {
  readonly value: unknown;
}

/** SQL text with numbered placeholders and the values for them, ready for the wire. */
export interface Query {
  readonly text: string;
  readonly values: readonly unknown[];
  /** The text is one of its kind: no connection keeps it prepared in place of one that comes again. */
  readonly unnamed?: true;
}

const brand: unique symbol = Symbol('sql');

function make(parts: readonly Part[]): Sql {
  return { [brand]: true as const, parts };
}

/** True for a fragment made here. */
export function isSql(value: unknown): value is Sql {
  return typeof value === 'object' && value !== null && brand in value;
}

/**
 * Template tag: text is taken as written, every interpolation must itself be an Sql fragment.
 * @example sql`select ${ident('name')} from t where id = ${bind(7)}`
 */
export function sql(strings: TemplateStringsArray, ...fragments: readonly Sql[]): Sql {
  const parts: Part[] = [];
  // By number: an iterator of entries took a quarter of a plan.
  for (let at = 0; at < strings.length; at++) {
    const text = strings[at];
    if (text) parts.push(text);
    const fragment = fragments[at];
    if (fragment !== undefined) parts.push(checked(fragment));
  }
  return make(parts);
}

/** A bound value (`$n`). Equal values are not merged: the text must depend on the shape only. */
export function bind(value: unknown): Sql {
  return make([{ value }]);
}

/** A quoted identifier, or a dotted chain of them. */
export function ident(...names: readonly string[]): Sql {
  return make([names.map(quoted).join('.')]);
}

const quotedNames = new Map<string, string>();

/** Always in quotes: pg-format leaves `lateral`, `system_user` and later reserved words bare. The same names come with every request. */
function quoted(name: string): string {
  const known = quotedNames.get(name);
  if (known !== undefined) return known;
  const text = format.ident(name);
  const always = text.startsWith('"') ? text : `"${text}"`;
  keep(quotedNames, name, always, 10_000);
  return always;
}

/** A quoted literal, for DDL only: Postgres takes no parameters there. */
export function literal(value: string | number | boolean | null): Sql {
  return make([format.literal(value)]);
}

/** Text known at authoring time (operators, type names of our own tables). Never pass anything a caller sent. */
export function raw(text: string): Sql {
  return make([text]);
}

/** Fragments with a separator between them. */
export function join(fragments: readonly Sql[], separator = ', '): Sql {
  const parts: Part[] = [];
  for (const [index, fragment] of fragments.entries()) {
    if (index > 0) parts.push(separator);
    parts.push(checked(fragment));
  }
  return make(parts);
}

/** The same fragment with its text put together, for one that is used again and again. */
export function settled(fragment: Sql): Sql {
  const parts: Part[] = [];
  const gather = ({ parts: nested }: Sql): void => {
    for (const part of nested) {
      const last = parts.at(-1);
      if (typeof part !== 'string' && isSql(part)) gather(part);
      else if (typeof part === 'string' && typeof last === 'string')
        parts.push(`${parts.pop()}${part}`);
      else parts.push(part);
    }
  };
  gather(checked(fragment));
  return make(parts);
}

/** Numbers the placeholders: fragment → text and values. */
export function toQuery(fragment: Sql): Query {
  const values: unknown[] = [];
  return { text: write(checked(fragment), values), values };
}

function write({ parts }: Sql, values: unknown[]): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if (isSql(part)) text += write(part, values);
    else text += `$${values.push(part.value)}`;
  }
  return text;
}

/** The text of a fragment that binds nothing (DDL). */
export function toText(fragment: Sql): string {
  const { text, values } = toQuery(fragment);
  if (values.length > 0) throw new TypeError('DDL takes no parameters');
  return text;
}

function checked(fragment: Sql): Sql {
  if (!isSql(fragment)) throw new TypeError('only Sql fragments can be composed');
  return fragment;
}
