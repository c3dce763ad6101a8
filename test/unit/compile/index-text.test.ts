/** Which texts of an index grow once, and which again and again. */
import { describe, expect, it } from 'vitest';
import { checkedTexts } from '../../../control-plane/compile/index-text.ts';
import { column, table } from '../monk/fixture.ts';

/** Has an index over this expression read. */
function read(expression: string): Promise<unknown> {
  const columns = ['title', 'replace', 'lpad'].map((name) => column(name, { base: 'text' }));
  const indexes = [{ name: 'grown', method: 'btree', expression } as const];
  return checkedTexts({ kind: 'create_table', table: table('books', columns, { indexes }) });
}

describe('a text in an index', () => {
  it.each([
    "replace(title, 'a', 'bb')",
    "replace(lower(title) || 'lpad', 'a', 'bb')",
    // Names of functions are names that columns may have, and texts that may be looked for.
    `replace("replace", 'a', 'bb')`,
    "rpad(title, 100, ' ')",
    `lpad("lpad" || 'regexp_replace', 100)`,
    // What is looked for does not lengthen the text.
    "replace(title, lpad(title, 3), 'bb')",
    "replace(title, 'a', 'bb') || replace(title, 'a', 'bb')",
  ])('grows once: %s', async (expression) => {
    await expect(read(expression)).resolves.toBeDefined();
  });

  it.each([
    "replace(replace(title, 'a', 'bb'), 'b', 'cc')",
    "replace(pg_catalog.replace(title, 'a', 'bb'), 'b', 'cc')",
    `replace("replace"(title, 'a', 'bb'), 'b', 'cc')`,
    `replace('x' || lower(coalesce(rpad(title, 9), '')), 'a', 'bb')`,
    "replace(nullif(replace(title, 'a', 'bb'), '')::text, 'a', 'bb')",
    "regexp_replace(left(regexp_replace(title, 'a', 'bb'), 9), 'a', 'bb')",
    "replace(title, 'a', title)",
    `replace(title, 'a', '${'b'.repeat(101)}')`,
    'lpad(title, 101)',
  ])('would grow without bound: %s', async (expression) => {
    await expect(read(expression)).rejects.toThrow(/constant of at most 100, or twice$/);
  });
});
