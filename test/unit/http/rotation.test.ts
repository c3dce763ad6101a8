/** Keys that change, issuers that fail, clocks that differ: tokens of before, of now, and of nobody. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { exportJWK, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokens, type Tokens } from '../../../control-plane/service/tokens.ts';
import { type Issuer, startIssuer } from '../../support/issuer.ts';

const secret = 'a secret of at least thirty-two bytes';
const second = 1_000;
const minute = 60 * second;

let clock = 0;
let keys: object[];
/** How the issuer answers when not with its keys. */
let instead: ((reply: ServerResponse) => void) | undefined;
let issuer: Issuer;
let tokens: Tokens;
let serial = 0;

const pair = () => generateKeyPairSync('ed25519');
const old = pair();
const fresh = pair();
const jwk = async (key: KeyObject, kid: string) => ({ ...(await exportJWK(key)), kid });

beforeEach(async () => {
  clock = Math.floor(Date.now() / second) * second;
  keys = [await jwk(old.publicKey, 'old')];
  instead = undefined;
  issuer = await startIssuer((_, reply) => {
    if (instead) instead(reply);
    else reply.end(JSON.stringify({ keys }));
  });
  tokens = createTokens({ jwtSecret: secret, claims: {}, jwks: issuer.url }, () => clock);
});

afterEach(() => issuer.close());

/** A token never seen before. */
function signed(kid: string, key: KeyObject, claims: object = {}): Promise<string> {
  const exp = Math.floor(clock / second) + 7_200;
  return new SignJWT({ sub: 'ann', tenant: 'acme', exp, serial: ++serial, ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .sign(key);
}

/** Whether a token is believed; undefined: nobody can say. */
const isGood = (token: string): Promise<boolean | undefined> =>
  tokens.verify(token).then(
    ({ sub }) => sub === 'ann',
    (error: { kind: string; detail: object }) => {
      if (error.kind === 'issuer_unavailable') return undefined;
      expect(error).toMatchObject({ kind: 'token_invalid', detail: {} });
      return false;
    },
  );
const ofOld = async () => isGood(await signed('old', old.privateKey));
const ofFresh = async () => isGood(await signed('fresh', fresh.privateKey));

describe('a key that is added', () => {
  it('is found with the first token that it signed', async () => {
    expect(await ofOld()).toBe(true);
    keys.push(await jwk(fresh.publicKey, 'fresh'));
    clock += 2 * second;
    expect([await ofFresh(), await ofOld(), issuer.asked()]).toEqual([true, true, 2]);
  });

  it('is looked for once a second, however many tokens name keys that are not there', async () => {
    expect(await ofOld()).toBe(true);
    clock += 2 * second;
    const forged = await Promise.all(
      Array.from({ length: 200 }, (_, at) => signed(`made-up-${at}`, fresh.privateKey)),
    );
    expect(await Promise.all(forged.map(isGood))).not.toContain(true);
    expect(issuer.asked()).toBe(2);
    expect(await ofOld()).toBe(true);
  });
});

describe('a key that is withdrawn', () => {
  it('counts no longer once its set is a minute old, for tokens seen before too', async () => {
    const seen = await signed('old', old.privateKey);
    expect(await isGood(seen)).toBe(true);
    keys = [await jwk(fresh.publicKey, 'fresh')];
    clock += minute + second;
    // Serves while the new set travels.
    expect(await ofOld()).toBe(true);
    while (issuer.asked() < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await ofFresh()).toBe(true);
    expect([await isGood(seen), await ofOld()]).toEqual([false, false]);
  });

  it('does not count after a time in which nobody has looked', async () => {
    expect(await ofOld()).toBe(true);
    keys = [await jwk(fresh.publicKey, 'fresh')];
    clock += 30 * minute;
    expect([await ofOld(), await ofFresh()]).toEqual([false, true]);
  });
});

describe('an issuer that fails', () => {
  it.each<[string, (reply: ServerResponse) => void]>([
    ['answers with an error', (reply) => reply.writeHead(500).end()],
    ['breaks off', (reply) => reply.destroy()],
    ['answers with something else', (reply) => reply.end('<html>')],
    ['answers with a set that is none', (reply) => reply.end('{"keys":"none"}')],
    ['answers without end', (reply) => endless(reply)],
  ])('and %s: known keys count for an hour, new ones when it is back', async (_, answer) => {
    expect(await ofOld()).toBe(true);
    instead = answer;
    keys.push(await jwk(fresh.publicKey, 'fresh'));
    for (const minutes of [2, 10, 40]) {
      clock += minutes * minute;
      expect([await ofOld(), await ofFresh()]).toEqual([true, false]);
    }
    clock += 20 * minute;
    expect(await ofOld()).toBeUndefined();
    instead = undefined;
    clock += 2 * second;
    expect([await ofOld(), await ofFresh()]).toEqual([true, true]);
  });
});

describe('an issuer that has never answered', () => {
  it('is no fault of the token, is asked once a second, and counts once it is there', async () => {
    instead = (reply) => reply.writeHead(503).end();
    expect([await ofOld(), await ofFresh()]).toEqual([undefined, undefined]);
    expect(issuer.asked()).toBe(1);
    clock += 2 * second;
    instead = undefined;
    expect([await ofOld(), await ofFresh()]).toEqual([true, false]);
  });
});

/** An answer that goes on as long as somebody takes it. */
function endless(reply: ServerResponse): void {
  const part = Buffer.alloc(65_536, ' ');
  const more = (): void => {
    if (!reply.destroyed) reply.write(part, () => setImmediate(more));
  };
  more();
}

describe('clocks that differ', () => {
  const at = (claims: object) => signed('old', old.privateKey, claims).then(isGood);
  const now = () => clock / second;

  it('nbf may be five seconds ahead; what has expired has expired; iat tells an age, no more', async () => {
    expect(await at({ nbf: now() + 5 })).toBe(true);
    expect(await at({ nbf: now() + 6 })).toBe(false);
    expect(await at({ exp: now() + 1 })).toBe(true);
    expect(await at({ exp: now() })).toBe(false);
    expect(await at({ exp: now() - 1 })).toBe(false);
    expect(await at({ iat: now() + 3_600 })).toBe(true);
    expect(await at({ iat: 'today' })).toBe(false);
  });

  it('a token refused for its nbf is good once its time has come', async () => {
    const early = await signed('old', old.privateKey, { nbf: now() + 30 });
    expect(await isGood(early)).toBe(false);
    clock += 25 * second;
    expect(await isGood(early)).toBe(true);
  });
});
