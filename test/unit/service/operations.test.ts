import { expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Pool } from '../../../control-plane/pg/pool.ts';
import { createOperations } from '../../../control-plane/service/operations.ts';

it('no more are driven at one time than may be, whenever the next is begun', async () => {
  // One more is begun so many steps after the first has failed, while another waits for its place.
  for (let steps = 0; steps < 10; steps++) {
    const first = Promise.withResolvers<void>();
    let working = 0;
    let most = 0;
    let borrowed = 0;
    const borrow = async (): Promise<never> => {
      most = Math.max(most, ++working);
      await (borrowed++ === 0 ? first.promise : new Promise((resolve) => setImmediate(resolve)));
      working--;
      throw new ServiceError('internal');
    };
    const pool = { borrow } as unknown as Pool;
    const operations = createOperations(pool, { put: () => undefined }, { most: 1 });
    const follow = (id: number): Promise<unknown> => operations.follow(id).catch(() => undefined);
    const all = [follow(1), follow(2)];
    first.resolve();
    for (let step = 0; step < steps; step++) await Promise.resolve();
    await Promise.all([...all, follow(3)]);
    expect([borrowed, most], `after ${steps} steps`).toEqual([3, 1]);
  }
});
