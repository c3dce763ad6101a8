import type { Json, JsonObject } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { Result } from '../../statement/statement.ts';
import type { Reply } from '../dialect.ts';
import { isRecord } from './body.ts';

/** Every success is 200 with a body. */
export function reply(body: string): Reply {
  return { status: 200, body };
}

/** The one object of a write. */
export function objectReply(result: Result | undefined): Reply {
  return reply(`{"object":${textsOf(result).join(',')}}`);
}

/** What an author learns of an object it may not read. */
export const shortKeys = ['id', 'table', 'createdAt', 'updatedAt'] as const;

/** Objects of a write as JSON texts. Those that the caller may not see have no data and are cut short. */
export function textsOf(result: Result | undefined): readonly string[] {
  if (!result) return [];
  const whole = result.matched === undefined || result.matched === result.count;
  if (whole && result.count === 1) return [result.rows.trim().slice(1, -1)];
  const rows = parseJson(result.rows);
  const objects = Array.isArray(rows) ? rows.filter(isRecord) : [];
  return objects.map((object) => JSON.stringify(object['data'] === null ? cut(object) : object));
}

function cut(object: JsonObject): JsonObject {
  return Object.fromEntries(shortKeys.map((key): [string, Json] => [key, object[key] ?? null]));
}
