import { describe, expect, it } from 'vitest';
import { type Json, memberOf, setMember } from '../../../control-plane/base/json.ts';

/** What every object has without having been given it. */
const inherited = Object.getOwnPropertyNames(Object.prototype);

describe('a member of an object', () => {
  it('is there when the object has it itself', () => {
    for (const name of inherited) {
      const object = JSON.parse(`{${JSON.stringify(name)}:0}`) as Record<string, Json>;
      expect(memberOf(object, name), name).toBe(0);
    }
  });

  it('is none that all objects inherit', () => {
    expect(inherited).toContain('__proto__');
    for (const name of inherited) expect(memberOf({ a: 1 }, name), name).toBeUndefined();
  });
});

describe('setting a member', () => {
  it('sets one of this name, whatever the name', () => {
    for (const name of [...inherited, 'a']) {
      const object: Record<string, Json> = {};
      setMember(object, name, { b: 1 });
      expect(JSON.stringify(object), name).toBe(`{${JSON.stringify(name)}:{"b":1}}`);
      expect(Object.getPrototypeOf(object), name).toBe(Object.prototype);
      setMember(object, name, null);
      expect(JSON.stringify({ ...object }), name).toBe(`{${JSON.stringify(name)}:null}`);
    }
  });
});
