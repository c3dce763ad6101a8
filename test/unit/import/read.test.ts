import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readPackage } from '../../../control-plane/service/import/package.ts';
import { readSource } from '../../../control-plane/service/import/read.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rowhouse-import-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

describe('CSV', () => {
  test('takes a byte-order mark, quotes, line breaks in cells and CRLF; says the line of each row', async () => {
    const path = file('a.b.csv', '\uFEFFid,"a ""b"""\r\n1,"x\r\ny"\r\n\r\n2,\r\n');
    const source = await readSource(path);
    expect(source.name).toBe('a');
    expect(source.rows).toEqual([
      { line: 2, values: { id: '1', 'a "b"': 'x\r\ny' } },
      { line: 5, values: { id: '2', 'a "b"': null } },
    ]);
  });

  test.each([
    ['a;b\n1;2,5\n', 'x.csv'],
    ['a\tb\n1\t2,5\n', 'x.tsv'],
    ['a|b\n1|2,5\n', 'x.csv'],
  ])('finds the delimiter of %j', async (content, name) => {
    const source = await readSource(file(name, content));
    expect(source.rows).toEqual([{ line: 2, values: { a: '1', b: '2,5' } }]);
  });

  test.each([
    ['a,b\n1,2\n3\n', /line 3: the row has more or fewer cells/],
    ['a,a\n1,2\n', /line 1, field a: the header names this column twice/],
    ['a,\n1,2\n', /line 1, field column 2: the header names no column/],
    ['', /line 1: the file is empty/],
    ['a\n"x\n', /quotation mark/],
    [Buffer.from([97, 10, 0xff, 0xfe, 10]), /not utf-8/],
  ])('refuses %j', async (content, message) => {
    await expect(readSource(file('x.csv', content))).rejects.toThrow(message);
  });
});

describe('JSON', () => {
  test('an array: every element with its line, digits beyond 2^53 kept', async () => {
    const path = file('x.json', '\uFEFF[\n {"a": 9007199254740993,\n  "b": "],["},\n {"a": 2}]');
    const { rows } = await readSource(path);
    expect(rows.map((row) => row.line)).toEqual([2, 4]);
    expect(JSON.stringify(rows.map((row) => row.values))).toBe(
      '[{"a":9007199254740993,"b":"],["},{"a":2}]',
    );
  });

  test('lines of JSON, whatever the file is called', async () => {
    const path = file('x.json', '{"a":1}\n\n{"a":2}\n');
    expect((await readSource(path)).rows.map((row) => row.line)).toEqual([1, 3]);
  });

  test.each([
    ['x.ndjson', '{"a":1}\n{"a":}\n', /line 2/],
    ['x.ndjson', '{"a":1}\n[1]\n', /line 2: the row is not a JSON object/],
    ['x.json', '[{"a":1},\n2]', /line 2: the row is not a JSON object/],
    ['x.json', '"a"', /is no JSON array/],
  ])('%s %j is refused', async (name, content, message) => {
    await expect(readSource(file(name, content))).rejects.toThrow(message);
  });
});

describe('data packages', () => {
  const descriptor = (resources: unknown): string =>
    file('datapackage.json', `\uFEFF${JSON.stringify({ resources })}`);

  const readAll = async (path: string): Promise<void> => {
    for (const table of (await readPackage(path)).tables) await table.read();
  };

  test('types, rules and keys come from the schema', async () => {
    file('data/x.csv', 'code,n,ok\n007,"1.000,5",ja\n');
    const { tables } = await readPackage(
      descriptor([
        {
          name: 'things',
          path: 'data/x.csv',
          schema: {
            primaryKey: 'code',
            fields: [
              { name: 'code', type: 'string', constraints: { pattern: '\\d+', maxLength: 3 } },
              { name: 'n', type: 'number', decimalChar: ',', groupChar: '.' },
              { name: 'ok', type: 'boolean', trueValues: ['ja'], falseValues: ['nein'] },
            ],
          },
        },
      ]),
    );
    expect(await tables[0]?.read()).toMatchObject({
      name: 'things',
      key: ['code'],
      fields: [
        {
          name: 'code',
          type: { base: 'text' },
          rules: { pattern: '\\d+', whole: true, maxLength: 3 },
        },
        { name: 'n', type: { base: 'numeric' } },
        { name: 'ok', type: { base: 'boolean' }, booleans: { yes: ['ja'], no: ['nein'] } },
      ],
      rows: [{ line: 2, values: { code: '007', n: '1.000,5', ok: 'ja' } }],
    });
  });

  test.each([
    [[{ name: 'x', path: '../../etc/passwd' }], /leads out of the package/],
    [[{ name: 'x', path: '/etc/passwd' }], /leads out of the package/],
    [[{ name: 'x', path: 'https://example.org/x.csv' }], /is an address/],
    [[{ path: 'x.csv' }], /resources\[0\]\.name: is missing/],
    [[], /resources: is missing/],
  ])('%j is refused', async (resources, message) => {
    await expect(readAll(descriptor(resources))).rejects.toThrow(message);
  });

  test('a file without a described column is refused by name', async () => {
    file('x.csv', 'a\n1\n');
    const fields = [{ name: 'a' }, { name: 'b' }];
    const path = descriptor([{ name: 'x', path: 'x.csv', schema: { fields } }]);
    await expect(readAll(path)).rejects.toThrow(/field b: the file has no such column/);
  });

  test.each([
    [{ type: 'table', format: '.arrow', path: 'x.arrow' }, /files of format arrow are not read/],
    [{ path: 'x.csv', encoding: 'klingon' }, /the encoding klingon is not known/],
    [{ path: 'x.json', schema: { fields: [{ name: 'a' }] } }, /line 2, field b: the package does/],
    [{ path: 'x.json', schema: { fields: 'abc'.split('').map((name) => ({ name })) } }, /field c/],
    [{ path: 'x.json', schema: { fields: [{ name: 'a' }, { name: 'a' }] } }, /described twice/],
    [
      { path: 'x.json', schema: { fields: [{ name: 'a' }, { name: 'b', type: 'money' }] } },
      /resources\[0\]\.schema\.fields\[1\]\.type: unknown type "money"/,
    ],
    [
      { path: 'x.json', schema: { fields: [{ name: 'a', constraints: { minLength: 'x' } }] } },
      /fields\[0\]\.constraints\.minLength: must be a whole number/,
    ],
    [
      { path: 'x.json', schema: { fields: [{ name: 'a', constraints: { largest: 1 } }] } },
      /constraint largest is not supported/,
    ],
  ])('%j is refused', async (resource, message) => {
    file('x.csv', 'a\n1\n');
    file('x.json', '[{"a":"1"},\n{"a":"2","b":"3"}]');
    await expect(readAll(descriptor([{ name: 'x', ...resource }]))).rejects.toThrow(message);
  });

  test('what holds no rows is no table; of two of a name the second is refused', async () => {
    file('x.csv', 'a\n1\n');
    const path = descriptor([
      { name: 'icon', type: 'file', path: 'icon.png', format: 'png' },
      { name: 'map', type: 'json', path: 'map.json', format: 'topojson' },
      { name: 'plain', path: 'x.png' },
      { name: 'x', path: 'x.csv' },
      { name: 'x', path: 'x.csv' },
    ]);
    const { tables, others } = await readPackage(path);
    expect(others.map(({ name, kind }) => [name, kind])).toEqual([
      ['icon', 'file, png'],
      ['map', 'json, topojson'],
      ['plain', 'png'],
    ]);
    expect((await tables[0]?.read())?.rows).toHaveLength(1);
    await expect(tables[1]?.read()).rejects.toThrow(/another resource has this name/);
  });
});
