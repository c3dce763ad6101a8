/**
 * Values of columns as the oracle sees them: parsed from the JSON of the corpus, ordered as Postgres orders them. Imports nothing of
 * the product.
 */

export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | { readonly [key: string]: Value };

export type OracleType =
  | 'text'
  | 'integer'
  | 'decimal'
  | 'boolean'
  | 'timestamp'
  | 'date'
  | 'uuid'
  | 'jsonb';

/** A number of any length: digits × 10^-scale. */
interface Exact {
  readonly digits: bigint;
  readonly scale: number;
}

/** Compares two non-null scalars of a column type: −1, 0, 1. */
export function compare(type: OracleType, left: Value, right: Value): number {
  switch (type) {
    case 'integer':
    case 'decimal':
      return compareExact(exact(left), exact(right));
    case 'boolean':
      return Number(left) - Number(right);
    case 'timestamp':
      return sign(instant(left) - instant(right));
    case 'date':
      // Four-digit years: their text has the order of time.
      return compareText(text(left), text(right));
    case 'uuid':
      return compareText(text(left).toLowerCase(), text(right).toLowerCase());
    default:
      return compareText(text(left), text(right));
  }
}

/** Byte order of UTF-8, which is the order of the tests' cluster (C.UTF-8). */
export function compareText(left: string, right: string): number {
  return Math.sign(Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

function exact(value: Value): Exact {
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?\s*$/i.exec(String(value));
  if (match === null) throw new Error(`the oracle reads no number in ${JSON.stringify(value)}`);
  const [, minus, whole = '', fraction = '', exponent = '0'] = match;
  let digits = BigInt(`${whole}${fraction}` || '0');
  if (minus === '-') digits = -digits;
  const scale = fraction.length - Number(exponent);
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

function compareExact(left: Exact, right: Exact): number {
  const scale = Math.max(left.scale, right.scale);
  const of = (value: Exact): bigint => value.digits * 10n ** BigInt(scale - value.scale);
  return sign(of(left) - of(right));
}

function instant(value: Value): bigint {
  const time = Date.parse(text(value));
  if (Number.isNaN(time)) throw new Error(`the oracle reads no time in ${JSON.stringify(value)}`);
  return BigInt(time);
}

function sign(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}

export function text(value: Value): string {
  if (typeof value !== 'string') throw new Error(`not a text: ${JSON.stringify(value)}`);
  return value;
}

/** Case folding one code point at a time, as lower() does in C.UTF-8: never one character to several. */
export function lower(value: string): string {
  return [...value]
    .map((point) => {
      const low = point.toLowerCase();
      return [...low].length === 1 ? low : point;
    })
    .join('');
}

/** SQL LIKE with the escape character `\`. */
export function like(value: string, pattern: string): boolean {
  const source = pattern.replace(/\\([\s\S]|$)|%|_|[\s\S]/gu, (part, escaped?: string) => {
    if (part === '%') return '.*';
    return part === '_' ? '.' : literally(escaped ?? part);
  });
  return new RegExp(`^${source}$`, 'su').test(value);
}

function literally(point: string): string {
  return point.replace(/[\\^$.*+?()[\]{}|/-]/u, (special) => `\\${special}`);
}

/** jsonb containment `left @> right`. */
export function jsonContains(left: Value, right: Value, top = true): boolean {
  if (Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      right.every((wanted) => left.some((member: Value) => jsonContains(member, wanted, false)))
    );
  }
  if (isRecord(right)) {
    return (
      isRecord(left) &&
      Object.entries(right).every(([key, wanted]) => {
        const found = Object.hasOwn(left, key) ? left[key] : undefined;
        return found !== undefined && jsonContains(found, wanted, false);
      })
    );
  }
  // The documented exception: an array may contain a primitive, at the top only.
  if (top && Array.isArray(left)) return left.some((member: Value) => jsonEquals(member, right));
  return jsonEquals(left, right);
}

/** Equality of jsonb values: numbers by value, objects by members. */
export function jsonEquals(left: Value, right: Value): boolean {
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((member: Value, at) => jsonEquals(member, right[at] ?? null))
    );
  }
  if (isRecord(left) && isRecord(right)) {
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every(
        (key) => Object.hasOwn(right, key) && jsonEquals(left[key] ?? null, right[key] ?? null),
      )
    );
  }
  return left === right;
}

export function isRecord(value: unknown): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What `#>>` answers: the text of a JSON value, null for JSON null. */
export function jsonText(value: Value): string | null {
  if (value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The value at a path; null when missing or JSON null. A numeric segment indexes an array. */
export function atPath(value: Value, path: readonly string[]): Value {
  let at: Value = value;
  for (const segment of path) {
    if (Array.isArray(at)) {
      const found: Value | undefined = /^-?\d+$/.test(segment) ? at.at(Number(segment)) : undefined;
      at = found ?? null;
    } else if (isRecord(at)) {
      at = Object.hasOwn(at, segment) ? (at[segment] ?? null) : null;
    } else return null;
  }
  return at;
}
