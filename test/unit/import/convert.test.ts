import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../control-plane/base/json.ts';
import type { BaseType } from '../../../control-plane/base/types.ts';
import { convert, inferType } from '../../../control-plane/frictionless/convert.ts';
import { spellingsOf } from '../../../control-plane/frictionless/spelling.ts';

describe('types of CSV columns', () => {
  test.each<[readonly (string | null)[], BaseType]>([
    [['1', null, '-20'], 'bigint'],
    [['9223372036854775808'], 'numeric'],
    [['1', '2.5', '1e3'], 'numeric'],
    [['00501', '10001'], 'text'],
    [['true', 'FALSE'], 'boolean'],
    [['2024-02-29'], 'date'],
    [['2023-02-29'], 'text'],
    [['2024-01-01T10:00:00Z', '2024-01-01 10:00'], 'timestamptz'],
    [['6f9619ff-8b86-d011-b42d-00c04fc964ff'], 'uuid'],
    [['1', 'x'], 'text'],
    [[null, null], 'text'],
    [[], 'text'],
  ])('%j is %s', (values, base) => {
    expect(inferType(values, true)).toEqual({ base });
  });
});

describe('types of JSON columns', () => {
  test('numbers in text stay text; mixed scalars become text; objects become jsonb', () => {
    expect(inferType(['1', '2'], false)).toEqual({ base: 'text' });
    expect(inferType(['x', 300], false)).toEqual({ base: 'text' });
    expect(inferType([1, 2.5], false)).toEqual({ base: 'numeric' });
    expect(inferType([{ a: 1 }, null], false)).toEqual({ base: 'jsonb' });
  });
});

describe('values', () => {
  test('digits stay text so that nothing is lost', () => {
    expect(convert('12345678901234567.89', { base: 'numeric' }, {}, true)).toBe(
      '12345678901234567.89',
    );
  });

  test('booleans and JSON are read from cells', () => {
    expect(convert('1', { base: 'boolean' }, {}, true)).toBe(true);
    expect(convert('{"a":[1]}', { base: 'jsonb' }, {}, true)).toEqual({ a: [1] });
    expect(convert('{"a"', { base: 'jsonb' }, {}, false)).toBe('{"a"');
  });

  test('true and false are the words of the standard, or those of the field', () => {
    const told = (field: JsonObject, text: string) => {
      const [said] = spellingsOf({ fields: [{ name: 'ok', type: 'boolean', ...field }] });
      return convert(text, { base: 'boolean' }, said ?? {}, true);
    };
    const words = { true: ['true', 'True', 'TRUE', '1'], false: ['false', 'False', 'FALSE', '0'] };
    for (const field of [{}, { trueValues: ['ja'] }, { falseValues: ['nein'] }]) {
      const yes = 'trueValues' in field ? ['ja'] : words.true;
      const no = 'falseValues' in field ? ['nein'] : words.false;
      for (const word of yes) expect(told(field, word)).toBe(true);
      for (const word of no) expect(told(field, word)).toBe(false);
      for (const word of [...words.true, ...words.false, 'ja', 'nein', 'yes']) {
        if (!yes.includes(word) && !no.includes(word)) {
          expect(() => told(field, word), word).toThrow('is not a boolean');
        }
      }
    }
  });

  test.each<[string, BaseType, RegExp]>([
    ['x', 'bigint', /"x" is not a bigint/],
    ['1.5', 'integer', /"1.5" is not an integer/],
    ['9223372036854775808', 'bigint', /is not a bigint/],
    ['NaN', 'numeric', /"NaN" is not a numeric/],
    ['maybe', 'boolean', /"maybe" is not a boolean/],
    ['2023-02-29', 'date', /is not a date/],
    ['2024-01-01T25:00', 'timestamptz', /is not a timestamptz/],
    ['12', 'uuid', /is not a uuid/],
    ['{', 'jsonb', /is not valid JSON/],
    ['a\0b', 'text', /NUL/],
  ])('%j does not go into %s', (value, base, message) => {
    expect(() => convert(value, { base }, {}, true)).toThrow(message);
  });
});
