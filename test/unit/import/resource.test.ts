import { expect, test } from 'vitest';
import { type Resource, targetsFirst } from '../../../control-plane/service/import/resource.ts';

const resource = (name: string, ...targets: readonly string[]): Resource => ({
  name,
  file: name,
  references: targets.map((each) => ({ fields: ['f'], resource: each, targetFields: ['id'] })),
  read: () => Promise.reject(new Error('not read')),
});

const order = (...resources: readonly Resource[]): string[][] =>
  targetsFirst(resources).map((group) => group.map(({ name }) => name));

test.each([
  [
    [resource('a', 'b'), resource('b', 'c'), resource('c')],
    [['c'], ['b'], ['a']],
  ],
  [
    [resource('a', 'a', ''), resource('b', 'gone')],
    [['a'], ['b']],
  ],
  [
    [resource('a', 'b'), resource('b', 'a', 'c'), resource('c'), resource('d', 'a')],
    [['c'], ['a', 'b'], ['d']],
  ],
  [
    [resource('d', 'x'), resource('x', 'y'), resource('y', 'z'), resource('z', 'x')],
    [['x', 'y', 'z'], ['d']],
  ],
])('targets come first, a circle together: %#', (resources, expected) => {
  expect(order(...resources)).toEqual(expected);
});
