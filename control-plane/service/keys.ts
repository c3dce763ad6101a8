import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Age at which a key set is read again: how long a withdrawn key still counts. */
const maxAge = 60_000;
/** A new key id is looked for at once, but not more often than this: random ids can't flood the issuer. */
const coolDown = 1000;
/** An issuer that can't be reached: its last keys count this long. */
const grace = 3_600_000;
const maxBytes = 1024 * 1024;

/**
 * Public keys from an address or a file, read when first needed and again when they age or an unknown key id comes (rotation).
 * One implementation for both places; jose's remote set covers only addresses and lets a withdrawn key live for ten minutes.
 */
export function keySet(source: string, now: () => number = Date.now): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  const refresh = () => {
    triedAt = now();
    running ??= read(source)
      .then((set) => {
        keys = createLocalJWKSet(set);
        readAt = now();
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const current = async () => {
    if (running !== undefined && keys === undefined) await running;
    const age = now() - readAt;
    if (age > maxAge && now() - triedAt > coolDown) {
      if (age > grace) await refresh();
      // Old keys still serve while the new ones travel; a failure shows once grace is over.
      else refresh().catch(() => undefined);
    }
    if (keys === undefined || now() - readAt > grace) throw new errors.JWKSTimeout();
    return keys;
  };
  return async (header, token) => {
    const known = await current();
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (running === undefined && now() - triedAt <= coolDown) throw error;
      await refresh().catch(() => undefined);
      return (await current())(header, token);
    }
  };
}

async function read(source: string): Promise<JSONWebKeySet> {
  const text = /^https?:/.test(source) ? await fetchText(source) : await readFile(source, 'utf8');
  return JSON.parse(text) as JSONWebKeySet;
}

async function fetchText(address: string): Promise<string> {
  const response = await fetch(address, {
    signal: AbortSignal.timeout(4000),
    headers: { accept: 'application/jwk-set+json, application/json' },
  });
  if (!response.ok) throw new errors.JWKSInvalid(`the key set answered ${response.status}`);
  const text = await response.text();
  if (text.length > maxBytes) throw new errors.JWKSInvalid('the key set is too large');
  return text;
}
