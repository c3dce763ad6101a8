import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { isObject } from './base/json.ts';
import {
  addresses,
  type ClaimName,
  claimMap,
  count,
  domain,
  duration,
  flag,
  jwksSource,
  Malformed,
  type Parser,
  portNumber,
  postgresUrl,
  type RateLimit,
  rate,
  realPort,
  rows,
  secret,
  size,
  text,
} from './setting-values.ts';

/** Every setting, checked and frozen. Times in milliseconds, sizes in bytes. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Absent: the embedded Postgres. */
  readonly databaseUrl?: string;
  /** Where requests reach the same database through a pooler. Absent: as definitions do. */
  readonly pooler?: string;
  readonly embedded: boolean;
  /** Absolute. */
  readonly home: string;
  readonly pgPort?: number;
  readonly jwtSecret: string;
  readonly jwks?: string;
  readonly jwtIssuer?: string;
  readonly jwtAudience?: string;
  readonly claims: Readonly<Partial<Record<ClaimName, string>>>;
  readonly baseDomain?: string;
  readonly openRegistration: boolean;
  readonly rateLimit?: RateLimit;
  readonly statementTimeout: number;
  readonly pool: number;
  readonly maxBody: number;
  /** Most rows of a page where the dialect leaves it to the operator. */
  readonly maxRows: number;
  /** Where opaque tokens are resolved, by tenant (RFC 7662). */
  readonly introspection: Readonly<Record<string, string>>;
}

/** A setting that stops the start. The message names it and says the way out. */
export class ConfigError extends Error {
  readonly setting: string;

  constructor(setting: string, problem: string) {
    super(`${setting}: ${problem}`);
    this.name = 'ConfigError';
    this.setting = setting;
  }
}

const settings = [
  'PORT',
  'HOST',
  'DATABASE_URL',
  'ROWHOUSE_POOLER',
  'ROWHOUSE_HOME',
  'ROWHOUSE_PG_PORT',
  'ROWHOUSE_JWT_SECRET',
  'ROWHOUSE_JWKS',
  'ROWHOUSE_JWT_ISSUER',
  'ROWHOUSE_JWT_AUDIENCE',
  'ROWHOUSE_CLAIMS',
  'ROWHOUSE_BASE_DOMAIN',
  'ROWHOUSE_OPEN_REGISTRATION',
  'ROWHOUSE_RATE_LIMIT',
  'ROWHOUSE_STATEMENT_TIMEOUT',
  'ROWHOUSE_POOL',
  'ROWHOUSE_MAX_BODY',
  'ROWHOUSE_MAX_ROWS',
  'ROWHOUSE_INTROSPECTION',
] as const;

type Setting = (typeof settings)[number];

export interface ConfigSources {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Folder of rowhouse.config.json and of a relative ROWHOUSE_HOME. */
  readonly cwd?: string;
  /** From the command line (`--port`): wins over both. */
  readonly overrides?: { readonly [name in Setting]?: string };
}

/**
 * Reads every setting: command line, then environment, then `rowhouse.config.json`, then the default. In embedded mode the
 * token secret is made once and kept in ROWHOUSE_HOME.
 * @throws ConfigError naming the first unknown or malformed setting
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const cwd = resolve(sources.cwd ?? process.cwd());
  const read = reader(sources, cwd);
  const databaseUrl = read('DATABASE_URL', postgresUrl);
  const embedded = databaseUrl === undefined;
  const home = resolve(cwd, read('ROWHOUSE_HOME', text) ?? '.rowhouse');
  const given = read('ROWHOUSE_JWT_SECRET', secret);
  if (given === undefined && !embedded) {
    throw new ConfigError(
      'ROWHOUSE_JWT_SECRET',
      'is required with DATABASE_URL. Set it to at least 32 random bytes, for example: openssl rand -base64 48',
    );
  }
  return frozen({
    port: read('PORT', portNumber) ?? 8080,
    host: read('HOST', text) ?? '127.0.0.1',
    databaseUrl,
    pooler: read('ROWHOUSE_POOLER', postgresUrl),
    embedded,
    home,
    pgPort: read('ROWHOUSE_PG_PORT', realPort),
    jwks: read('ROWHOUSE_JWKS', jwksSource(cwd)),
    jwtIssuer: read('ROWHOUSE_JWT_ISSUER', text),
    jwtAudience: read('ROWHOUSE_JWT_AUDIENCE', text),
    claims: Object.freeze(read('ROWHOUSE_CLAIMS', claimMap) ?? {}),
    baseDomain: read('ROWHOUSE_BASE_DOMAIN', domain),
    openRegistration: read('ROWHOUSE_OPEN_REGISTRATION', flag) ?? embedded,
    rateLimit: read('ROWHOUSE_RATE_LIMIT', rate) || undefined,
    statementTimeout: read('ROWHOUSE_STATEMENT_TIMEOUT', duration) ?? 15_000,
    pool: read('ROWHOUSE_POOL', count) ?? Math.max(8, 2 * availableParallelism()),
    maxBody: read('ROWHOUSE_MAX_BODY', size) ?? 10 * 1024 * 1024,
    maxRows: read('ROWHOUSE_MAX_ROWS', rows) ?? 10_000,
    introspection: Object.freeze(read('ROWHOUSE_INTROSPECTION', addresses) ?? {}),
    // Last: nothing is written to disk before every other setting has been found right.
    jwtSecret: given ?? keptSecret(home),
  });
}

function reader(sources: ConfigSources, cwd: string) {
  const env = sources.env ?? process.env;
  const file = readFile(join(cwd, 'rowhouse.config.json'));
  const known = new Set<string>(settings);
  for (const name of Object.keys(env)) {
    if (name.startsWith('ROWHOUSE_') && !known.has(name)) throw unknown(name, 'environment');
  }
  for (const name of Object.keys(file)) {
    if (!known.has(name)) throw unknown(name, 'rowhouse.config.json');
  }
  return <T>(name: Setting, parse: Parser<T>): T | undefined => {
    const value = [sources.overrides?.[name], env[name], file[name]].find(
      (candidate) => candidate !== undefined && candidate.trim() !== '',
    );
    if (value === undefined) return undefined;
    try {
      return parse(value.trim());
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      // The secret itself must never reach a terminal or a log.
      const shown = /SECRET|DATABASE_URL|POOLER/.test(name)
        ? ''
        : ` (it is ${JSON.stringify(value)})`;
      throw new ConfigError(name, `${error.message}${shown}`);
    }
  };
}

function unknown(name: string, place: string): ConfigError {
  const near = settings.find((setting) => distance(setting, name) <= 3);
  const hint = near
    ? `Did you mean ${near}?`
    : `Remove it. The settings are: ${settings.join(', ')}`;
  return new ConfigError(name, `is not a setting of Rowhouse (found in the ${place}). ${hint}`);
}

/** Levenshtein distance: only to say what was probably meant. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The file's members as text, so that both sources go through one parser. */
function readFile(path: string): Record<string, string> {
  if (!existsSync(path)) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError('rowhouse.config.json', `is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(parsed)) {
    throw new ConfigError('rowhouse.config.json', 'must be an object of settings by name');
  }
  return Object.fromEntries(
    Object.entries(parsed)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function frozen(values: { [K in keyof Config]: Config[K] | undefined }): Config {
  const set = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(set)) as unknown as Config;
}

/** The embedded mode's own secret: made once, readable by its owner only. */
function keptSecret(home: string): string {
  const path = join(home, 'secret');
  if (!existsSync(path)) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    try {
      // wx: of two processes that start at once, one makes it and the other reads it.
      writeFileSync(path, randomBytes(48).toString('base64url'), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  const kept = readFileSync(path, 'utf8').trim();
  if (Buffer.byteLength(kept) < 32) {
    throw new ConfigError('ROWHOUSE_HOME', `${path} holds no secret of 32 bytes. Remove the file`);
  }
  return kept;
}
