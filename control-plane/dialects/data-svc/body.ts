import { ServiceError } from '../../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import { refuse } from './refuse.ts';

/** True for a JSON object; a number kept as its text is none. */
export function isRecord(value: Json | undefined): value is JsonObject {
  return isObject(value);
}

/** The body of a request. @throws ServiceError bad_request */
export function bodyOf(body: Json | undefined): JsonObject {
  if (body === undefined) throw new ServiceError('invalid_body', 'Invalid JSON');
  return isRecord(body) ? body : refuse('body', 'must be a JSON object');
}

/** A member; null is as good as absent. */
export function member(of: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(of, key) ? (of[key] ?? undefined) : undefined;
}

/** A member that must be an object. */
export function record(of: JsonObject, key: string, place = key): JsonObject {
  const value = member(of, key);
  return isRecord(value) ? value : refuse(place, 'must be an object');
}

/** A list that may be absent. */
export function list(of: JsonObject, key: string, place = key): readonly Json[] | undefined {
  const value = member(of, key);
  if (value === undefined || Array.isArray(value)) return value;
  return refuse(place, 'must be a list');
}

/** A text that may be absent. */
export function text(of: JsonObject, key: string, place = key): string | undefined {
  const value = member(of, key);
  if (value === undefined || typeof value === 'string') return value;
  return refuse(place, 'must be a string');
}

/** A flag that may be absent. */
export function flag(of: JsonObject, key: string, place = key): boolean {
  const value = member(of, key);
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  return refuse(place, 'must be true or false');
}

/**
 * A member of the object at `place` with two spellings that holds a JSON array: as a string, or as it is.
 * @throws ServiceError bad_request when it is no array, or both spellings say different things
 */
export function jsonArray(
  of: JsonObject,
  [name, older]: readonly [string, string],
  place: string,
): { readonly key: string; readonly values: readonly Json[] } | undefined {
  const [first, second] = [name, older].map((key) => {
    const value = member(of, key);
    return value === undefined ? undefined : arrayOf(value, place + key);
  });
  if (first && second && JSON.stringify(first) !== JSON.stringify(second)) {
    refuse(place + name, `differs from ${older}, its other spelling`);
  }
  if (first) return { key: place + name, values: first };
  return second && { key: place + older, values: second };
}

function arrayOf(value: Json, key: string): readonly Json[] {
  const parsed = typeof value === 'string' ? parsedText(value, key) : value;
  return Array.isArray(parsed) ? parsed : refuse(key, 'must hold a JSON array');
}

function parsedText(value: string, key: string): Json {
  try {
    return parseJson(value);
  } catch {
    return refuse(key, 'must hold a JSON array');
  }
}
