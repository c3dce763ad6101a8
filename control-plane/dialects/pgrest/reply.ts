import type { Json, JsonObject } from '../../base/json.ts';
import type { Reply } from '../dialect.ts';

const success = 'The request was successful.';

/** A result in this dialect's envelope; always 200, for creates too. */
export function reply(
  result: Json,
  message: Json = success,
  metadata: JsonObject = {},
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const json = { status: 'success', message, version: 'dev', result, metadata };
  return { status: 200, headers, body: { json } };
}

/** As {@link reply}, with rows that are JSON text already. */
export function rowsReply(rows: string, metadata: JsonObject = {}): Reply {
  const head = JSON.stringify({ status: 'success', message: success, version: 'dev' });
  const body = `${head.slice(0, -1)},"result":${rows},"metadata":${JSON.stringify(metadata)}}`;
  return { status: 200, body };
}
