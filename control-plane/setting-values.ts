import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isObject } from './base/json.ts';

/** Our claim names. ROWHOUSE_CLAIMS maps them to the names that tokens of another issuer use. */
const claimNames = ['sub', 'tenant', 'roles', 'orgs', 'access', 'sudo', 'operator', 'org'] as const;

export type ClaimName = (typeof claimNames)[number];

/** What a caller may do: so many reads and so many writes in any so many seconds. 0: no such limit. */
export interface RateLimit {
  readonly requests: number;
  readonly seconds: number;
  /** Writes at once. */
  readonly burst: number;
  /** Reads with related rows. */
  readonly related: number;
}

/** Reads the text of one setting. @throws Malformed */
export type Parser<T> = (value: string) => T;

/** Thrown by a parser with the way out; the reader adds the name. */
export class Malformed extends Error {}

export const text: Parser<string> = (value) => value;

export const secret: Parser<string> = (value) => {
  if (Buffer.byteLength(value) < 32) throw new Malformed('must have at least 32 bytes');
  return value;
};

export const portNumber: Parser<number> = (value) =>
  whole(value, 0, 65_535, 'a port from 0 to 65535');
export const realPort: Parser<number> = (value) =>
  whole(value, 1, 65_535, 'a port from 1 to 65535');
export const rows: Parser<number> = (value) =>
  whole(value, 1, 1_000_000, 'a whole number from 1 to 1000000');
export const count: Parser<number> = (value) =>
  whole(value, 1, 1000, 'a whole number from 1 to 1000');

function whole(value: string, least: number, most: number, what: string): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) throw new Malformed(`must be ${what}`);
  return number;
}

export const flag: Parser<boolean> = (value) => {
  const word = value.toLowerCase();
  if (['true', '1', 'yes', 'on'].includes(word)) return true;
  if (['false', '0', 'no', 'off'].includes(word)) return false;
  throw new Malformed('must be true or false');
};

export const postgresUrl: Parser<string> = (value) => {
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new Malformed('must be an address like postgres://user:password@host:5432/database');
  }
  return value;
};

export const domain: Parser<string> = (value) => {
  const name = value.toLowerCase().replace(/^\./, '');
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) {
    throw new Malformed('must be a bare domain like example.com, without scheme and port');
  }
  return name;
};

const timeUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const sizeUnits = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 } as const;

/** Milliseconds of `15s`, `500ms`, `1h`. Also for the command line (`--ttl`). @throws Error */
export const duration: Parser<number> = (value) => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value.trim().toLowerCase());
  const number = Number(match?.[1]) * timeUnits[(match?.[2] ?? 's') as keyof typeof timeUnits];
  // 2^31-1 is the most that a timer and statement_timeout take.
  if (!(number >= 1 && number < 2 ** 31)) {
    throw new Malformed('must be a time like 15s, 500ms, 2m or 24h');
  }
  return Math.round(number);
};

export const size: Parser<number> = (value) => {
  const match = /^(\d+(?:\.\d+)?) ?(b|kb|mb|gb)?$/.exec(value.toLowerCase());
  const number = Number(match?.[1]) * sizeUnits[(match?.[2] ?? 'b') as keyof typeof sizeUnits];
  // Node can't hold a longer string.
  if (!(number >= 1 && number <= 512 * 1024 ** 2)) {
    throw new Malformed('must be a size like 10mb or 512kb, at most 512mb');
  }
  return Math.floor(number);
};

/** `requests/seconds/burst/related`: 100/60/10 allows 100 in a minute, and of writes 10 at once. `off` is null. */
export const rate: Parser<RateLimit | null> = (value) => {
  if (['off', 'false', '0'].includes(value.toLowerCase())) return null;
  const match = /^(\d+)(?:\/(\d+|s|sec|second|1s)(?:\/(\d+)(?:\/(\d+))?)?)?$/i.exec(value);
  const requests = Number(match?.[1]);
  const seconds = match?.[2] === undefined || !/^\d+$/.test(match[2]) ? 1 : Number(match[2]);
  const [burst, related] = [Number(match?.[3] ?? 0), Number(match?.[4] ?? 0)];
  const most = Math.max(requests, burst, related);
  // What hasn't been seen for two hours is forgotten.
  if (!(requests >= 1 && seconds >= 1 && seconds <= 3600 && most <= 1e9)) {
    throw new Malformed('must be off, or requests/seconds/burst like 100/60/10');
  }
  return Object.freeze({ requests, seconds, burst, related });
};

/** @throws Malformed where the text is no JSON object */
function jsonMap(value: string, way: string): Record<string, unknown> {
  let map: unknown;
  try {
    map = JSON.parse(value);
  } catch {
    throw new Malformed(way);
  }
  if (!isObject(map)) throw new Malformed(way);
  return map;
}

export const claimMap: Parser<Partial<Record<ClaimName, string>>> = (value) => {
  const way = `must be a JSON object from our claim names (${claimNames.join(', ')}) to the token's`;
  const map = jsonMap(value, way);
  for (const [name, target] of Object.entries(map)) {
    const known = (claimNames as readonly string[]).includes(name);
    if (!known || typeof target !== 'string' || target === '') throw new Malformed(way);
  }
  return map as Partial<Record<ClaimName, string>>;
};

/** `{"acme":"https://issuer.example/introspect"}`: a token must not travel in the open, save to this very machine. */
export const addresses: Parser<Record<string, string>> = (value) => {
  const way = 'must be a JSON object from tenants to https addresses (http only to localhost)';
  const map = jsonMap(value, way);
  for (const [tenant, address] of Object.entries(map)) {
    const url = typeof address === 'string' ? URL.parse(address) : null;
    const near = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '');
    const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && near);
    if (!safe || !/^[a-z][a-z0-9_-]{0,39}$/.test(tenant)) throw new Malformed(way);
  }
  return map as Record<string, string>;
};

/** An address of keys, or the path of a file that is there, seen from the working folder. */
export function jwksSource(cwd: string): Parser<string> {
  return (value) => {
    if (/^https?:\/\//.test(value)) {
      if (URL.canParse(value)) return value;
    } else {
      const path = resolve(cwd, value.replace(/^file:\/\//, ''));
      if (existsSync(path)) return path;
    }
    throw new Malformed('must be an http(s) address or an existing file with a JSON Web Key Set');
  };
}
