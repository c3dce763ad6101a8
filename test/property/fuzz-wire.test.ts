/** What is no proper HTTP, byte by byte: it is refused as such, never taken for two requests, and the next caller is served. */
import { connect } from 'node:net';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { type Dice, dice } from '../support/fuzz/dice.ts';
import { faultsOf } from '../support/fuzz/oracle.ts';
import { answerTo, replyOf } from '../support/fuzz/wire.ts';
import { monk } from '../support/monk.ts';
import { inParallel } from '../support/parallel.ts';
import { principal, tokenFor } from '../support/principal.ts';
import { enoughFor, forSeconds } from '../support/seeded.ts';

const seconds = Number(process.env['FUZZ_SECONDS'] ?? 8);
/** Without a word for so long, the rest of a request is taken to never come. */
const quiet = 150;

let app: TestApp;
let port: number;
let authorization: string;

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  port = Number(new URL(app.url).port);
  const tenant = await app.createTenant('wire');
  const root = principal(tenant, 'root', { access: 'root' });
  await monk(app, root).define('doc', { columns: [{ column_name: 'note', type: 'text' }] });
  authorization = `authorization: Bearer ${await tokenFor(root, app.secret)}`;
});

const lines = (...all: readonly string[]): string => all.join('\r\n');
const post = (head: readonly string[], body: string): string =>
  lines(
    'POST /api/find/doc HTTP/1.1',
    'host: a',
    'content-type: application/json',
    ...head,
    '',
    body,
  );
const get = (...head: readonly string[]): string => lines('GET /health HTTP/1.1', ...head, '', '');
const smuggled = lines('GET /ready HTTP/1.1', 'host: a', '', '');

/** Bytes, and the statuses of all answers to them: RFC 9112 and 9110 say which. */
const cases: readonly (readonly [string, string, string])[] = [
  ['two lengths', post(['content-length: 2', 'content-length: 3'], '{}'), '400'],
  [
    'a length and chunks',
    post(['content-length: 2', 'transfer-encoding: chunked'], `0\r\n\r\n${smuggled}`),
    '400',
  ],
  [
    'chunks and a length',
    post(['transfer-encoding: chunked', 'content-length: 2'], `0\r\n\r\n${smuggled}`),
    '400',
  ],
  ['a length with a sign', post(['content-length: +2'], '{}'), '400'],
  ['a length below zero', post(['content-length: -1'], '{}'), '400'],
  ['a length in hex', post(['content-length: 0x2'], '{}'), '400'],
  ['a list of lengths', post(['content-length: 2, 2'], '{}'), '400'],
  ['a length beyond 64 bits', post([`content-length: ${'9'.repeat(30)}`], '{}'), '400'],
  ['an unknown coding', post(['transfer-encoding: xchunked'], '{}'), '400'],
  ['chunks that are not last', post(['transfer-encoding: chunked, gzip'], '{}'), '400'],
  ['a chunk without size', post(['transfer-encoding: chunked'], 'z\r\n{}\r\n0\r\n\r\n'), '400'],
  ['a chunk of 2^64 bytes', post(['transfer-encoding: chunked'], 'ffffffffffffffffff\r\n'), '400'],
  ['a space before the colon', get('host: a', 'content-length : 0'), '400'],
  ['a folded line', get('host: a', 'x: a', ' b'), '400'],
  ['a NUL in a header', get('host: a', 'x: a\0b'), '400'],
  ['a bare CR in a header', get('host: a', 'x: a\rb: c'), '400'],
  ['no host', get('x: y'), '400'],
  ['an empty name', get('host: a', ': x'), '400'],
  ['HTTP/3.0', 'GET /health HTTP/3.0\r\nhost: a\r\n\r\n', '400'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', '400'],
  ['an unknown method', 'BREW /health HTTP/1.1\r\nhost: a\r\n\r\n', '400'],
  ['a method in small letters', 'get /health HTTP/1.1\r\nhost: a\r\n\r\n', '400'],
  ['a space in the target', 'GET /health /ready HTTP/1.1\r\nhost: a\r\n\r\n', '400'],
  ['a line end in the target', 'GET /health\r\nHTTP/1.1\r\nhost: a\r\n\r\n', '400'],
  [
    'more header lines than are read',
    get('host: a', ...Array.from({ length: 2_000 }, () => `x: ${'a'.repeat(100)}`)),
    '431',
  ],
  ['a target too long', `GET /${'a'.repeat(200_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, '414'],
  [
    'an encoded line end',
    'GET /health%0d%0aset-cookie:%20a=b HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    '404',
  ],
  ['two requests at once', get('host: a') + get('host: a', 'connection: close'), '200 200'],
  ['more body than announced', post(['content-length: 2'], '{}{}'), '401 400'],
  [
    'a proxy’s target',
    'GET http://example.com/health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    '200',
  ],
  ['no target at all', 'OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', '404'],
  ['HTTP/1.0', 'GET /health HTTP/1.0\r\n\r\n', '200'],
  ['a protocol to change to', get('host: a', 'connection: upgrade, close', 'upgrade: h2c'), '200'],
  [
    'a chunk with a remark and a trailer',
    post(
      ['connection: close', 'transfer-encoding: chunked'],
      '2;a=b\r\n{}\r\n0\r\nx-trailer: 1\r\n\r\n',
    ),
    '401',
  ],
  [
    'an expectation',
    post(['connection: close', 'expect: 100-continue', 'content-length: 2'], '{}'),
    '100 401',
  ],
];

const statuses = (answer: Buffer): string =>
  [...answer.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) /g)]
    .map(([, status]) => status)
    .join(' ');

describe('requests that are none', () => {
  it.each(cases)('%s', async (_, text, expected) => {
    const answer = await answerTo(port, Buffer.from(text, 'latin1'), quiet);
    expect(statuses(answer)).toBe(expected);
    expect(faultsOf({ method: 'GET', reply: replyOf(answer), secrets: [], sent: '' })).toEqual([]);
  });

  it('a tunnel is not dug', async () => {
    const answer = await answerTo(
      port,
      Buffer.from('CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n'),
      quiet,
    );
    expect(statuses(answer)).not.toMatch(/2\d\d/);
  });
});

function broken(bytes: Buffer, of: Dice): Buffer {
  const from = of.below(bytes.length + 1);
  const to = Math.min(bytes.length, from + of.below(20));
  const piece = of.one([
    '',
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\0',
    ' ',
    '\t',
    ':',
    ';',
    ',',
    '\xff',
    '%',
    'HTTP/1.1',
    'chunked',
    '0',
    '-1',
    'content-length: 5\r\n',
    'transfer-encoding: chunked\r\n',
    'connection: keep-alive\r\n',
    'expect: x\r\n',
    'host: b\r\n',
  ]);
  switch (of.below(5)) {
    case 0:
      return bytes.subarray(0, from);
    case 1:
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
    case 3:
      return Buffer.concat([
        bytes.subarray(0, from),
        Buffer.from(piece, 'latin1'),
        bytes.subarray(to),
      ]);
    default:
      return Buffer.concat([
        bytes.subarray(0, from),
        Buffer.from(piece, 'latin1'),
        bytes.subarray(from),
      ]);
  }
}

it(
  'bytes broken anywhere',
  async () => {
    const body = JSON.stringify({ where: { note: { $like: 'a%' } }, limit: 2 });
    const rights = () => [
      post(['connection: close', authorization, `content-length: ${body.length}`], body),
      post(
        ['connection: close', authorization, 'transfer-encoding: chunked'],
        `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      ),
      lines(
        'GET /api/data/doc?limit=2&where=%7B%7D HTTP/1.1',
        'host: a',
        authorization,
        'connection: close',
        '',
        '',
      ),
      get('host: a') + get('host: a', 'connection: close'),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.noBias(fc.nat()),
        forSeconds(seconds, 1, async (seed) => {
          const of = dice(seed);
          const faults: string[] = [];
          const sent = Array.from({ length: 60 }, () => {
            let bytes: Buffer = Buffer.from(of.one(rights()), 'latin1');
            for (let left = 1 + of.below(3); left > 0; left -= 1) bytes = broken(bytes, of);
            return bytes;
          });
          await inParallel(
            sent,
            async (bytes) => {
              const answer = await answerTo(port, bytes, quiet);
              // Ended without a word: what was sent was no whole request.
              if (answer.length === 0) return;
              const asked = { method: 'HEAD', reply: replyOf(answer), secrets: [], sent: '' };
              const found = faultsOf(asked).map(
                (fault) => `${fault}: ${JSON.stringify(bytes.toString('latin1'))}`,
              );
              faults.push(...found);
            },
            20,
          );
          expect(faults.join('\n')).toBe('');
          expect((await app.request('GET', '/ready')).status).toBe(200);
        }),
      ),
      enoughFor(seconds),
    );
  },
  60_000 + seconds * 2_000,
);

it('connections left in the middle of everything cost nobody else', async () => {
  const begun = Array.from({ length: 200 }, (_, at) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    const whole = post([authorization, 'content-length: 1000'], '{"where":{');
    socket.write(whole.slice(0, at * 2 + 1));
    return socket;
  });
  await inParallel(
    Array.from({ length: 20 }, (_, at) => at),
    async () => {
      expect((await app.request('GET', '/ready')).status).toBe(200);
    },
  );
  for (const socket of begun) socket.destroy();
  expect((await app.request('GET', '/ready')).status).toBe(200);
});
