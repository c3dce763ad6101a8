import { describe, expect, it } from 'vitest';
import type { Endpoint, Exchange } from '../../../control-plane/http/exchange.ts';
import { createFinder } from '../../../control-plane/http/routes.ts';

const endpoint = (path: string, header?: string): Endpoint => ({
  method: 'GET',
  path,
  handle: () => Promise.resolve({ status: 200, body: '{}' }),
  ...(header === undefined ? {} : { header }),
});

const special = endpoint('/api/data/policies', 'x-app-slug');
const general = endpoint('/api/data/:schema');
const lonely = endpoint('/api/lonely', 'x-app-slug');
const find = createFinder([special, general, lonely], []);

function exchange(path: string, headers: Exchange['headers'] = {}, method = 'GET'): Exchange {
  return { path, headers, method, extra: {} } as Exchange;
}

describe('a route that asks for a header', () => {
  it('is meant by requests that carry it', () => {
    expect(find(exchange('/api/data/policies', { 'x-app-slug': 'crm' }))).toBe(special);
    expect(find(exchange('/api/lonely', { 'x-app-slug': '' }))).toBe(lonely);
  });

  it('leaves others to a later route of the path, or is not there', () => {
    expect(find(exchange('/api/data/policies'))).toBe(general);
    expect(() => find(exchange('/api/lonely'))).toThrow('No such route');
  });

  it('is refused by its verb only to those', () => {
    expect(() => find(exchange('/api/lonely', { 'x-app-slug': 'a' }, 'PUT'))).toThrow(
      'not allowed',
    );
    expect(() => find(exchange('/api/lonely', {}, 'PUT'))).toThrow('No such route');
  });
});
