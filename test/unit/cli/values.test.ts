import { describe, expect, test } from 'vitest';
import { reason } from '../../../control-plane/cli/failure.ts';
import { psqlCommand } from '../../../control-plane/cli/login.ts';
import {
  accessLevel,
  claims,
  names,
  principalFrom,
  seconds,
  tenantSlug,
} from '../../../control-plane/cli/values.ts';

describe('times', () => {
  test.each([
    ['90', 90],
    ['30s', 30],
    ['15m', 900],
    ['1h', 3_600],
    ['7d', 604_800],
  ])('%s is %d seconds', (text, expected) => {
    expect(seconds(text)).toBe(expected);
  });

  test.each(['', '0', '-1h', '1.5h', '1w', 'h', '1 h'])('%j is no time', (text) => {
    expect(() => seconds(text)).toThrow(/a time like/);
  });
});

describe('names', () => {
  test('are trimmed, distinct and never empty', () => {
    expect(names(' a, b ,,a')).toEqual(['a', 'b']);
  });
});

describe('claims', () => {
  test('are a JSON object', () => {
    expect(claims('{"dept":"sales"}')).toEqual({ dept: 'sales' });
  });

  test.each(['', 'sales', '[1]', '"x"', 'null'])('%j is none', (text) => {
    expect(() => claims(text)).toThrow(/a JSON object/);
  });
});

describe('tenant slugs', () => {
  test.each(['a', 'acme', 'a_b-c9', `a${'b'.repeat(39)}`])('%j is one', (slug) => {
    expect(tenantSlug(slug)).toBe(slug);
  });

  test.each(['', 'A', '9a', '_a', 'a b', 'a;b', `a${'b'.repeat(40)}`])('%j is none', (slug) => {
    expect(() => tenantSlug(slug)).toThrow();
  });
});

describe('principals', () => {
  test('an operator belongs to no tenant', () => {
    const principal = principalFrom({ sub: 'ops', tenant: 'acme', operator: true });
    expect(principal).toMatchObject({ sub: 'ops', operator: true });
    expect(principal).not.toHaveProperty('tenant');
  });

  test('an unknown level is refused', () => {
    expect(accessLevel('full')).toBe('full');
    expect(() => accessLevel('admin')).toThrow(/deny, read, edit, full, root/);
  });
});

describe('psql command', () => {
  test('names host, port, user and database', () => {
    expect(psqlCommand('postgres://postgres:x@127.0.0.1:5433/rowhouse', 'anna', 'p')).toBe(
      'PGPASSWORD=p psql -h 127.0.0.1 -p 5433 -U anna -d rowhouse',
    );
  });

  test('quotes what a shell would take apart, keeps sslmode, takes IPv6', () => {
    expect(psqlCommand('postgres://a:b@[::1]/my%20db?sslmode=require', "o'neil; ls", 'p')).toBe(
      "PGPASSWORD=p PGSSLMODE=require psql -h ::1 -U 'o'\\''neil; ls' -d 'my db'",
    );
  });
});

describe('reasons', () => {
  test('a connection refused at several addresses is said once each', () => {
    const refused = (address: string) =>
      Object.assign(new Error('x'), { code: 'ECONNREFUSED', address, port: 1 });
    const both = new AggregateError([refused('::1'), refused('127.0.0.1')], '');
    expect(reason(both)).toBe(
      'nothing answers at ::1:1: is Postgres running?; nothing answers at 127.0.0.1:1: is Postgres running?',
    );
  });

  test('a missing file is named', () => {
    const error = Object.assign(new Error('ENOENT'), { code: 'ENOENT', path: '/x.csv' });
    expect(reason(error)).toBe('no such file: /x.csv');
  });
});
