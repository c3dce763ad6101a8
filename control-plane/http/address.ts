import { ServiceError } from '../base/errors.ts';
import type { DialectRequest } from '../dialects/dialect.ts';

/** More parameters than any dialect needs; each costs a Map entry. */
const mostParameters = 2000;
/** `-.0-9A-Z_a-z~` */
const unreservedEscape = /%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;
const tenantPrefix = /^\/sites?\/([^/]+)(?=\/|$)/;

export interface Address {
  readonly path: string;
  /** What follows the question mark, for {@link parseQuery}. */
  readonly queryText: string;
  /** From the prefix /sites/{tenant} or /site/{tenant}. */
  readonly tenant?: string;
}

/**
 * The request target cleaned up: doubled and trailing slashes mean nothing, a tenant prefix is taken off, an escape of a character
 * that needs none is that character (RFC 3986, 6.2.2.2). Other segments stay percent-encoded; they are decoded once, where the route
 * has cut them (an encoded slash is part of a name).
 * @throws ServiceError bad_request
 */
export function parseAddress(target: string): Address {
  // Node reads the line as latin1; clients that send raw UTF-8 mean UTF-8.
  const text = /[\x80-\xff]/.test(target) ? Buffer.from(target, 'latin1').toString('utf8') : target;
  const mark = text.indexOf('?');
  const whole = clean(mark === -1 ? text : text.slice(0, mark));
  const queryText = mark === -1 ? '' : text.slice(mark + 1);
  const prefix = tenantPrefix.exec(whole);
  if (prefix === null) return { path: whole, queryText };
  return {
    path: clean(whole.slice(prefix[0].length)),
    queryText,
    tenant: decodeSegment(prefix[1] ?? ''),
  };
}

function clean(path: string): string {
  const bare = path
    .replace(/^https?:\/\/[^/]*/i, '')
    .replace(/\/{2,}/g, '/')
    .replace(unreservedEscape, decodeURIComponent);
  return bare.length > 1 && bare.endsWith('/') ? bare.slice(0, -1) : bare || '/';
}

/** Percent-decodes one path segment. @throws ServiceError bad_request when it is not UTF-8 */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ServiceError('bad_request', 'The path is not valid percent-encoded UTF-8', {
      reason: 'malformed_path',
    });
  }
}

/**
 * Form encoding; a `%` that encodes nothing is itself, so that raw JSON with a LIKE pattern passes.
 * @throws ServiceError bad_request, limit_exceeded
 */
export function parseQuery(text: string): DialectRequest['query'] {
  const query = new Map<string, string[]>();
  if (text === '') return query;
  let count = 0;
  for (const [key, value] of new URLSearchParams(text)) {
    if (++count > mostParameters) {
      throw new ServiceError('limit_exceeded', `More than ${mostParameters} query parameters`);
    }
    const values = query.get(key);
    if (values === undefined) query.set(key, [value]);
    else values.push(value);
    // The parser replaces bytes that are not UTF-8; a changed filter must not run.
    if ((key + value).includes('\ufffd') && !/%ef%bf%bd|\ufffd/i.test(text)) {
      throw new ServiceError('bad_request', 'The query is not valid percent-encoded UTF-8', {
        reason: 'malformed_query',
      });
    }
  }
  return query;
}

/** `acme` of `acme.example.com:8080` under the base domain example.com. */
export function tenantOfHost(host: string | undefined, baseDomain: string | undefined) {
  if (baseDomain === undefined || host === undefined) return undefined;
  const name = host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  return name.endsWith(`.${baseDomain}`) ? name.slice(0, -baseDomain.length - 1) : undefined;
}
