/** No answer of REST tells a hidden row from a missing one, or shows a value of it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Reply, TestApp } from '../support/app.ts';
import { type Monk, monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';
import { hidden, id, missing, openLeaks, secret, visible } from './leaks-rows.ts';

let app: TestApp;
let tenant: string;
let ann: Monk;

beforeAll(async () => {
  ({ app, tenant, ann } = await openLeaks());
});

/** A reply with the key asked for blotted out: what is left must not depend on it. */
function blotted(reply: Reply, key: string): [number, string] {
  expect(reply.text).not.toContain(secret);
  return [reply.status, reply.text.replaceAll(key, '<key>')];
}

/** Sends the same request about the hidden row and about one that never was. */
async function same(
  method: string,
  path: (key: string) => string,
  body?: (key: string) => unknown,
) {
  const [about, never] = await Promise.all(
    [hidden, missing].map(async (key) =>
      blotted(await ann.send(method, path(key), body?.(key)), key),
    ),
  );
  expect(about, `${method} ${path('<key>')}`).toEqual(never);
  return about;
}

describe('by key', () => {
  const byKey: readonly (readonly [
    string,
    (key: string) => string,
    ((key: string) => unknown)?,
  ])[] = [
    ['GET', (key) => `/api/data/parent/${key}`],
    ['GET', (key) => `/api/data/parent/${key}?include_trashed=true`],
    ['PUT', (key) => `/api/data/parent/${key}`, () => ({ code: 'N' })],
    ['PUT', (key) => `/api/data/parent/${key}`, () => ({ note: 'other' })],
    ['PUT', (key) => `/api/data/parent/${key}`, () => ({ amount: 'not a number' })],
    ['PUT', (key) => `/api/data/parent/${key}`, () => ({ access_read: ['ann'] })],
    [
      'PATCH',
      (key) => `/api/data/parent/${key}?include_trashed=true`,
      () => ({ trashed_at: null }),
    ],
    ['DELETE', (key) => `/api/data/parent/${key}`],
    ['PUT', () => '/api/data/parent', (key) => [{ id: key, code: 'N' }]],
    [
      'PUT',
      () => '/api/data/parent',
      (key) => [
        { id: visible, code: 'V' },
        { id: key, code: 'N' },
      ],
    ],
    ['DELETE', () => '/api/data/parent', (key) => [key]],
    ['GET', (key) => `/api/acls/parent/${key}`],
    ['PUT', (key) => `/api/acls/parent/${key}`, () => ({ access_read: ['ann'] })],
    ['POST', (key) => `/api/acls/parent/${key}`, () => ({ access_read: ['ann'] })],
    ['DELETE', (key) => `/api/acls/parent/${key}`],
    ['GET', (key) => `/api/stat/parent/${key}`],
    ['GET', (key) => `/api/history/parent/${key}`],
    ['GET', (key) => `/api/history/parent/${key}/1`],
    ['GET', (key) => `/api/trashed/parent/${key}`],
    ['POST', (key) => `/api/trashed/parent/${key}`],
    ['POST', () => '/api/trashed/parent', (key) => [key]],
    ['GET', (key) => `/api/data/parent/${key}/children`],
    ['POST', (key) => `/api/data/parent/${key}/children`, () => ({ note: 'x' })],
    ['DELETE', (key) => `/api/data/parent/${key}/children`],
    ['POST', () => '/api/find/parent', (key) => ({ where: { id: key } })],
    ['POST', () => '/api/find/parent', (key) => ({ after: key })],
    ['POST', () => '/api/data/child', (key) => ({ note: 'x', parent_id: key })],
    ['PUT', () => `/api/data/child/${id(11)}`, (key) => ({ parent_id: key })],
    [
      'POST',
      () => '/api/bulk',
      (key) => ({
        operations: [{ operation: 'update', schema: 'parent', id: key, data: { code: 'N' } }],
      }),
    ],
    [
      'POST',
      () => '/api/bulk',
      (key) => ({
        operations: [{ operation: 'create', schema: 'child', data: { parent_id: key } }],
      }),
    ],
  ];
  it.each(
    byKey.map(
      ([method, path, body]) =>
        [
          `${method} ${path('…')} ${JSON.stringify(body?.('…') ?? '')}`,
          method,
          path,
          body,
        ] as const,
    ),
  )('%s', async (_, method, path, body) => {
    await same(method, path, body);
  });

  it('the refusals are the expected ones', async () => {
    expect((await same('GET', (key) => `/api/data/parent/${key}`))?.[0]).toBe(404);
    const [status, text] =
      (await same(
        'POST',
        () => '/api/data/child',
        (key) => ({ parent_id: key }),
      )) ?? [];
    expect([status, text]).toEqual([409, expect.stringContaining('RELATIONSHIP_CONSTRAINT')]);
  });
});

describe('in lists', () => {
  it('children of a visible parent: hidden ones are not there', async () => {
    const reply = await ann.send('GET', `/api/data/parent/${visible}/children`);
    expect(reply.text).not.toContain(secret);
    expect((reply.body as { data: object[] }).data).toHaveLength(1);
    await Promise.all(
      [id(12), id(99)].map(async (key) =>
        blotted(await ann.send('GET', `/api/data/parent/${visible}/children/${key}`), key),
      ),
    ).then(([about, never]) => expect(about).toEqual(never));
  });

  it('counts, totals, offsets, orders and aggregates know nothing of hidden rows', async () => {
    for (const query of [
      '',
      '?count=true',
      '?order=amount desc',
      '?limit=1&offset=1&count=true',
      '?offset=2',
    ]) {
      const reply = await ann.send('GET', `/api/data/parent${query}`);
      expect(reply.status, query).toBe(200);
      expect(reply.text, query).not.toContain(secret);
      const { total } = reply.body as { total?: number };
      if (query.includes('count')) expect(total, query).toBe(2);
    }
    const totals = await ann.send('POST', '/api/aggregate/parent', {
      aggregate: {
        n: { $count: '*' },
        most: { $max: 'amount' },
        sum: { $sum: 'price' },
        first: { $min: 'note' },
        kinds: { $distinct: 'code' },
      },
    });
    expect((totals.body as { data: unknown }).data).toEqual([
      { n: 2, most: 1, sum: 1.5, first: 'own', kinds: 2 },
    ]);
    const groups = await ann.send('POST', '/api/aggregate/parent', {
      aggregate: { n: { $count: '*' } },
      groupBy: ['code'],
    });
    expect((groups.body as { data: unknown }).data).toEqual([
      { code: 'F', n: 1 },
      { code: 'V', n: 1 },
    ]);
  });

  it('writes by predicate count what is visible', async () => {
    const where = encodeURIComponent(JSON.stringify({ amount: 7 }));
    const changed = await ann.send('PUT', `/api/data/parent?where=${where}`, { amount: 8 });
    expect((changed.body as { data: unknown }).data).toEqual({ updated: 0, matched: 0 });
    const deleted = await ann.send('DELETE', `/api/data/parent?where=${where}`);
    expect((deleted.body as { data: unknown }).data).toEqual({ deleted: 0, matched: 0 });
  });

  it('a condition is not tried on hidden rows', async () => {
    // Each of these would answer differently if it met the hidden row.
    for (const where of [
      { note: { $like: `${secret}\\` } },
      { note: { $like: `${secret.slice(0, 4)}%\\` } },
      { 'doc.a': { $gt: 1 } },
      { 'doc.a': { $regex: '^c' } },
      { note: { $regex: `^${secret}$` } },
      { $search: { query: secret, operator: 'and' } },
    ]) {
      const before = await ann.send('POST', '/api/find/parent', { where });
      const other = JSON.parse(
        JSON.stringify(where).replaceAll(secret, 'neverthere').replaceAll('conf', 'neve'),
      ) as object;
      const after = await ann.send('POST', '/api/find/parent', { where: other });
      expect(
        [before.status, (before.body as { count?: number }).count],
        JSON.stringify(where),
      ).toEqual([after.status, (after.body as { count?: number }).count]);
    }
  });
});

describe('constraints', () => {
  it('a clash with a hidden row reads like one with a visible row', async () => {
    const replies = await Promise.all(
      ['H', 'V'].map(async (code) => {
        const reply = await ann.send('POST', '/api/data/parent', { code });
        expect(reply.text).not.toContain(secret);
        expect(reply.text).not.toContain(hidden);
        return [reply.status, reply.text.replaceAll(`"${code}"`, '<code>')];
      }),
    );
    expect(replies[0]).toEqual(replies[1]);
    expect(replies[0]?.[0]).toBe(409);
  });

  it('definitions that stored rows break do not quote them', async () => {
    const full = monk(app, principal(tenant, 'fred', { access: 'full' }));
    for (const change of [
      { maximum: 3 },
      { type: 'integer' },
      { pattern: '^plain$' },
      { enum_values: ['plain'] },
    ]) {
      const reply = await full.send('PUT', '/api/describe/parent/note', change);
      expect(reply.status, JSON.stringify(change)).toBe(409);
      expect(reply.text).not.toContain(secret);
    }
  });
});
