import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/**
 * The forms that split-sql-query 1.0.4 gets wrong, found in a text: `begin atomic` bodies, a backslash-escaped quote in an E'' string,
 * a comment within a comment, and a backtick, which it takes for a quote.
 */
function faults(text: string): string[] {
  const found = new Set<string>();
  // One pass over everything that can hold text: what is matched first wins, as in Postgres' own scanner.
  const token =
    /--[^\n]*|\/\*|\$([a-z_]\w*)?\$|\be'(?:[^'\\]|''|\\[\s\S])*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|`|\bbegin\s+atomic\b/giy;
  for (let at = 0; at < text.length; ) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match === null) {
      at += 1;
      continue;
    }
    const [piece] = match;
    at = token.lastIndex;
    if (piece.includes('`')) found.add('backtick');
    if (/^begin/i.test(piece)) found.add('begin atomic');
    if (/^e'/i.test(piece) && /\\'/.test(piece)) found.add('escaped quote');
    if (piece === '/*') {
      const end = text.indexOf('*/', at);
      const body = text.slice(at, end < 0 ? text.length : end);
      if (body.includes('/*')) found.add('nested comment');
      if (body.includes('`')) found.add('backtick');
      at = end < 0 ? text.length : end + 2;
    } else if (piece.startsWith('$')) {
      const end = text.indexOf(piece, at);
      // The splitter takes a dollar-quoted body whole: nothing inside can mislead it.
      at = end < 0 ? text.length : end + piece.length;
    }
  }
  return [...found];
}

function files(): string[] {
  return ['sql', 'policies'].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.sql'))
          .map((name) => join(folder, name))
      : [],
  );
}

describe('hand-written SQL', () => {
  it('keeps to forms that can be split', () => {
    const broken = files()
      .map((file) => [file, faults(readFileSync(join(root, file), 'utf8'))] as const)
      .filter(([, found]) => found.length > 0);
    expect(broken).toEqual([]);
  });

  it('notices each form', () => {
    expect(faults('create function f() returns int begin atomic select 1; end;')).toEqual([
      'begin atomic',
    ]);
    expect(faults("select E'it\\'s';")).toEqual(['escaped quote']);
    expect(faults('/* a /* b */ c */ select 1;')).toEqual(['nested comment']);
    expect(faults('-- the `key` column\nselect 1;')).toEqual(['backtick']);
    expect(faults('select 1; -- a ` b')).toEqual(['backtick']);
    expect(faults("select 'it''s', '/* no */', $$ ` begin atomic /* /* $$;")).toEqual([]);
  });
});
