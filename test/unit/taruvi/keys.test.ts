import { describe, expect, it } from 'vitest';
import type { DialectRequest } from '../../../control-plane/dialects/dialect.ts';
import { idText, isAmong, keyOf, parseIds } from '../../../control-plane/dialects/taruvi/key.ts';
import { uniqueFields } from '../../../control-plane/dialects/taruvi/unique.ts';
import type { Column, Table } from '../../../control-plane/model/table.ts';

const column = (name: string, unique = false) =>
  ({ name, unique, type: { base: 'text' } }) as Column;

function table(key: readonly string[], rest: Partial<Table> = {}): Table {
  return { key, columns: [column('a'), column('b'), column('mail', true)], ...rest } as Table;
}

const single = table(['id']);
const pair = table(['a', 'b']);

describe('ids', () => {
  it.each([
    ['7', ['7']],
    ['a,b', ['a,b']],
    ['[1]', ['[1]']],
    ['', ['']],
  ])('%j of a single key is itself', (id, key) => {
    expect(keyOf(id, single)).toEqual(key);
    expect(idText(id, single)).toBe(id);
  });

  it.each([
    ['1,x', ['1', 'x']],
    ['["1,2","x"]', ['1,2', 'x']],
    ['[9007199254740993,true]', ['9007199254740993', 'true']],
    [',', ['', '']],
    ['1', undefined],
    ['1,2,3', undefined],
    ['[1]', undefined],
    ['[1,null]', undefined],
    ['[1,[2]]', undefined],
    ['[1,2', ['[1', '2']],
  ])('%j of a composite key', (id, key) => {
    expect(keyOf(id, pair)).toEqual(key);
    if (key) expect(idText(id, pair)).toBe(JSON.stringify(key));
  });

  it('a table without a key has none', () => {
    expect(() => keyOf('1', table([]))).toThrow('primary key');
  });
});

describe('lists of ids', () => {
  it.each([
    ['1,2', [['1'], ['2']]],
    [' 1 , 2 ', [['1'], ['2']]],
    ['["a,b",3]', [['a,b'], ['3']]],
    ['[]', []],
  ])('%j of single keys', (text, keys) => {
    expect(parseIds(text, single)).toEqual(keys);
  });

  it.each([
    ['1,x', [['1', 'x']]],
    [
      '1,x,2,y',
      [
        ['1', 'x'],
        ['2', 'y'],
      ],
    ],
    [
      '[[1,"x"],[2,"y,z"]]',
      [
        ['1', 'x'],
        ['2', 'y,z'],
      ],
    ],
    [
      '["1,x","2,y"]',
      [
        ['1', 'x'],
        ['2', 'y'],
      ],
    ],
    ['[1,"x"]', [['1', 'x']]],
  ])('%j of composite keys', (text, keys) => {
    expect(parseIds(text, pair)).toEqual(keys);
  });

  it.each(['1', '1,x,2', '[[1]]', '[[1,2,3]]', '["1,x,2"]', '[null,1]', '[[null,1]]', '[{},1]'])(
    '%j of composite keys is refused',
    (text) => {
      expect(() => parseIds(text, pair)).toThrow('ids');
    },
  );

  it('one of them is one condition, of several columns each', () => {
    expect(isAmong([['1'], ['2']], single)).toMatchObject({ operator: 'in', operand: ['1', '2'] });
    expect(isAmong([['1', 'x']], pair)).toMatchObject({
      kind: 'or',
      of: [{ kind: 'and', of: [{ operand: '1' }, { operand: 'x' }] }],
    });
  });
});

describe('unique_fields', () => {
  const asked = (text: string | undefined): DialectRequest['query'] =>
    new Map(text === undefined ? [] : [['unique_fields', [text]]]);
  const ruled = table(['id'], {
    uniques: [{ name: 'u', columns: ['a', 'b'] }],
    indexes: [
      { name: 'i', unique: true, columns: [{ name: 'b' }], method: 'btree' },
      { name: 'j', unique: true, columns: [{ name: 'a' }], method: 'btree', where: 'b is null' },
    ],
  } as unknown as Partial<Table>);

  it.each([
    [undefined, ['id']],
    ['', ['id']],
    ['id', ['id']],
    ['mail', ['mail']],
    ['b,a', ['a', 'b']],
    [' a , b ', ['a', 'b']],
    ['b', ['b']],
  ])('%j', (text, columns) => {
    expect(uniqueFields(asked(text), ruled)).toEqual(columns);
  });

  it.each(['a', 'mail,a', 'a,b,mail', 'nothing', 'a,a'])('%j is no rule', (text) => {
    expect(() => uniqueFields(asked(text), ruled)).toThrow('unique_fields');
  });
});
