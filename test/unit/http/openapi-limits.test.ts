/** Limits that the document tells of requests: those that the dialects' specifications name, and requests are held to just these. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../control-plane/base/json.ts';
import { pageOf } from '../../../control-plane/dialects/taruvi/page.ts';
import {
  dataQuery,
  document,
  get,
  isTaken,
  isTold,
  load,
  monkFind,
  type Request,
  taruvi,
} from './told-fixture.ts';

const times = <T extends Json>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));

const orderBys = (count: number): Request =>
  dataQuery({ orderBys: times(count, () => ({ field: 'age' })) });
const upserts = (count: number): Request => ({
  method: 'PUT',
  path: '/data-svc/objects/upsert',
  body: { objects: times(count, (at) => ({ id: `pet_${at}`, table: 'pet' })) },
});
const monkList = (limit: string): Request => ({
  method: 'GET',
  path: '/api/data/:schema',
  params: { schema: 'users' },
  query: { limit },
});

describe('limits', () => {
  it.each<[string, Request, Request]>([
    ['Data Svc orderBys', orderBys(16), orderBys(17)],
    ['Data Svc limit', dataQuery({ limit: 10_000 }), dataQuery({ limit: 10_001 })],
    ['Data Svc objects', upserts(10_000), upserts(10_001)],
    ['Monk limit', monkFind({ limit: 10_000 }), monkFind({ limit: 10_001 })],
    ['Monk limit, from below', monkFind({ limit: 0 }), monkFind({ limit: -1 })],
    ['Monk limit in the query', monkList('10000'), monkList('10001')],
    ['Monk limit in the query, from below', monkList('0'), monkList('-1')],
  ])('%s', (_, within, beyond) => {
    expect([isTold(within), isTaken(within)]).toEqual([true, true]);
    expect([isTold(beyond), isTaken(beyond)]).toEqual([false, false]);
  });

  it.each([
    ['export', taruvi('/export', get('delimiter'))],
    ['import', taruvi('/data/import', load('delimiter'))],
  ])('delimiter of a Taruvi %s, one character that ends nothing else', (_, request) => {
    for (const text of [';', '\t', ' ', 'é']) expect(isTaken(request(text)), text).toBe(true);
    for (const text of ['', ';;', '"', '\n', '\r']) {
      expect(isTaken(request(text)), text).toBe(false);
    }
  });

  it('Taruvi page_size, which is cut', () => {
    const { description } = document.components['parameters']?.['TaruviPageSize'] ?? {};
    expect(description).toBe('Rows of a page, 1000 at most.');
    expect(pageOf(new Map([['page_size', ['1001']]])).limit).toBe(1000);
  });
});
