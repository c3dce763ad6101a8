import { describe, expect, it } from 'vitest';
import { PreparedStatements } from '../../../control-plane/pg/statements.ts';
import { wireText } from '../../../control-plane/pg/wire.ts';

describe('prepared statements', () => {
  it('are parsed once, and the least recently used gives way', () => {
    const book = new PreparedStatements(2);
    const a = book.prepare('a');
    expect(a).toMatchObject({ parse: true, close: [] });
    const b = book.prepare('b');
    expect(book.prepare('a')).toMatchObject({ name: a.name, parse: false });
    expect(book.prepare('c').close).toEqual([b.name]);
    expect(book.prepare('a').parse).toBe(false);
    expect(book.prepare('b').parse).toBe(true);
  });

  it('are closed before they are parsed again when their fate is unknown', () => {
    const book = new PreparedStatements(2);
    const { name } = book.prepare('a');
    book.doubt(name);
    expect(book.prepare('a')).toEqual({ name, parse: true, close: [name] });
    expect(book.prepare('a')).toEqual({ name, parse: false, close: [] });
  });

  it('have no names at capacity 0', () => {
    expect(new PreparedStatements(0).prepare('a')).toEqual({ name: '', parse: true, close: [] });
  });
});

describe('values on the wire', () => {
  it.each([
    [null, null],
    [true, 'true'],
    [1.5, '1.5'],
    ['x', 'x'],
    [{ a: 1 }, '{"a":1}'],
    [[], '{}'],
    [['a', null, 'b"\\', '{,}', 'NULL', ''], '{"a",NULL,"b\\"\\\\","{,}","NULL",""}'],
    [[1, 2], '{"1","2"}'],
  ])('%j', (value, text) => {
    expect(wireText(value)).toBe(text);
  });
});
