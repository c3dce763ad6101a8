import { expect, it } from 'vitest';
import { keep } from '../../../control-plane/base/keep.ts';

it('a memory holds so many entries, and its oldest gives way', () => {
  const memory = new Map<string, number>();
  for (const [at, key] of [...'abcd'].entries()) keep(memory, key, at, 3);
  expect([...memory]).toEqual(Object.entries({ b: 1, c: 2, d: 3 }));
});

it('an entry set anew is the newest, and takes no other’s place', () => {
  const memory = new Map(Object.entries({ a: 0, b: 1, c: 2 }));
  keep(memory, 'a', 3, 3);
  expect([...memory]).toEqual(Object.entries({ b: 1, c: 2, a: 3 }));
  keep(memory, 'd', 4, 3);
  expect([...memory]).toEqual(Object.entries({ c: 2, a: 3, d: 4 }));
});
