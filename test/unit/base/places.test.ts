import { describe, expect, it } from 'vitest';
import { createPlaces, type Places } from '../../../control-plane/base/places.ts';

/** Work that goes on until it is told to end. */
function work(places: Places) {
  const end = Promise.withResolvers<void>();
  let begun = false;
  const done = places.during(async (waited) => {
    begun = true;
    await end.promise;
    return waited;
  });
  done.catch(() => undefined);
  return { begun: () => begun, end: end.resolve, done };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('places', () => {
  it('are taken by so many; the others wait in the order of their coming', async () => {
    const places = createPlaces({ most: 2 });
    const all = Array.from({ length: 5 }, () => work(places));
    const begun = () => all.map((each) => each.begun());
    expect(begun()).toEqual([true, true, false, false, false]);
    all[1]?.end();
    await turn();
    expect(begun()).toEqual([true, true, true, false, false]);
    all[0]?.end();
    await turn();
    expect(begun()).toEqual([true, true, true, true, false]);
    for (const each of all) each.end();
    const waited = await Promise.all(all.map(({ done }) => done));
    expect(waited.slice(0, 2)).toEqual([0, 0]);
    for (const time of waited.slice(2)) expect(time).toBeGreaterThan(0);
    expect(places.idle()).toBe(true);
  });

  it('go to who waits, not to who comes in between', async () => {
    // How many steps lie between the end of one and the beginning of the next is nobody's business: each is tried.
    for (let steps = 0; steps < 10; steps++) {
      const places = createPlaces({ most: 1 });
      let working = 0;
      let most = 0;
      const count = async (): Promise<void> => {
        most = Math.max(most, ++working);
        await turn();
        working--;
      };
      const ended = Promise.withResolvers<void>();
      const first = places.during(() => ended.promise);
      const second = places.during(count);
      ended.resolve();
      for (let step = 0; step < steps; step++) await Promise.resolve();
      await Promise.all([first, second, places.during(count)]);
      expect(most, `after ${steps} steps`).toBe(1);
    }
  });

  it('are free again after work that failed', async () => {
    const places = createPlaces({ most: 1 });
    const failing = places.during(() => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(places.idle()).toBe(true);
    expect(await places.during(async () => 'next')).toBe('next');
  });
});

describe('waiting', () => {
  it('ends after a time, and who has left is not given a place', async () => {
    const waits: number[] = [];
    const places = createPlaces({
      most: 1,
      patience: 20,
      waited: (began) => waits.push(performance.now() - began),
    });
    const first = work(places);
    const late = work(places);
    await expect(late.done).rejects.toMatchObject({
      kind: 'server_busy',
      detail: { retryAfter: 1 },
    });
    expect(waits).toHaveLength(1);
    const next = work(places);
    first.end();
    await turn();
    expect([late.begun(), next.begun()]).toEqual([false, true]);
    expect(waits).toHaveLength(2);
    next.end();
    await next.done;
    expect(places.idle()).toBe(true);
  });

  it('is for so many; the next is refused at once', async () => {
    const refusal = (): Error => new Error('full');
    const places = createPlaces({ most: 1, queue: 1, refusal });
    const [first, second, third] = [work(places), work(places), work(places)];
    await expect(third.done).rejects.toThrow('full');
    first.end();
    second.end();
    await second.done;
    expect(third.begun()).toBe(false);
  });

  it('ends for all by a word, and leaves those who work alone', async () => {
    const places = createPlaces({ most: 1 });
    const [first, ...others] = [work(places), work(places), work(places)];
    places.dismiss(new Error('closing'));
    for (const { done } of others) await expect(done).rejects.toThrow('closing');
    first.end();
    await first.done;
    expect(others.some(({ begun }) => begun())).toBe(false);
    expect(await places.during(async () => 'again')).toBe('again');
  });
});
