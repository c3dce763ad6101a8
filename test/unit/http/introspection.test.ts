/** Opaque tokens at an issuer that is slow, down or asked too much: bounded in number and time, and never the fault of the token. */
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTokens, type Tokens } from '../../../control-plane/service/tokens.ts';
import { type Issuer, startIssuer } from '../../support/issuer.ts';

const secret = 'a secret of at least thirty-two bytes';
const bob = { active: true, username: 'bob' };

let clock = 0;
let issuer: Issuer;
let tokens: Tokens;
/** Answers not given yet; with `holding` they wait here. */
let held: (() => void)[];
let holding: boolean;
/** How the issuer answers about a token. */
let answer: (token: string, reply: ServerResponse) => void;

beforeEach(async () => {
  clock = Date.now();
  held = [];
  holding = false;
  answer = (_, reply) => reply.end(JSON.stringify(bob));
  issuer = await startIssuer(async (message, reply) => {
    let body = '';
    for await (const part of message) body += String(part);
    const token = new URLSearchParams(body).get('token') ?? '';
    if (holding) held.push(() => answer(token, reply));
    else answer(token, reply);
  });
  const settings = { jwtSecret: secret, claims: {}, introspection: { acme: issuer.url } };
  tokens = createTokens(settings, () => clock, { most: 4, patience: 60_000 });
});

afterEach(() => issuer.close());

const ask = (token: string): Promise<string> =>
  tokens.resolve(token, 'acme').then(
    ({ sub }) => sub,
    (error: { readonly kind: string }) => error.kind,
  );
const askAll = (count: number, name: string) =>
  Promise.all(Array.from({ length: count }, (_, at) => ask(`${name}-${at}`)));

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Lets the issuer answer one question after the other until nobody waits. */
async function answered<T>(work: Promise<T>): Promise<T> {
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  while (!over) {
    held.shift()?.();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return done;
}

describe('questions', () => {
  it('about one token at one time are one', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => ask('same')));
    expect(all.every((sub) => sub === 'bob')).toBe(true);
    expect(issuer.asked()).toBe(1);
  });

  it('are so many at one time; the others wait for their turn', async () => {
    holding = true;
    const all = askAll(30, 'many');
    await until(() => held.length === 4);
    expect(issuer.asked()).toBe(4);
    expect((await answered(all)).every((sub) => sub === 'bob')).toBe(true);
    expect(issuer.asked()).toBe(30);
  });

  it('wait for their turn as long as an answer may take', async () => {
    holding = true;
    const first = askAll(4, 'slow');
    await until(() => held.length === 4);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const others = askAll(2, 'late');
      vi.advanceTimersByTime(59_999);
      const third = ask('third');
      vi.advanceTimersByTime(1);
      expect(await others).toEqual(['issuer_unavailable', 'issuer_unavailable']);
      vi.useRealTimers();
      // Nothing has failed: who has a turn, or waits for a shorter time, has an answer.
      expect(await answered(Promise.all([first, third]))).toEqual([
        Array.from({ length: 4 }, () => 'bob'),
        'bob',
      ]);
      expect(issuer.asked()).toBe(5);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that would wait behind too many are told to come again', async () => {
    holding = true;
    const all = askAll(50, 'crowd');
    await until(() => held.length === 4);
    const ends = await answered(all);
    expect(ends.filter((end) => end === 'issuer_unavailable')).toHaveLength(6);
    expect(ends.filter((end) => end === 'bob')).toHaveLength(44);
  });
});

describe('a token that is no good', () => {
  it('is not asked about again for five seconds', async () => {
    answer = (_, reply) => reply.end('{"active":false}');
    for (let turn = 0; turn < 10; turn++) expect(await ask('spent')).toBe('token_invalid');
    expect(issuer.asked()).toBe(1);
    clock += 5_001;
    answer = (_, reply) => reply.end(JSON.stringify(bob));
    expect(await ask('spent')).toBe('bob');
  });
});

describe('an issuer that fails', () => {
  it('with a status of its own: later; with one about the token: never', async () => {
    answer = (token, reply) => reply.writeHead(Number(token)).end();
    for (const status of ['500', '503', '429']) {
      const before = issuer.asked();
      expect(await ask(status)).toBe('issuer_unavailable');
      // As after any other failure nobody asks for a second.
      expect(await ask('other')).toBe('issuer_unavailable');
      expect(issuer.asked(), status).toBe(before + 1);
      clock += 1_001;
    }
    for (const status of ['400', '401', '404', '302']) {
      expect(await ask(status), status).toBe('token_invalid');
    }
    answer = (_, reply) => reply.end(JSON.stringify(bob));
    expect(await ask('503')).toBe('bob');
  });

  it('without an answer: those who wait are told at once, nobody asks for a second, known tokens go on', async () => {
    expect(await ask('known')).toBe('bob');
    holding = true;
    answer = (_, reply) => reply.destroy();
    const all = askAll(20, 'lost');
    await until(() => held.length === 4);
    held.shift()?.();
    // Sixteen wait behind four questions: the first that fails tells them all.
    await until(() => issuer.asked() === 5);
    for (const break_ of held.splice(0)) break_();
    expect(new Set(await all)).toEqual(new Set(['issuer_unavailable']));
    expect(issuer.asked()).toBe(5);
    expect([await ask('known'), await ask('other')]).toEqual(['bob', 'issuer_unavailable']);
    expect(issuer.asked()).toBe(5);
    clock += 1_001;
    holding = false;
    answer = (_, reply) => reply.end(JSON.stringify(bob));
    expect(await ask('other')).toBe('bob');
  });

  it('by silence is given up', async () => {
    const settings = { jwtSecret: secret, claims: {}, introspection: { acme: issuer.url } };
    tokens = createTokens(settings, () => clock, { patience: 30 });
    holding = true;
    expect(await ask('silent')).toBe('issuer_unavailable');
  });

  it('by an answer without end is cut off', async () => {
    let cut = false;
    answer = (_, reply) => {
      const part = Buffer.alloc(16_384, ' ');
      const more = (): void => {
        if (!reply.destroyed) reply.write(part, () => setImmediate(more));
      };
      reply.on('close', () => {
        cut = true;
      });
      more();
    };
    expect(await ask('endless')).toBe('token_invalid');
    await until(() => cut);
    // It is about one token: others are asked about.
    answer = (_, reply) => reply.end(JSON.stringify(bob));
    expect(await ask('other')).toBe('bob');
  });
});
