/** The table of policies/README.md: the tests it names are there, under these words. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');

interface Threat {
  readonly who: string;
  readonly line: string;
  readonly tests: string;
}

const threats = readFileSync(join(root, 'policies', 'README.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line): Threat => {
    const [, who = '', stops = '', tests = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    return { who, line: stops, tests };
  });

/** Also the second call of `it.each([…])('…', …)`. */
const title = /(?:\b(?:it|test|describe)|\))\(\s*(['"`])([\s\S]*?)\1,/g;

/** Titles of the tests in a file of `test`; undefined where there is none. */
function titlesIn(name: string): readonly string[] | undefined {
  const path = join(root, 'test', `${name.includes('/') ? name : `sql/${name}`}.test.ts`);
  if (!existsSync(path)) return undefined;
  return [...readFileSync(path, 'utf8').matchAll(title)].map(([, , words = '']) => words);
}

/** What a cell names and isn't there. `file`: words of a title; words of another; `file` alone. */
function missing(tests: string): readonly string[] {
  let titles: readonly string[] = [];
  return tests.split('; ').filter((part) => {
    const [, name, words = name === undefined ? part : ''] =
      /^(?:`([\w/-]+)`)(?:: (.+))?$/.exec(part) ?? [];
    if (name !== undefined) {
      const found = titlesIn(name);
      if (found === undefined) return true;
      titles = found;
    }
    return !titles.some((each) => each.includes(words));
  });
}

it('names only tests that are there', () => {
  expect(threats.length).toBeGreaterThan(80);
  const named = threats.filter(({ tests }) => tests !== '' && !tests.startsWith('no test: '));
  expect(named.flatMap(({ who, tests }) => missing(tests).map((part) => [who, part]))).toEqual([]);
});

it('has a test for each threat, or says that it is accepted', () => {
  const without = threats.filter(({ tests, line }) => tests === '' && !line.endsWith('Accepted'));
  expect(without.map(({ who }) => who)).toEqual([]);
});

it.each([
  ['`identity`: set_config', []],
  ['`identity`: set_config; is nobody', []],
  ['`identity`: no such words', ['`identity`: no such words']],
  ['`identity`; no such words', ['no such words']],
  ['`no-such-file`', ['`no-such-file`']],
  ['`http/leaks`; `http/leaks-dialects`', []],
])('%s lacks %j', (tests, lacks) => {
  expect(missing(tests)).toEqual(lacks);
});
