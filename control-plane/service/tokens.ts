import { createHash, createSecretKey } from 'node:crypto';
import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  SignJWT,
} from 'jose';
import { ServiceError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { keep } from '../base/keep.ts';
import { isStorableText } from '../base/storable.ts';
import type { Config } from '../config.ts';
import { type Level, levels, type Principal } from '../model/principal.ts';
import type { ClaimName } from '../setting-values.ts';
import { createIssuer, type IssuerSettings } from './introspection.ts';
import { keySet } from './keys.ts';

/** Signs our own tokens and verifies all. */
export interface Tokens {
  readonly sign: (principal: Principal, seconds: number) => Promise<string>;
  /** @throws ServiceError token_invalid, the same for every fault of the token; issuer_unavailable without keys to verify it by */
  readonly verify: (token: string, aliases?: ClaimAliases) => Promise<Principal>;
  /** What the issuer configured for the tenant says of an opaque token. @throws ServiceError token_invalid, also when there is none; issuer_unavailable */
  readonly resolve: (
    token: string,
    tenant: string | undefined,
    aliases?: ClaimAliases,
  ) => Promise<Principal>;
}

/** Claims that, where a token of another issuer has them, go before those of the configured names. */
export type ClaimAliases = Readonly<Partial<Record<'sub' | 'tenant', string>>>;

export type TokenSettings = Pick<
  Config,
  'jwtSecret' | 'jwks' | 'jwtIssuer' | 'jwtAudience' | 'claims'
> &
  Partial<Pick<Config, 'introspection'>>;

/** Marks tokens of our own making (signed, so it can be believed): ROWHOUSE_CLAIMS doesn't apply to them. */
const ownType = 'rowhouse+jwt';
const publicAlgorithms = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];
const longest = 16 * 1024;
/** Seconds by which another issuer's clock may run ahead of ours (`nbf`, `iat`). An `exp` in the past is past. */
const tolerance = 5;
/** A verified token is believed this long without a second look: 25 µs instead of 60 for HS256, ~100 for RS256. */
const cacheMs = 30_000;
/** An opaque token that is no good is not asked about again for this long. */
const refusalMs = 5_000;
const cacheSize = 10_000;

const slug = /^[a-z][a-z0-9_-]{0,39}$/;

/**
 * Tokens by the settings. HS256 with the secret; RS256, ES256 and EdDSA with ROWHOUSE_JWKS. Which key and algorithms may match is
 * decided from the header before any key is touched, so a public key is never taken for a secret.
 */
export function createTokens(
  settings: TokenSettings,
  now: () => number = Date.now,
  patience: IssuerSettings = {},
): Tokens {
  const secret = createSecretKey(Buffer.from(settings.jwtSecret));
  const publicKeys = settings.jwks === undefined ? undefined : keySet(settings.jwks, now);
  const seen = new Map<string, { readonly principal: Principal; readonly until: number }>();
  const refused = new Map<string, number>();
  const issuers = new Map(
    Object.entries(settings.introspection ?? {}).map(
      ([tenant, address]) => [tenant, createIssuer(address, patience, now)] as const,
    ),
  );
  const options = {
    clockTolerance: tolerance,
    requiredClaims: ['exp'],
    ...(settings.jwtIssuer === undefined ? {} : { issuer: settings.jwtIssuer }),
    ...(settings.jwtAudience === undefined ? {} : { audience: settings.jwtAudience }),
  };

  const check = async (token: string) => {
    const header = decodeProtectedHeader(token);
    const current = { ...options, currentDate: new Date(now()) };
    if (header.alg === 'HS256') {
      const { payload } = await jwtVerify(token, secret, { ...current, algorithms: ['HS256'] });
      return { payload, own: header.typ === ownType };
    }
    if (publicKeys === undefined || !publicAlgorithms.includes(header.alg ?? '')) {
      throw new ServiceError('token_invalid');
    }
    const verified = { ...current, algorithms: [header.alg ?? ''] };
    return { payload: await verifyPublic(token, publicKeys, verified), own: false };
  };

  /** Believed for a while without asking again, and for `refusal` milliseconds not believed. `expires` in seconds of the epoch. */
  const remembered = async (
    facts: readonly unknown[],
    token: string,
    refusal: number,
    find: () => Promise<{ readonly principal: Principal; readonly expires: number }>,
  ): Promise<Principal> => {
    if (token.length > longest) throw new ServiceError('token_invalid');
    const hash = createHash('sha256')
      .update(JSON.stringify([token, ...facts]))
      .digest('base64');
    const hit = seen.get(hash);
    if (hit !== undefined) {
      if (hit.until > now()) return hit.principal;
      seen.delete(hash);
    }
    if ((refused.get(hash) ?? 0) > now()) throw new ServiceError('token_invalid');
    try {
      const { principal, expires } = await find();
      if (expires * 1000 <= now()) throw new ServiceError('token_invalid');
      const until = Math.min(expires * 1000, now() + cacheMs);
      keep(seen, hash, { principal, until }, cacheSize);
      return principal;
    } catch (error) {
      if (error instanceof ServiceError && error.kind === 'issuer_unavailable') throw error;
      if (refusal > 0) keep(refused, hash, now() + refusal, cacheSize);
      // Whatever is wrong, the caller learns one thing only. The cause stays for the log.
      throw new ServiceError('token_invalid', undefined, {}, { cause: error });
    }
  };

  const verify = (token: string, aliases: ClaimAliases = {}) =>
    remembered([aliases], token, 0, async () => {
      const { payload, own } = await check(token);
      const names = own ? {} : { ...settings.claims, ...present(payload, aliases) };
      return { principal: principalOf(payload, names), expires: payload.exp ?? 0 };
    });

  const resolve = (token: string, tenant: string | undefined, aliases: ClaimAliases = {}) =>
    remembered([aliases, tenant], token, refusalMs, async () => {
      const ask = issuers.get(tenant ?? '');
      if (tenant === undefined || !ask) throw new ServiceError('token_invalid');
      const payload = await ask(token);
      const found = principalOf(payload, { ...settings.claims, ...present(payload, aliases) });
      // The issuer speaks for its own tenant, and makes nobody an operator of the server.
      if ((found.tenant ?? tenant) !== tenant) throw new ServiceError('token_invalid');
      const principal = Object.freeze({ ...found, tenant, operator: false });
      return { principal, expires: payload.exp ?? Number.POSITIVE_INFINITY };
    });

  const sign = (principal: Principal, seconds: number) => {
    const issued = Math.floor(now() / 1000);
    const jwt = new SignJWT(claimsOf(principal))
      .setProtectedHeader({ alg: 'HS256', typ: ownType })
      .setSubject(principal.sub)
      .setIssuedAt(issued)
      .setExpirationTime(issued + seconds);
    if (settings.jwtIssuer !== undefined) jwt.setIssuer(settings.jwtIssuer);
    if (settings.jwtAudience !== undefined) jwt.setAudience(settings.jwtAudience);
    return jwt.sign(secret);
  };

  return { sign, verify, resolve };
}

/** Several keys can fit a token without key id: each is tried. */
async function verifyPublic(
  token: string,
  keys: JWTVerifyGetKey,
  options: Parameters<typeof jwtVerify>[2],
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw error;
  }
}

function claimsOf(principal: Principal): JWTPayload {
  return {
    // Never a claim that has a meaning: those come from the principal itself.
    ...attributesOf(principal.attributes ?? {}, {}).attributes,
    ...(principal.tenant === undefined ? {} : { tenant: principal.tenant }),
    ...(principal.roles.length === 0 ? {} : { roles: principal.roles }),
    ...(principal.orgs.length === 0 ? {} : { orgs: principal.orgs }),
    ...(principal.activeOrg === undefined ? {} : { '1ao': principal.activeOrg }),
    access: principal.access,
    ...(principal.sudo ? { sudo: true } : {}),
    ...(principal.operator ? { operator: true } : {}),
  };
}

/** The verified claims as a principal. A claim of the wrong type is a fault of the token, never read as absent. */
function principalOf(payload: JWTPayload, names: TokenSettings['claims']): Principal {
  const claim = (name: ClaimName) =>
    lookUp(payload, names[name] ?? (name === 'org' ? '1ao' : name));
  const sub = textOf(claim('sub'), 255);
  const tenant = textOf(claim('tenant'), 40);
  const activeOrg = textOf(claim('org'), 255);
  if (sub === undefined) throw new TypeError('sub is required');
  if (tenant !== undefined && !slug.test(tenant)) throw new TypeError('tenant is not a slug');
  return Object.freeze({
    sub,
    ...(tenant === undefined ? {} : { tenant }),
    roles: namesOf(claim('roles')),
    // Some issuers write a single org as plain text.
    orgs: namesOf(asList(claim('orgs'))),
    access: levelOf(claim('access')),
    sudo: flagOf(claim('sudo')),
    operator: flagOf(claim('operator')),
    ...(activeOrg === undefined ? {} : { activeOrg }),
    ...(payload.iat === undefined ? {} : { issuedAt: payload.iat }),
    ...attributesOf(payload, names),
  });
}

/** Claims that have a meaning of their own, whatever it is called in the token. */
const meant = ['sub', 'tenant', 'roles', 'orgs', 'org', 'access', 'sudo', 'operator', '1ao'];
const registered = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti'];

/** The other claims, for conditions of policies. Text that Postgres can't hold is left out with its claim. */
function attributesOf(
  payload: JWTPayload,
  names: TokenSettings['claims'],
): Pick<Principal, 'attributes'> {
  const known = new Set([...meant, ...registered, ...Object.values(names)]);
  const others = Object.entries(payload).filter(
    ([name, value]) => !known.has(name) && isStorable(name) && isStorable(value),
  );
  if (others.length === 0) return {};
  return { attributes: Object.fromEntries(others) as JsonObject };
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return isStorableText(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, part]) => isStorable(key) && isStorable(part));
}

/** The aliases that the token has. */
function present(payload: JWTPayload, aliases: ClaimAliases): ClaimAliases {
  return Object.fromEntries(
    Object.entries(aliases).filter(([, name]) => Object.hasOwn(payload, name)),
  );
}

/** A literal name first (`tapis/tenant_id`, `https://x.y/roles`), then as a dotted path (`realm_access.roles`). */
function lookUp(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** Names end up in access lists, whose members are 1 to 255 bytes. */
function textOf(value: unknown, longest: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= longest) {
    if (isStorableText(value)) return value;
  }
  throw new TypeError('not a name');
}

function asList(value: unknown): unknown {
  return typeof value === 'string' ? [value] : value;
}

function namesOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TypeError('not a list of names');
  const names = value.map((item: unknown) => {
    const name = textOf(item, 255);
    if (name === undefined) throw new TypeError('not a name');
    return name;
  });
  return Object.freeze([...new Set(names)]);
}

function levelOf(value: unknown): Level {
  const level = levels.find((candidate) => candidate === (value ?? 'edit'));
  if (level === undefined) throw new TypeError('not an access level');
  return level;
}

function flagOf(value: unknown): boolean {
  if (value !== undefined && value !== null && typeof value !== 'boolean') {
    throw new TypeError('not a flag');
  }
  return value === true;
}
