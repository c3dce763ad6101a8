/** Peers that send slowly, take slowly, or are gone without a word: each is given up in its time, and nobody else waits for it. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Reply } from '../../../control-plane/dialects/dialect.ts';
import { type Edge, send, somebody, start } from './edge-fixture.ts';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

interface Peer {
  readonly socket: Socket;
  /** All that the server said, once it has closed. */
  readonly closed: Promise<string>;
}

/** A peer that takes what it gets, unless it is `idle`. */
function peer(edge: Edge, idle = false): Peer {
  const socket = connect(Number(new URL(edge.url).port), '127.0.0.1');
  sockets.push(socket);
  let said = '';
  socket.on('data', (chunk) => {
    said += String(chunk);
  });
  socket.on('error', () => undefined);
  if (idle) socket.pause();
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(said)));
  return { socket, closed };
}

/** Sends one byte after the other until the peer is closed. */
function drip({ socket }: Peer, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 10);
  socket.on('close', () => clearInterval(timer));
}

const authorization = async (edge: Edge): Promise<string> =>
  `Authorization: Bearer ${await edge.tokens.sign(somebody, 60)}\r\n`;

async function isServed(edge: Edge): Promise<boolean> {
  return (await send(edge, 'GET', '/api/things/a')).status === 200;
}

describe('a slow sender', () => {
  it('of a head is told so and closed, whether it drips or says nothing at all', async () => {
    const edge = await start({}, undefined, { head: 300 });
    const dripping = peer(edge);
    drip(dripping, 'GET /api/things/a HTTP/1.1\r\nX: '.padEnd(10_000, 'x'));
    const silent = peer(edge);
    const told = await dripping.closed;
    expect(told).toMatch(/^HTTP\/1\.1 408 .*"kind":"bad_request"/s);
    expect(await silent.closed).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect([edge.calls.length, await isServed(edge)]).toEqual([0, true]);
  });

  it('of a body is told so and closed; nothing is done', async () => {
    const edge = await start({}, undefined, { head: 300, request: 600 });
    const slow = peer(edge);
    slow.socket.write(
      `POST /api/things/a HTTP/1.1\r\nHost: x\r\n${await authorization(edge)}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n"`,
    );
    drip(slow, 'x');
    expect(await slow.closed).toMatch(/^HTTP\/1\.1 408 /);
    expect([edge.calls.length, await isServed(edge)]).toEqual([0, true]);
  });

  it('of a body that goes away in the middle leaves nothing behind', async () => {
    const edge = await start();
    for (let round = 0; round < 20; round++) {
      const gone = peer(edge);
      gone.socket.write(
        `POST /api/things/a HTTP/1.1\r\nHost: x\r\n${await authorization(edge)}Content-Type: application/json\r\nContent-Length: 10000000\r\n\r\n"${'x'.repeat(9_000_000)}`,
        () => gone.socket.resetAndDestroy(),
      );
      await gone.closed;
    }
    // More than is held at one time, had any of it stayed.
    const body = JSON.stringify('x'.repeat(10_000_000));
    expect((await send(edge, 'POST', '/api/things/a', { body })).status).toBe(200);
    expect(edge.calls).toHaveLength(1);
  });
});

describe('a slow reader', () => {
  const large: Reply = { status: 200, body: JSON.stringify('x'.repeat(64 * 1024 * 1024)) };
  /** A server whose thing `b` is large, and a peer that has asked for it and does not read by itself. */
  const asked = async (patience: Parameters<typeof start>[2]) => {
    const edge = await start(
      {},
      async ({ request }) => (request.params['name'] === 'b' ? large : { status: 200, body: '{}' }),
      patience,
    );
    const reader = peer(edge, true);
    reader.socket.write(
      `GET /api/things/b HTTP/1.1\r\nHost: x\r\n${await authorization(edge)}\r\n`,
    );
    await until(() => edge.calls.length === 1);
    return { edge, reader };
  };
  /** The reply was broken off, says the log. */
  const givenUp = ({ logs }: Edge) => logs.some((line) => line.includes('"aborted":true'));

  it('that takes nothing is given up', async () => {
    const { edge } = await asked({ silence: 500 });
    await until(() => givenUp(edge));
    expect(await isServed(edge)).toBe(true);
  });

  it('that takes a little now and then is given up too', async () => {
    const { edge, reader } = await asked({ reply: 500 });
    const timer = setInterval(() => reader.socket.read(1_000), 20);
    await until(() => givenUp(edge));
    clearInterval(timer);
    expect(await isServed(edge)).toBe(true);
  });

  it('that takes it in time gets all of it', async () => {
    const { edge, reader } = await asked({ silence: 60_000, reply: 60_000 });
    reader.socket.destroy();
    const { text } = await send(edge, 'GET', '/api/things/b');
    expect(text).toBe(large.body);
  });
});

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it does not come to that');
}

describe('bodies', () => {
  it('are held within bounds until their requests are done; small ones come through', async () => {
    const going = Promise.withResolvers<void>();
    const edge = await start({}, async () => {
      await going.promise;
      return { status: 200, body: '{}' };
    });
    const body = JSON.stringify('x'.repeat(10_000_000));
    const post = (text: string) => send(edge, 'POST', '/api/things/a', { body: text });
    const held = Array.from({ length: 13 }, () => post(body));
    await until(() => edge.calls.length === 13);
    const refused = await post(body);
    expect([refused.body['kind'], refused.headers.get('retry-after')]).toEqual([
      'server_busy',
      '1',
    ]);
    const little = post('{"a":1}');
    await until(() => edge.calls.length === 14);
    going.resolve();
    const ends = await Promise.all([...held, little]);
    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await post(body)).status).toBe(200);
  });

  it('of 50 MB are refused by their first line, without being taken in', async () => {
    const edge = await start();
    const sender = peer(edge);
    sender.socket.write(
      `POST /api/things/a HTTP/1.1\r\nHost: x\r\n${await authorization(edge)}Content-Type: application/json\r\nContent-Length: 52428800\r\n\r\n`,
    );
    const told = new Promise<string>((resolve) =>
      sender.socket.once('data', (chunk) => resolve(String(chunk))),
    );
    // Not a byte of the body has been sent.
    expect(await told).toMatch(/^HTTP\/1\.1 413 .*"kind":"body_too_large"/s);
    expect(edge.calls).toHaveLength(0);
  });

  it('of callers who have not said who they are may be small only', async () => {
    const edge = await start();
    const post = (length: number) =>
      send(edge, 'POST', '/api/open', { body: JSON.stringify('x'.repeat(length)), as: null });
    expect((await post(60_000)).status).toBe(200);
    expect((await post(70_000)).status).toBe(413);
  });
});
