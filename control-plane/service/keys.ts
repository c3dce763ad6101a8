import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { ServiceError } from '../base/errors.ts';
import { answerText } from './answer-text.ts';

/** Age at which a key set is read again: how long a withdrawn key still counts. */
const maxAge = 60_000;
/** A new key id is looked for at once, but not more often than this: random ids can't flood the issuer. */
const coolDown = 1000;
/** An issuer that can't be reached: its last keys count this long. */
const grace = 3_600_000;
const retry = { retryAfter: coolDown / 1000 };
const maxBytes = 1024 * 1024;

/**
 * Public keys from an address or a file, read when first needed and again when they age or an unknown key id comes (rotation).
 * One implementation for both places; jose's remote set covers only addresses and lets a withdrawn key live for ten minutes.
 * @returns a function that throws ServiceError issuer_unavailable where no keys are known that still count
 */
export function keySet(source: string, now: () => number = Date.now): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  /** Why the last reading failed. */
  let failure: Error | undefined;

  const refresh = (): Promise<void> => {
    triedAt = now();
    running ??= read(source)
      .then(
        (found) => {
          keys = found;
          readAt = now();
          failure = undefined;
        },
        (error: Error) => {
          failure = error;
        },
      )
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const current = async () => {
    const age = now() - readAt;
    if (age > maxAge && now() - triedAt > coolDown) void refresh();
    // Old keys serve while new ones travel and while the issuer is down, but not after a time in which nobody has looked.
    const unseen = age > 2 * maxAge && failure === undefined;
    if (keys === undefined || age > grace || unseen) await running;
    if (keys === undefined || now() - readAt > grace) {
      // Nothing tells a forged token from a good one, which its caller should not throw away.
      throw new ServiceError('issuer_unavailable', undefined, retry, { cause: failure });
    }
    return keys;
  };
  return async (header, token) => {
    const known = await current();
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (running === undefined && now() - triedAt <= coolDown) throw error;
      await refresh();
      return (await current())(header, token);
    }
  };
}

async function read(source: string): Promise<JWTVerifyGetKey> {
  const text = /^https?:/.test(source) ? await fetchText(source) : await readFile(source, 'utf8');
  return createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
}

async function fetchText(address: string): Promise<string> {
  const response = await fetch(address, {
    signal: AbortSignal.timeout(4000),
    headers: { accept: 'application/jwk-set+json, application/json' },
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new errors.JWKSInvalid(`the key set answered ${response.status}`);
  }
  const text = await answerText(response, maxBytes);
  if (text === undefined)
    throw new errors.JWKSInvalid(`the key set is longer than ${maxBytes} bytes`);
  return text;
}
