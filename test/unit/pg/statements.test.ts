import { describe, expect, it } from 'vitest';
import { PreparedStatements } from '../../../control-plane/pg/statements.ts';
import { wireText } from '../../../control-plane/pg/wire.ts';

describe('prepared statements', () => {
  it('are parsed once, and the least recently used gives way', () => {
    const book = new PreparedStatements();
    const a = book.prepare('a', 2);
    expect(a).toMatchObject({ parse: true, close: [] });
    const b = book.prepare('b', 2);
    expect(book.prepare('a', 2)).toMatchObject({ name: a.name, parse: false });
    expect(book.prepare('c', 2).close).toEqual([b.name]);
    expect(book.prepare('a', 2).parse).toBe(false);
    expect(book.prepare('b', 2).parse).toBe(true);
  });

  it('are closed before they are parsed again when their fate is unknown', () => {
    const book = new PreparedStatements();
    const { name } = book.prepare('a', 2);
    book.doubt(name);
    expect(book.prepare('a', 2)).toEqual({ name, parse: true, close: [name] });
    expect(book.prepare('a', 2)).toEqual({ name, parse: false, close: [] });
  });

  it('have no names at capacity 0', () => {
    expect(new PreparedStatements().prepare('a', 0)).toEqual({ name: '', parse: true, close: [] });
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
