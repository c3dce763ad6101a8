import { Router } from '@koa/router';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialects } from '../../../control-plane/dialects/index.ts';
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

it('the first route that fits wins, wherever its parameters stand', () => {
  const [any, page, root] = [
    endpoint('/docs/:file'),
    endpoint('/docs/index'),
    endpoint('/:x/index'),
  ];
  const found = (...endpoints: Endpoint[]) => createFinder(endpoints, [])(exchange('/docs/index'));
  expect(found(any, page, root)).toBe(any);
  expect(found(page, any, root)).toBe(page);
  expect(found(root, any, page)).toBe(root);
});

describe('routes of all dialects', () => {
  const endpoints = dialects.flatMap(({ routes }) =>
    routes.map(({ method, path, header }) => ({ ...endpoint(path, header), method })),
  );
  const finder = createFinder(endpoints, dialects);
  /** All routes in one table, tried in turn. */
  const table = new Router({ sensitive: true });
  for (const { path, method } of endpoints) {
    table.register(path.replace(/\/+$/, ''), [method], [() => undefined]);
  }
  const segments = [...new Set(endpoints.flatMap(({ path }) => path.split('/')))];

  it('are found as by trying all of them', () => {
    const segment = fc.constantFrom(...segments, 'x', '%61pi', 'API', '..', '%2F');
    const path = fc.oneof(
      fc.array(segment, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`),
      fc
        .tuple(fc.constantFrom(...endpoints), segment, fc.boolean())
        .map(
          ([{ path: route }, word, slash]) => `${route.replace(/:\w+/g, word)}${slash ? '/' : ''}`,
        ),
    );
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE');
    fc.assert(
      fc.property(path, method, (asked, verb) => {
        // Headers that some routes ask for: with all of them, every route is meant.
        const headers = Object.fromEntries(
          endpoints.flatMap(({ header }) => (header === undefined ? [] : [[header, 'x']])),
        );
        const [first] = table.match(asked, verb).pathAndMethod;
        const wanted = first && { method: verb, path: first.path };
        let found: Endpoint | undefined;
        try {
          found = finder(exchange(asked, headers, verb));
        } catch {
          found = undefined;
        }
        expect(found && { method: found.method, path: found.path.replace(/\/+$/, '') }).toEqual(
          wanted,
        );
      }),
      { numRuns: 3_000 },
    );
  });
});
