/** A tenant's share of the connections: who waits for its turn waits no longer in all than who waits for a connection. */
import { expect, it } from 'vitest';
import type { Lease, Pool } from '../../../control-plane/pg/pool.ts';
import { shares } from '../../../control-plane/pg/share.ts';

const lease: Lease = { discard: () => undefined, allow: () => undefined };

function poolOf(patience: (number | undefined)[]): Pool {
  return {
    borrow: (work, left) => {
      patience.push(left);
      return work({} as Parameters<typeof work>[0], lease);
    },
    cancel: () => Promise.resolve(),
    stats: () => ({ total: 0, idle: 0, waiting: 0 }),
    statementTimeout: 1_000,
    end: () => Promise.resolve(),
  };
}

it('three quarters at one time; the next has what is left of its time', async () => {
  const patience: (number | undefined)[] = [];
  const share = shares(poolOf(patience), 4, 60_000);
  const going = Promise.withResolvers<void>();
  const held = Array.from({ length: 3 }, () => share('acme').borrow(() => going.promise));
  const next = share('acme').borrow(async () => 'done');
  const other = await share('other').borrow(async () => 'done');
  expect([other, patience]).toEqual(['done', [undefined, undefined, undefined, undefined]]);
  going.resolve();
  await Promise.all(held);
  expect(await next).toBe('done');
  expect(patience[4]).toBeGreaterThan(0);
  expect(patience[4]).toBeLessThan(60_000);
});

it('who gets no turn is told to come again', async () => {
  const share = shares(poolOf([]), 2, 20);
  const going = Promise.withResolvers<void>();
  const held = Array.from({ length: 2 }, () => share('acme').borrow(() => going.promise));
  await expect(share('acme').borrow(async () => 'done')).rejects.toMatchObject({
    kind: 'server_busy',
    detail: { retryAfter: 1 },
  });
  going.resolve();
  await Promise.all(held);
  expect(await share('acme').borrow(async () => 'done')).toBe('done');
});
