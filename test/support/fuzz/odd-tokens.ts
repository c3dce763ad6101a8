/** Tokens that the issuer did sign, with claims that nobody expects. */
import { SignJWT } from 'jose';
import { keys, texts } from './hostile.ts';

type Claims = Readonly<Record<string, unknown>>;

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let left = depth; left > 0; left -= 1) value = left % 2 === 0 ? [value] : { a: value };
  return value;
}

const ofText = (text: string): readonly Claims[] => [
  { sub: text },
  { roles: [text, 'PGREST_ADMIN'] },
  { orgs: [text], '1ao': text },
  { x: text, [text]: text, roles: ['PGREST_WRITE'] },
  { access: text },
  { tenant: text },
];

const shapes: readonly Claims[] = [
  { sub: 5 },
  { sub: null },
  { sub: ['ann'] },
  { sub: { a: 1 } },
  { roles: 'PGREST_ADMIN' },
  { roles: { 0: 'PGREST_ADMIN', length: 1 } },
  { roles: [1, null, ['a'], {}] },
  { roles: Array.from({ length: 2_000 }, (_, at) => `r${at}`) },
  { orgs: Array.from({ length: 2_000 }, (_, at) => `o${at}`) },
  { orgs: [['a']] },
  { access: ['root'] },
  { access: 4 },
  { sudo: 'true' },
  { sudo: 1 },
  { operator: 'true' },
  { operator: { a: true } },
  { tenant: null },
  { tenant: ['own'] },
  { x: nested(500) },
  { x: 1e308, y: -0, z: 2 ** 53 },
  { exp: 'never' },
  { exp: 1e300 },
  { nbf: '0' },
  { iat: -1 },
  { tapis: { username: 'ann' }, 'tapis/username': 'boss', 'tapis/tenant_id': 'x' },
];

/** Tokens of somebody who may edit, each with one claim replaced. */
export async function oddTokens(tenant: string, secret: string): Promise<readonly string[]> {
  const all = [
    ...[...texts, ...keys].filter(({ length }) => length < 300).flatMap(ofText),
    ...shapes,
  ];
  return await Promise.all(
    all.map(async (claims) => {
      const usual = {
        sub: 'odd',
        tenant,
        access: 'edit',
        exp: Math.floor(Date.now() / 1000) + 3600,
      };
      const payload = Object.assign(Object.create(null), usual, claims) as Record<string, unknown>;
      return await new SignJWT(payload)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from(secret));
    }),
  );
}
