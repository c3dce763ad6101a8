import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  CsvFault,
  type CsvForm,
  CsvReader,
  type CsvRecord,
} from '../../../control-plane/service/import/csv.ts';

const plain: CsvForm = { delimiter: ',', quote: '"', trimmed: false };

function read(pieces: readonly string[], form = plain): CsvRecord[] {
  const reader = new CsvReader(form);
  return [...pieces.flatMap((piece) => [...reader.take(piece)]), ...reader.end()];
}

const cells = (text: string, form?: CsvForm) => read([text], form).map((record) => record.cells);

describe('records', () => {
  test.each([
    [
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a\r\nb\rc\n', [['a'], ['b'], ['c']]],
    ['\n\na\n\r\n\n', [['a']]],
    ['"a,""b""\r\nc",\n', [['a,"b"\r\nc', '']]],
    [',\n', [['', '']]],
    ['""\n', [['']]],
    ['', []],
  ])('%j', (text, expected) => {
    expect(cells(text)).toEqual(expected);
  });

  test('another delimiter, another quotation mark, comments, blanks before cells', () => {
    const form = { delimiter: ';', quote: "'", comment: '#', trimmed: true };
    expect(cells("# no; row\na;  'b;''c'\n  d; e#\n#", form)).toEqual([
      ['a', "b;'c"],
      ['d', 'e#'],
    ]);
  });

  test.each([
    ['a\n"b', 2],
    ['a"b\n', 1],
    ['"x\ny"z\n', 2],
  ])('%j is none: line %i', (text, line) => {
    expect(() => read([text])).toThrow(CsvFault);
    expect(() => read([text])).toThrow(expect.objectContaining({ line }));
  });
});

test('whatever is written as RFC 4180 says comes back, however it is cut into pieces, with its lines', () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', 'ß', '😀', ',', '"', '\n', '\r', ' '),
    maxLength: 6,
  });
  const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 8 });
  const end = fc.constantFrom('\n', '\r\n', '\r');
  fc.assert(
    fc.property(rows, end, fc.array(fc.nat(60), { maxLength: 5 }), (written, ending, cuts) => {
      let line = 1;
      let text = '';
      const expected: CsvRecord[] = [];
      for (const row of written) {
        expected.push({ line, cells: row });
        const next = `${row.map((each) => `"${each.replaceAll('"', '""')}"`).join(',')}${ending}`;
        line += next.split(/\r\n|\n|\r/).length - 1;
        text += next;
      }
      const places = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b)];
      const pieces = places.map((from, at) => text.slice(from, places[at + 1]));
      expect(read(pieces)).toEqual(expected);
    }),
  );
});

test('a cell that comes in many pieces is not read anew with each', () => {
  const reader = new CsvReader(plain);
  const size = 200_000;
  const find = vi.spyOn(String.prototype, 'indexOf');
  try {
    const found = [...reader.take('"')];
    for (let n = 0; n < size / 100; n++) found.push(...reader.take('x'.repeat(100)));
    found.push(...reader.take('"\n'), ...reader.end());
    expect(found[0]?.cells[0]).toHaveLength(size);
    // What the search for the closing mark has passed: 1 + 2 + 4 + … pieces and the whole once more, not 1 + 2 + 3 + ….
    const passed = find.mock.contexts.map((text) => String(text).length);
    const all = passed.reduce((sum, each) => sum + each, 0);
    expect(all).toBeGreaterThanOrEqual(size);
    expect(all).toBeLessThan(4 * size);
  } finally {
    find.mockRestore();
  }
});
