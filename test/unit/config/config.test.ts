import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../../control-plane/config.ts';
import { duration } from '../../../control-plane/setting-values.ts';

const secret = 'x'.repeat(32);
const external = {
  DATABASE_URL: 'postgres://u:p@localhost/db',
  ROWHOUSE_JWT_SECRET: secret,
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rowhouse-config-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const load = (env: Record<string, string>) => loadConfig({ env, cwd: folder });

const write = (value: unknown) =>
  writeFileSync(join(folder, 'rowhouse.config.json'), JSON.stringify(value));

function refusal(env: Record<string, string>): ConfigError {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('defaults', () => {
  it('embedded: loopback, open registration, no limit', () => {
    const config = load({});
    expect(config).toMatchObject({
      port: 8080,
      host: '127.0.0.1',
      embedded: true,
      openRegistration: true,
      statementTimeout: 15_000,
      maxBody: 10 * 1024 * 1024,
      home: join(folder, '.rowhouse'),
    });
    expect(config.rateLimit).toBeUndefined();
    expect(config.pool).toBeGreaterThanOrEqual(8);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('a database of its own: registration closed, secret required', () => {
    expect(load(external)).toMatchObject({ embedded: false, openRegistration: false });
    expect(refusal({ DATABASE_URL: external.DATABASE_URL }).setting).toBe('ROWHOUSE_JWT_SECRET');
  });

  it('the embedded secret is made once, for its owner alone', () => {
    const first = load({}).jwtSecret;
    expect(load({}).jwtSecret).toBe(first);
    expect(Buffer.byteLength(first)).toBeGreaterThanOrEqual(32);
    const path = join(folder, '.rowhouse', 'secret');
    expect(readFileSync(path, 'utf8')).toBe(first);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe('sources', () => {
  it('command line, then environment, then file', () => {
    write({ PORT: 1000, HOST: 'file', ROWHOUSE_POOL: 9, ROWHOUSE_CLAIMS: { sub: 'uid' } });
    const config = loadConfig({
      env: { ...external, PORT: '2000', HOST: 'env' },
      cwd: folder,
      overrides: { PORT: '3000' },
    });
    expect(config).toMatchObject({ port: 3000, host: 'env', pool: 9, claims: { sub: 'uid' } });
  });

  it('an unknown name stops the start, wherever it stands', () => {
    expect(refusal({ ...external, ROWHOUSE_MAXBODY: '1mb' })).toMatchObject({
      setting: 'ROWHOUSE_MAXBODY',
      message: expect.stringContaining('ROWHOUSE_MAX_BODY'),
    });
    write({ port: 1 });
    expect(refusal(external).setting).toBe('port');
  });

  it('variables of other programs are no concern', () => {
    expect(load({ ...external, PATH: '/bin', PGHOST: 'x' }).port).toBe(8080);
  });

  it('a broken file is named', () => {
    writeFileSync(join(folder, 'rowhouse.config.json'), '{');
    expect(refusal(external).message).toContain('rowhouse.config.json');
  });
});

describe('values', () => {
  it.each([
    ['PORT', '80a'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['DATABASE_URL', 'mysql://x'],
    ['ROWHOUSE_JWT_SECRET', 'short'],
    ['ROWHOUSE_JWKS', 'no-such-file.json'],
    ['ROWHOUSE_CLAIMS', '{"user":"sub"}'],
    ['ROWHOUSE_CLAIMS', '["sub"]'],
    ['ROWHOUSE_CLAIMS', 'sub'],
    ['ROWHOUSE_POOLER', 'pooler.example:6432'],
    ['ROWHOUSE_BASE_DOMAIN', 'https://example.com/'],
    ['ROWHOUSE_OPEN_REGISTRATION', 'maybe'],
    ['ROWHOUSE_RATE_LIMIT', '10 per second'],
    ['ROWHOUSE_RATE_LIMIT', '0/1/1'],
    ['ROWHOUSE_RATE_LIMIT', '1/1/1/1/1'],
    ['ROWHOUSE_RATE_LIMIT', '1/86400'],
    ['ROWHOUSE_STATEMENT_TIMEOUT', '15'],
    ['ROWHOUSE_STATEMENT_TIMEOUT', '0s'],
    ['ROWHOUSE_POOL', '0'],
    ['ROWHOUSE_MAX_BODY', 'big'],
    ['ROWHOUSE_PG_PORT', '0'],
    ['ROWHOUSE_MAX_ROWS', '0'],
    ['ROWHOUSE_MAX_ROWS', '1000001'],
    ['ROWHOUSE_INTROSPECTION', 'https://issuer.example'],
    ['ROWHOUSE_INTROSPECTION', '{"acme":"http://issuer.example"}'],
    ['ROWHOUSE_INTROSPECTION', '{"acme":1}'],
    ['ROWHOUSE_INTROSPECTION', '{"No Slug":"https://issuer.example"}'],
  ])('%s=%s stops the start with its name', (name, value) => {
    const error = refusal({ ...external, [name]: value });
    expect(error.setting).toBe(name);
    expect(error.message).toContain(name);
  });

  it('the message never repeats a secret', () => {
    expect(refusal({ ...external, ROWHOUSE_JWT_SECRET: 'hush' }).message).not.toContain('hush');
    expect(refusal({ ...external, DATABASE_URL: 'http://me:hush@x' }).message).not.toContain(
      'hush',
    );
  });

  it('sizes, times, limits and domains', () => {
    const config = load({
      ...external,
      ROWHOUSE_MAX_BODY: '512kb',
      ROWHOUSE_STATEMENT_TIMEOUT: '500ms',
      ROWHOUSE_RATE_LIMIT: '100/1/50',
      ROWHOUSE_BASE_DOMAIN: '.Example.com',
      ROWHOUSE_OPEN_REGISTRATION: 'TRUE',
    });
    expect(config).toMatchObject({
      maxBody: 512 * 1024,
      statementTimeout: 500,
      rateLimit: { requests: 100, seconds: 1, burst: 50, related: 0 },
      baseDomain: 'example.com',
      openRegistration: true,
    });
    expect(duration('1h')).toBe(3_600_000);
  });
});
