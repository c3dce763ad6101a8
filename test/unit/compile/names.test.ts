import { describe, expect, test } from 'vitest';
import { constraintFacts } from '../../../control-plane/compile/constraint.ts';
import { joinedName, shortName } from '../../../control-plane/compile/names.ts';
import { objectsOf } from '../../../control-plane/compile/table.ts';
import { catalogOf, column, hostileNames, reference, table } from './samples.ts';

const flagged = hostileNames.map((name) =>
  column(
    name,
    { base: 'text' },
    {
      unique: true,
      indexed: true,
      searchable: true,
      sudo: true,
      immutable: true,
      tracked: true,
      minimum: 1,
      maximum: 9,
      pattern: 'x',
      enum: ['x'],
    },
  ),
);

const made = table('t', flagged, {
  features: { timestamps: true, softDelete: true, acl: true, history: true },
  references: hostileNames.map((name, index) => reference(name, 't', { name: `r${index}` })),
});

describe('names of constraints, indexes and triggers', () => {
  const objects = objectsOf(made, catalogOf(made));

  test('stay within 50 bytes', () => {
    const named = objects.filter(({ kind }) => kind !== 'comment');
    const long = named.filter(({ name }) => Buffer.byteLength(name) > 50);
    expect(long.map(({ name }) => name)).toEqual([]);
  });

  test('never collide, whatever the columns are called', () => {
    const keys = objects.map(({ kind, on, name }) => {
      const space = ['primary', 'unique', 'check', 'reference'].includes(kind)
        ? 'constraint'
        : kind;
      return `${space} ${on} ${name}`;
    });
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  test('a crafted column can not take the cut name of another', () => {
    const long = 'y'.repeat(63);
    const stolen = shortName(long, 'key_7').replace(/_key_7$/, '');
    expect(shortName(stolen, 'key_7')).not.toBe(shortName(long, 'key_7'));
  });

  test('several columns: the split matters', () => {
    expect(joinedName(['a_b', 'c'], 'ref_1')).not.toBe(joinedName(['a', 'b_c'], 'ref_1'));
  });

  test('are found again from what Postgres reports', () => {
    const facts = constraintFacts(made);
    expect(facts).toContainEqual({ kind: 'unique', name: 'a_b_key_7', columns: ['a_b'] });
    const names = new Set(objects.map(({ name }) => name));
    expect(facts.filter(({ name }) => !names.has(name))).toEqual([]);
  });
});
