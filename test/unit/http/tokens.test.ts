import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, exportJWK, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Principal } from '../../../control-plane/model/principal.ts';
import { createTokens, type TokenSettings } from '../../../control-plane/service/tokens.ts';

const secret = 'a secret of at least thirty-two bytes';
const settings: TokenSettings = { jwtSecret: secret, claims: {} };
const now = () => Math.floor(Date.now() / 1000);

const ann: Principal = {
  sub: 'ann',
  tenant: 'acme',
  roles: ['a', 'b'],
  orgs: ['o1'],
  access: 'full',
  sudo: true,
  operator: false,
  activeOrg: 'o1',
};

/** A token by hand: any header, any claims, any signature. */
function forge(header: object, claims: object, signature: (text: string) => Buffer): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${signature(text).toString('base64url')}`;
}

const hmac =
  (key: string, digest = 'sha256') =>
  (text: string) =>
    createHmac(digest, key).update(text).digest();

const claims = (more: object = {}) => ({ sub: 'ann', tenant: 'acme', exp: now() + 60, ...more });

const own = (more: object = {}) => forge({ alg: 'HS256', typ: 'JWT' }, claims(more), hmac(secret));

async function refused(token: string, use: TokenSettings = settings): Promise<void> {
  const error: unknown = await createTokens(use)
    .verify(token)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ServiceError);
  const { kind, message, detail } = error as ServiceError;
  expect({ kind, message, detail }).toEqual({
    kind: 'token_invalid',
    message: 'The token is not valid',
    detail: {},
  });
}

describe('our own tokens', () => {
  it('come back as they were signed', async () => {
    const tokens = createTokens(settings);
    expect(await tokens.verify(await tokens.sign(ann, 60))).toMatchObject(ann);
  });

  it('carry issuer and audience where set, and pass the check of both', async () => {
    const tokens = createTokens({ ...settings, jwtIssuer: 'me', jwtAudience: 'you' });
    const token = await tokens.sign(ann, 60);
    expect(decodeJwt(token)).toMatchObject({ iss: 'me', aud: 'you' });
    expect(await tokens.verify(token)).toMatchObject(ann);
  });

  it('are read as signed, whatever the claims of other issuers are called', async () => {
    const mapped: TokenSettings = { ...settings, claims: { sub: 'uid', tenant: 'tid' } };
    const tokens = createTokens(mapped);
    expect(await tokens.verify(await tokens.sign(ann, 60))).toMatchObject(ann);
    await refused(own(), mapped);
  });
});

describe('refused, always alike', () => {
  it.each([
    ['nothing', ''],
    ['no token', 'junk'],
    ['three empty parts', '..'],
    ['alg none', forge({ alg: 'none' }, claims(), () => Buffer.alloc(0))],
    ['alg None', forge({ alg: 'None' }, claims(), () => Buffer.alloc(0))],
    ['no alg', forge({}, claims(), hmac(secret))],
    ['HS384', forge({ alg: 'HS384' }, claims(), hmac(secret, 'sha384'))],
    ['HS512', forge({ alg: 'HS512' }, claims(), hmac(secret, 'sha512'))],
    ['another secret', forge({ alg: 'HS256' }, claims(), hmac('x'.repeat(40)))],
    ['RS256 without key set', forge({ alg: 'RS256' }, claims(), hmac(secret))],
    [
      'an unknown critical header',
      forge({ alg: 'HS256', crit: ['x'], x: 1 }, claims(), hmac(secret)),
    ],
    ['expired', own({ exp: now() - 1 })],
    ['no exp', own({ exp: undefined })],
    ['exp as text', own({ exp: String(now() + 60) })],
    ['not yet valid', own({ nbf: now() + 60 })],
    ['no sub', own({ sub: undefined })],
    ['empty sub', own({ sub: '' })],
    ['sub of a wrong type', own({ sub: 7 })],
    ['a long sub', own({ sub: 'x'.repeat(256) })],
    ['tenant that is no slug', own({ tenant: '../x' })],
    ['unknown level', own({ access: 'superuser' })],
    ['a level by nature', own({ access: 'constructor' })],
    ['sudo as text', own({ sudo: 'true' })],
    ['operator as number', own({ operator: 1 })],
    ['roles as object', own({ roles: { admin: true } })],
    ['roles as text', own({ roles: 'admin' })],
    ['a role that is no text', own({ roles: [1] })],
    ['a null role', own({ roles: [null] })],
    ['a huge token', own({ pad: 'x'.repeat(20_000) })],
  ])('%s', async (_, token) => {
    await refused(token);
  });

  it('a changed payload', async () => {
    const [head, , tail] = own().split('.');
    const body = Buffer.from(JSON.stringify(claims({ access: 'root' }))).toString('base64url');
    await refused(`${head}.${body}.${tail}`);
  });

  it('wrong or missing issuer and audience', async () => {
    const strict = { ...settings, jwtIssuer: 'me', jwtAudience: 'you' };
    await refused(own(), strict);
    await refused(own({ iss: 'me' }), strict);
    await refused(own({ iss: 'me', aud: 'they' }), strict);
    await refused(own({ iss: 'I', aud: 'you' }), strict);
    const verified = await createTokens(strict).verify(own({ iss: 'me', aud: ['they', 'you'] }));
    expect(verified.sub).toBe('ann');
  });
});

describe('time', () => {
  it('exp is exact also for a token seen before; nbf may be seconds ahead', async () => {
    let clock = Date.now();
    const tokens = createTokens(settings, () => clock);
    const token = own({ exp: Math.floor(clock / 1000) + 10 });
    await tokens.verify(token);
    clock += 9_000;
    await tokens.verify(token);
    clock += 2_000;
    await expect(tokens.verify(token)).rejects.toMatchObject({ kind: 'token_invalid' });
    clock = Date.now();
    await tokens.verify(own({ nbf: now() + 3 }));
  });
});

describe('claims of other issuers', () => {
  it('literal names win over dotted paths; defaults where nothing is said', async () => {
    const token = own({
      'tapis/username': 'u',
      'a.b': 'acme',
      a: { b: 'other', roles: ['x', 'x', 'y'] },
      org: 'one',
    });
    const tokens = createTokens({
      ...settings,
      claims: { sub: 'tapis/username', tenant: 'a.b', roles: 'a.roles', orgs: 'org' },
    });
    expect(await tokens.verify(token)).toEqual({
      sub: 'u',
      tenant: 'acme',
      roles: ['x', 'y'],
      orgs: ['one'],
      access: 'edit',
      sudo: false,
      operator: false,
      attributes: { a: { b: 'other', roles: ['x', 'x', 'y'] } },
    });
  });

  it('other claims are attributes, but for text that Postgres cannot hold', async () => {
    const token = own({
      sub: 'u',
      dept: 'hr',
      level: 3,
      teams: ['a'],
      bad: 'x\0',
      worse: { k: ['\ud800'] },
    });
    expect((await createTokens(settings).verify(token)).attributes).toEqual({
      dept: 'hr',
      level: 3,
      teams: ['a'],
    });
  });

  it('attributes travel in tokens of our own, and make nobody an operator', async () => {
    const tokens = createTokens(settings);
    const attributes = { dept: 'hr', operator: true, sub: 'root', exp: 1 };
    const ann = {
      sub: 'ann',
      tenant: 'acme',
      roles: [],
      orgs: [],
      access: 'edit',
      sudo: false,
      operator: false,
    } as const;
    const known = await tokens.verify(await tokens.sign({ ...ann, attributes }, 60));
    expect(known).toMatchObject({ ...ann, attributes: { dept: 'hr' } });
  });

  it('a path finds nothing inherited', async () => {
    await refused(own(), { ...settings, claims: { sub: 'constructor.name' } });
    await refused(own(), { ...settings, claims: { sub: '__proto__' } });
  });
});

describe('key sets', () => {
  let folder: string;
  let server: Server | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rowhouse-jwks-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
  });

  const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = async (key: KeyObject, kid: string) => ({ ...(await exportJWK(key)), kid });
  const signed = (alg: string, kid: string | undefined, key: KeyObject) =>
    new SignJWT(claims())
      .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
      .sign(key);
  const file = (keys: object[]) => {
    const path = join(folder, 'jwks.json');
    writeFileSync(path, JSON.stringify({ keys }));
    return path;
  };

  it('RS256, ES256 and EdDSA from a file', async () => {
    const pairs = {
      RS256: rsa(),
      ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      EdDSA: generateKeyPairSync('ed25519'),
    };
    const keys = await Promise.all(
      Object.entries(pairs).map(([alg, pair]) => jwk(pair.publicKey, alg)),
    );
    const use = { ...settings, jwks: file(keys) };
    const tokens = createTokens(use);
    for (const [alg, pair] of Object.entries(pairs)) {
      expect((await tokens.verify(await signed(alg, alg, pair.privateKey))).sub).toBe('ann');
    }
    expect((await tokens.verify(own())).sub).toBe('ann');
    await refused(await signed('PS256', 'RS256', pairs.RS256.privateKey), use);
    await refused(await signed('RS384', 'RS256', pairs.RS256.privateKey), use);
    await refused(await signed('RS256', 'RS256', rsa().privateKey), use);
  });

  it('a public key is never an HMAC secret', async () => {
    const { publicKey } = rsa();
    const use = { ...settings, jwks: file([await jwk(publicKey, 'k')]) };
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    await refused(forge({ alg: 'HS256', kid: 'k' }, claims(), hmac(pem)), use);
    await refused(forge({ alg: 'RS256', kid: 'k' }, claims(), hmac(pem)), use);
  });

  it('a key of the token itself counts for nothing', async () => {
    const { publicKey, privateKey } = rsa();
    const use = { ...settings, jwks: file([await jwk(rsa().publicKey, 'k')]) };
    const header = { alg: 'RS256', kid: 'k', jwk: await exportJWK(publicKey) };
    await refused(
      forge(header, claims(), (text) => signBytes('sha256', Buffer.from(text), privateKey)),
      use,
    );
  });

  it('without key id every fitting key is tried', async () => {
    const [one, two] = [rsa(), rsa()];
    const keys = [await jwk(one.publicKey, '1'), await jwk(two.publicKey, '2')];
    const tokens = createTokens({ ...settings, jwks: file(keys) });
    for (const pair of [one, two]) {
      expect((await tokens.verify(await signed('RS256', undefined, pair.privateKey))).sub).toBe(
        'ann',
      );
    }
  });

  it('a rotated key is found at once, and an issuer that is down keeps its keys', async () => {
    const [old, fresh] = [rsa(), rsa()];
    let keys = [await jwk(old.publicKey, 'old')];
    let asked = 0;
    let down = false;
    server = createServer((_, response) => {
      asked++;
      response.statusCode = down ? 500 : 200;
      response.end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    const tokens = createTokens({ ...settings, jwks });
    await tokens.verify(await signed('RS256', 'old', old.privateKey));
    keys = [await jwk(fresh.publicKey, 'fresh')];
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await tokens.verify(await signed('RS256', 'fresh', fresh.privateKey))).sub).toBe('ann');
    expect(asked).toBe(2);
    // Unknown ids in a row don't reach the issuer.
    for (let round = 0; round < 20; round++) {
      const token = await signed('RS256', `made-up-${round}`, old.privateKey);
      await expect(tokens.verify(token)).rejects.toMatchObject({ kind: 'token_invalid' });
    }
    expect(asked).toBe(2);
    down = true;
    const again = new SignJWT(claims({ again: true })).setProtectedHeader({
      alg: 'RS256',
      kid: 'fresh',
    });
    expect((await tokens.verify(await again.sign(fresh.privateKey))).sub).toBe('ann');
  });

  it.each(['http://127.0.0.1:1/jwks', '/nowhere/jwks.json'])(
    'keys never read, of %s, are no fault of a token',
    async (jwks) => {
      const use = { ...settings, jwks };
      const tokens = createTokens(use);
      for (let round = 0; round < 2; round++) {
        const token = await signed('RS256', `k${round}`, rsa().privateKey);
        await expect(tokens.verify(token)).rejects.toMatchObject({
          kind: 'issuer_unavailable',
          detail: { retryAfter: 1 },
        });
      }
      // What these keys have no say in is as good or bad as ever.
      expect((await tokens.verify(own())).sub).toBe('ann');
      await refused(await signed('PS256', 'k', rsa().privateKey), use);
      await refused('no.token.', use);
    },
  );
});
