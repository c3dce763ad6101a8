/** An HTTP client that sends any bytes at all: what a well-behaved one would mend or refuse gets to the server. */
import { connect } from 'node:net';

export interface WireReply {
  readonly status: number;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  readonly text: string;
}

/** For what never answers. The server itself gives up on a statement long before. */
const patience = 60_000;

/**
 * Sends the bytes and reads until the connection ends. Undefined: it ended without an answer.
 * @throws Error when nothing ends it in time, or when the answer is no HTTP
 */
export async function exchange(port: number, bytes: Uint8Array): Promise<WireReply | undefined> {
  const received = await answerTo(port, bytes);
  return received.length === 0 ? undefined : replyOf(received);
}

/**
 * All that comes back for the bytes. `quiet`: after so many milliseconds without a word no more is sent, which ends what waits for the
 * rest of a request, or for the next one.
 */
export async function answerTo(port: number, bytes: Uint8Array, quiet?: number): Promise<Buffer> {
  return await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    let ended = false;
    socket.setTimeout(quiet ?? patience, () => {
      if (quiet !== undefined && !ended) {
        ended = true;
        socket.setTimeout(patience);
        socket.end();
        return;
      }
      socket.destroy();
      reject(new Error(`no end in ${patience} ms`));
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // The server may close before all was sent: what it said until then counts.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.write(bytes);
  });
}

/** The first answer of them. @throws Error when it is no HTTP */
export function replyOf(received: Buffer): WireReply {
  const end = received.indexOf('\r\n\r\n');
  const [line = '', ...fields] = received.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})( |$)/.exec(line)?.[1]);
  if (end === -1 || Number.isNaN(status)) throw new Error(`no HTTP: ${line.slice(0, 200)}`);
  if (status === 100) return replyOf(received.subarray(end + 4));
  const headers = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  const rest = received.subarray(end + 4);
  const length = Number(headers.get('content-length') ?? rest.length);
  const chunked = headers.get('transfer-encoding') === 'chunked';
  const body = chunked ? unchunked(rest) : rest.subarray(0, length);
  return { status, headers, body, text: body.toString('utf8') };
}

function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    const size = end === -1 ? 0 : Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
