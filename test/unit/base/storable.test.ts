import { expect, it } from 'vitest';
import { isStorableText } from '../../../control-plane/base/storable.ts';

it.each([
  ['', true],
  ['Ünï 数 😀 \u0001\uffff', true],
  ['a\0b', false],
  ['\ud83d', false],
  ['a\ude00b', false],
])('%j can be held by Postgres: %s', (text, holds) => {
  expect(isStorableText(text)).toBe(holds);
});
