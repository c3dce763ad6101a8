import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ServiceError } from '../base/errors.ts';
import type { RepeatedKeys } from '../base/gather-json.ts';
import { type Json, memberOf } from '../base/json.ts';
import { parseJson } from '../base/parse-json.ts';
import type { SentFile } from '../dialects/dialect.ts';
import type { Exchange } from './exchange.ts';

/** A request as far as its body goes. */
type Sender = Pick<Exchange, 'message' | 'ends'>;

/** Reads bodies of requests; undefined when there is none. */
export interface BodyReader {
  /** `repeated`: where repeated keys of an object are kept; absent: the last counts. `open`: anybody may send it, so it may not be large. */
  readonly json: (
    sender: Sender,
    options?: { readonly repeated?: RepeatedKeys | undefined; readonly open?: boolean },
  ) => Promise<Json | undefined>;
  /** A file of at most so many bytes: the body itself, or the part `file` of a form. */
  readonly file: (sender: Sender, limit: number) => Promise<SentFile | undefined>;
}

const decoders = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

/**
 * Bytes of bodies held at one time, from the first byte to the end of the request: what is parsed of them takes some two times as much again.
 * Who comes when they are used up is told to come again.
 */
const leastBudget = 128 * 1024 * 1024;
/** As much of each body is not counted, so that a few who send large ones slowly don't keep out the many small ones. */
const small = 64 * 1024;

/**
 * A reader with a size limit that counts while bytes arrive, before and after decompression, so neither a lying Content-Length
 * nor a compressed bomb gets further than the limit. Form of numbers and refused characters: {@link parseJson}.
 */
export function createBodyReader(limit: number): BodyReader {
  const budget = Math.max(leastBudget, 4 * limit);
  let held = 0;
  const bytesOf = async ({ message, ends }: Sender, most: number): Promise<Buffer | undefined> => {
    if (!hasBody(message)) return undefined;
    const announced = Number(message.headers['content-length'] ?? 0);
    if (announced > most) throw tooLarge(most);
    const chunks: Buffer[] = [];
    let size = 0;
    let counted = 0;
    const release = (): void => {
      held -= counted;
      counted = 0;
    };
    try {
      for await (const chunk of decoded(message, most)) {
        size += (chunk as Buffer).length;
        if (size > most) throw tooLarge(most);
        const more = Math.max(0, size - small) - counted;
        counted += more;
        held += more;
        if (held > budget) throw new ServiceError('server_busy', undefined, { retryAfter: 1 });
        chunks.push(chunk as Buffer);
      }
    } catch (error) {
      release();
      throw bodyError(error);
    }
    ends.push(release);
    return size === 0 ? undefined : Buffer.concat(chunks, size);
  };
  return {
    json: async (sender, { repeated, open = false } = {}) => {
      const bytes = await bytesOf(sender, open ? Math.min(limit, small) : limit);
      if (bytes === undefined) return undefined;
      checkType(sender.message.headers['content-type']);
      return parse(bytes, repeated);
    },
    file: async (sender, most) => {
      const type = sender.message.headers['content-type'] ?? '';
      requireUtf8(type);
      const content = await bytesOf(sender, most);
      if (content === undefined) return undefined;
      if (/^multipart\/form-data/i.test(type)) return await filePart(content, type);
      return { content, type: mediaType(type) };
    },
  };
}

/** The part `file` of a form. */
async function filePart(content: Buffer, type: string): Promise<SentFile> {
  let part: unknown;
  try {
    const form = await new Response(new Uint8Array(content), {
      headers: { 'content-type': type },
    }).formData();
    part = form.get('file');
  } catch (error) {
    throw new ServiceError('invalid_body', 'The form cannot be read', {}, { cause: error });
  }
  if (!(part instanceof Blob)) {
    throw new ServiceError('invalid_body', 'The form has no file in its part "file"', {
      field: 'file',
    });
  }
  requireUtf8(part.type);
  const named = part instanceof File ? byEnding(part.name) : '';
  return { content: new Uint8Array(await part.arrayBuffer()), type: named || mediaType(part.type) };
}

function byEnding(name: string): string {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const types: Readonly<Record<string, string>> = {
    csv: 'text/csv',
    json: 'application/json',
    ndjson: 'application/x-ndjson',
    jsonl: 'application/x-ndjson',
  };
  return memberOf(types, ending) ?? '';
}

function mediaType(type: string): string {
  return (type.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function hasBody(message: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = message.headers;
  return coding !== undefined || (length !== undefined && Number(length) > 0);
}

function decoded(message: IncomingMessage, limit: number): AsyncIterable<unknown> {
  const codings = (message.headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (codings.length === 0) return message.iterator({ destroyOnReturn: false });
  const decoder = codings.length === 1 && decoders[codings[0] as keyof typeof decoders];
  if (!decoder) {
    throw new ServiceError(
      'unsupported_media_type',
      'Content-Encoding must be gzip, deflate or br',
    );
  }
  return decompress(message, decoder(), limit);
}

/** Feeds the decoder by hand: a pipe would destroy the request, and with it the socket that must carry the answer. */
async function* decompress(
  message: IncomingMessage,
  decoder: Readable & NodeJS.WritableStream,
  limit: number,
): AsyncGenerator<unknown> {
  let sent = 0;
  const count = (chunk: Buffer) => {
    sent += chunk.length;
    if (sent > limit) decoder.destroy(tooLarge(limit));
  };
  const gone = () => decoder.destroy(new ServiceError('bad_request', 'The request was aborted'));
  message.on('data', count);
  message.once('aborted', gone);
  message.pipe(decoder);
  try {
    yield* decoder;
  } finally {
    message.unpipe(decoder);
    message.off('data', count);
    message.off('aborted', gone);
    decoder.destroy();
  }
}

function charsetOf(type: string): string | undefined {
  const parameters = type.toLowerCase().split(';').slice(1);
  return parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/.exec(parameter)?.[1])
    .find((value) => value !== undefined);
}

function isUtf8(charset: string | undefined): boolean {
  return charset === undefined || /^(utf-?8|us-ascii)$/.test(charset);
}

function requireUtf8(type: string): void {
  if (isUtf8(charsetOf(type))) return;
  throw new ServiceError('unsupported_media_type', 'The file must be text in UTF-8');
}

function checkType(type: string | undefined): void {
  if (type === undefined || type.trim() === '') {
    throw new ServiceError('invalid_body', 'The body needs a Content-Type', {
      reason: 'missing_content_type',
    });
  }
  const [name = ''] = type.toLowerCase().split(';', 1);
  const json = /^application\/(?:[\w.!#$&^-]+\+)?json$/.test(name.trim());
  if (!json || !isUtf8(charsetOf(type))) {
    throw new ServiceError('unsupported_media_type', 'The body must be application/json in UTF-8');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parse(bytes: Buffer, repeated: RepeatedKeys | undefined): Json {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new ServiceError('invalid_body', 'The body is not valid UTF-8', {
      reason: 'invalid_utf8',
    });
  }
  try {
    return parseJson(text, repeated);
  } catch (error) {
    throw new ServiceError(
      'invalid_body',
      `The body is not valid JSON: ${(error as Error).message}`,
      {
        reason: 'invalid_json',
      },
    );
  }
}

function tooLarge(limit: number): ServiceError {
  return new ServiceError('body_too_large', `The body is larger than ${limit} bytes`, {
    data: { limit },
  });
}

/** Decoder faults and a client that goes away come as plain errors. */
function bodyError(error: unknown): unknown {
  if (error instanceof ServiceError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code.startsWith('Z_') || code.startsWith('ERR_') || code === 'ECONNRESET') {
    return new ServiceError(
      'invalid_body',
      'The body cannot be read as its headers say',
      { reason: code === 'ECONNRESET' ? 'aborted' : 'invalid_encoding' },
      { cause: error },
    );
  }
  return error;
}
