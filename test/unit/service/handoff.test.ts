import { expect, test } from 'vitest';
import { Handoff } from '../../../control-plane/service/handoff.ts';

test('values pass one at a time, in order, and the end comes last', async () => {
  const handoff = new Handoff<number>(1_000);
  const giving = (async () => {
    for (const value of [1, 2, 3]) expect(await handoff.give(value)).toBe(true);
    handoff.end();
  })();
  const taken: number[] = [];
  for await (const value of handoff.take()) taken.push(value);
  await giving;
  expect(taken).toEqual([1, 2, 3]);
});

test('who stops in the middle of a value tells the giver', async () => {
  const handoff = new Handoff<number>(1_000);
  const given = handoff.give(1);
  for await (const value of handoff.take()) {
    expect(value).toBe(1);
    break;
  }
  expect(await given).toBe(false);
  expect(await handoff.give(2)).toBe(false);
});

test('an error of the giver is thrown after what was given', async () => {
  const handoff = new Handoff<number>(1_000);
  void handoff.give(1).then(() => handoff.end({ error: new Error('gone') }));
  const taking = handoff.take();
  expect((await taking.next()).value).toBe(1);
  await expect(taking.next()).rejects.toThrow('gone');
});

test('a value that nobody is done with in time ends it for both', async () => {
  const handoff = new Handoff<number>(20);
  const given = handoff.give(1);
  const taking = handoff.take();
  expect((await taking.next()).value).toBe(1);
  expect(await given).toBe(false);
  handoff.end();
  await expect(taking.next()).rejects.toThrow('too slow');
});
