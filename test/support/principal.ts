import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Who } from './oracle.ts';

/** A principal for a test; by default an ordinary one: level edit, no roles, no orgs. */
export function principal(
  tenant: string,
  sub: string,
  rest: Partial<Omit<Principal, 'tenant' | 'sub'>> = {},
): Principal {
  return {
    tenant,
    sub,
    roles: rest.roles ?? [],
    orgs: rest.orgs ?? [],
    access: rest.access ?? 'edit',
    sudo: rest.sudo ?? false,
    operator: rest.operator ?? false,
    ...(rest.activeOrg === undefined ? {} : { activeOrg: rest.activeOrg }),
    ...(rest.attributes === undefined ? {} : { attributes: rest.attributes }),
  };
}

/** The same person for the oracle. */
export function whoOf(person: Principal): Who {
  return {
    sub: person.sub,
    roles: person.roles,
    orgs: person.orgs,
    access: person.access,
    sudo: person.sudo,
  };
}

/** A token as any issuer with the secret would sign it: made without the product's own signer. */
export async function tokenFor(
  person: Principal,
  secret: string,
  options: { expires?: number | null; algorithm?: string } = {},
): Promise<string> {
  const jwt = new SignJWT({
    ...person.attributes,
    ...(person.tenant === undefined ? {} : { tenant: person.tenant }),
    roles: [...person.roles],
    orgs: [...person.orgs],
    access: person.access,
    ...(person.sudo ? { sudo: true } : {}),
    ...(person.operator ? { operator: true } : {}),
  })
    .setProtectedHeader({ alg: options.algorithm ?? 'HS256' })
    .setSubject(person.sub);
  if (options.expires !== null) {
    jwt.setExpirationTime(Math.floor(Date.now() / 1000) + (options.expires ?? 3600));
  }
  return jwt.sign(Buffer.from(secret));
}

/** The derived password of the server's own role. */
export function gatewayPassword(secret: string): string {
  return createHmac('sha256', secret).update('rowhouse_gateway').digest('hex');
}
