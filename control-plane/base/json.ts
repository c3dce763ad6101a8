/** Any JSON value, as parsed from a body or bound as a parameter. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject | ExactNumber;

export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * A number whose digits a double would change (beyond ±(2^53−1), long decimals, 1e400), kept as they were sent. `JSON.stringify` prints
 * them as a number again, so Postgres receives what the caller wrote. Made by {@link exactNumber} only: an object of the same shape in
 * a body is an ordinary object.
 */
export interface ExactNumber {
  readonly rawJSON: string;
}

/** Node 24 has these; the `es2024` library doesn't describe them yet. */
const json = JSON as unknown as {
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
};

/** The number that these digits spell, unchanged. */
export function exactNumber(digits: string): ExactNumber {
  return json.rawJSON(digits);
}

/** True for a number kept as its digits. */
export function isExactNumber(value: unknown): value is ExactNumber {
  return json.isRawJSON(value);
}

/** True for any JSON number. */
export function isNumber(value: unknown): value is number | ExactNumber {
  return typeof value === 'number' || isExactNumber(value);
}

/** The digits of a number, as JSON spells them. */
export function digitsOf(value: number | ExactNumber): string {
  return typeof value === 'number' ? String(value) : value.rawJSON;
}

/** True for a JSON object: not null, not an array, not a number kept as its digits. */
export function isObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value)
  );
}

/**
 * The member of this name, where an object has it itself. Every object inherits a `constructor`, a `valueOf` and a `__proto__`: a name that
 * comes from outside is looked up by this function only.
 */
export function memberOf<T>(object: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Gives an object that is being made a member. To `__proto__` an assignment does something else. */
export function setMember<T>(object: Record<string, T>, name: string, value: T): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, ...ordinary });
}

/** As an assignment makes it. */
const ordinary = { configurable: true, enumerable: true, writable: true };

/** True for an array that holds only strings. */
export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
