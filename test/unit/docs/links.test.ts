/** Links between the pages: what they lead to is there, heading included. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const pages = globSync(
  ['*.md', 'docs/**/*.md', 'policies/*.md', 'bench/*.md', 'bench/evidence/**/*.md'],
  {
    cwd: root,
  },
);

/** The name under which a heading can be linked to. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** Links of a page that lead nowhere. */
function broken(page: string, text: string): readonly string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? join(root, page) : join(root, dirname(page), path);
    if (!existsSync(target)) return true;
    if (anchor === undefined) return false;
    const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)];
    return !headings.some(([, heading = '']) => anchorOf(heading) === anchor);
  });
}

it('lead somewhere', () => {
  expect(pages).toContain('README.md');
  expect(pages.length).toBeGreaterThan(40);
  const found = pages.flatMap((page) =>
    broken(page, readFileSync(join(root, page), 'utf8')).map((link) => `${page}: ${link}`),
  );
  expect(found).toEqual([]);
});

it.each([
  ['a [file](docs/operations.md)', []],
  ['a [heading](docs/operations.md#loading-files), [elsewhere](https://example.org/x)', []],
  ['a [file](docs/nowhere.md)', ['docs/nowhere.md']],
  ['a [heading](docs/operations.md#nowhere)', ['docs/operations.md#nowhere']],
])('%s', (text, expected) => {
  expect(broken('README.md', text)).toEqual(expected);
});
