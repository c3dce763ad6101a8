import { describe, expect, it } from 'vitest';
import { decodeSegment, parseAddress } from '../../../control-plane/http/address.ts';

const unreserved = /[A-Za-z0-9._~-]/;

describe('a path', () => {
  it('is the same with an escape of a character that needs none, and with no other', () => {
    for (let code = 0; code < 128; code++) {
      const escaped = `%${code.toString(16).padStart(2, '0')}`;
      const character = String.fromCharCode(code);
      for (const spelled of [escaped, escaped.toUpperCase()]) {
        const { path } = parseAddress(`/a/x${spelled}y`);
        expect(path, spelled).toBe(
          unreserved.test(character) ? `/a/x${character}y` : `/a/x${spelled}y`,
        );
        expect(decodeSegment(path.slice(3)), spelled).toBe(`x${character}y`);
      }
    }
  });

  it('is decoded once', () => {
    expect(parseAddress('/a/%2574ables').path).toBe('/a/%2574ables');
    expect(parseAddress('/sites/acme/%61%2F').path).toBe('/a%2F');
    expect(() => decodeSegment(parseAddress('/%ff').path.slice(1))).toThrow('percent-encoded');
  });

  it('loses doubled and trailing slashes, and a tenant', () => {
    expect(parseAddress('//a///b/?c=/d/')).toEqual({ path: '/a/b', queryText: 'c=/d/' });
    expect(parseAddress('/site/%61cme/a/')).toEqual({ path: '/a', queryText: '', tenant: 'acme' });
  });
});
