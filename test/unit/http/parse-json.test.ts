import { describe, expect, it } from 'vitest';
import { digitsOf, isExactNumber, isNumber, isObject } from '../../../control-plane/base/json.ts';
import { parseJson } from '../../../control-plane/base/parse-json.ts';

describe('numbers', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['0.1', 0.1],
    ['1.10', 1.1],
    ['1E5', 100000],
    ['0.0000000000000000', 0],
    ['"12345678901234567890"', '12345678901234567890'],
  ])('%s is a value as any', (text, value) => {
    expect(parseJson(text)).toBe(value);
    expect(parseJson(`{"a":[1, ${text}]}`)).toEqual({ a: [1, value] });
  });

  it.each([
    '9007199254740992',
    '-9007199254740993',
    '123456789012345678901234567890',
    '0.12345678901234567890',
    '1e400',
    '1e-400',
  ])('%s, which a double would change, stays the number it is', (text) => {
    const value = parseJson(text);
    expect(isExactNumber(value) && isNumber(value) && digitsOf(value)).toBe(text);
    expect(isObject(value)).toBe(false);
    expect(JSON.stringify(parseJson(`{"a":[1,${text}]}`))).toBe(`{"a":[1,${text}]}`);
  });

  it('an object that looks like one is an object', () => {
    const value = parseJson('{"rawJSON":"1); drop table x; --"}');
    expect(isExactNumber(value)).toBe(false);
    expect(isObject(value)).toBe(true);
  });
});

describe('hostile text', () => {
  it('__proto__ and constructor are keys like any other', () => {
    for (const tail of ['', ',"n":9007199254740993']) {
      const value = parseJson(`{"__proto__":{"admin":true},"constructor":1${tail}}`) as object;
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.keys(value)).toContain('__proto__');
      expect((value as { admin?: unknown }).admin).toBeUndefined();
    }
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  it.each([
    ['nested too deep', '['.repeat(257) + ']'.repeat(257)],
    ['nested as objects', '{"a":'.repeat(100_000)],
    ['a NUL', '"a\\u0000b"'],
    ['a NUL behind an escaped backslash', '"\\\\\\u0000"'],
    ['a lone surrogate', '["\\ud800"]'],
    ['a lone surrogate as key', '{"\\uDC00":1}'],
    ['two values', '1 2'],
    ['a comment', '{} // x'],
    ['NaN', '[NaN]'],
    ['a string without end', `"${'\\"'.repeat(1000)}`],
    ['nothing', ' '],
  ])('%s is refused', (_, text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('what only looks dangerous passes', () => {
    expect(parseJson('"\\\\u0000"')).toBe('\\u0000');
    expect(parseJson('"\\ud83d\\ude00"')).toBe('😀');
    expect(parseJson(`"${'['.repeat(1000)}\\"${'{'.repeat(1000)}"`)).toHaveLength(2001);
    expect(() => parseJson('['.repeat(256) + ']'.repeat(256))).not.toThrow();
  });

  it('takes time in proportion to its length', () => {
    const started = performance.now();
    parseJson(JSON.stringify(Array.from({ length: 100_000 }, (_, i) => `a"\\${i}`)));
    parseJson(`"${'\\\\'.repeat(1_000_000)}"`);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
