import { ServiceError } from '../base/errors.ts';
import type { Principal } from '../model/principal.ts';
import type { ClaimAliases, Tokens } from '../service/tokens.ts';
import type { Exchange } from './exchange.ts';

const schemes = /^(?:bearer|token|api-key) +(\S+)$/i;
/** A bare JWT, without a scheme. */
const bare = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** What a dialect, or a route of the server itself, accepts besides Authorization. */
export interface Accepted {
  readonly tokenHeaders: readonly string[];
  readonly opaqueHeader?: string;
  readonly claims?: ClaimAliases;
  /** The tenant addressed, whose issuer is asked about opaque tokens. */
  readonly tenant?: string | undefined;
}

interface Credential {
  readonly token: string;
  readonly opaque: boolean;
}

/** Every token sent: Authorization (Bearer, Token, Api-Key, or a bare JWT), then the dialect's own headers. */
function credentials(headers: Exchange['headers'], accepted: Accepted): readonly Credential[] {
  const found: Credential[] = [];
  const authorization = headers['authorization']?.trim();
  if (authorization !== undefined && authorization !== '') {
    const token = bare.test(authorization) ? authorization : schemes.exec(authorization)?.[1];
    // A credential that can't be understood is a bad one, not an absent one.
    found.push({ token: token ?? '', opaque: false });
  }
  for (const name of accepted.tokenHeaders) {
    const token = headers[name.toLowerCase()]?.trim();
    const opaque = name === accepted.opaqueHeader && !bare.test(token ?? '');
    if (token !== undefined && token !== '') found.push({ token, opaque });
  }
  return found;
}

/**
 * Verifies every credential of the request; they must name one identity. Undefined when none was sent.
 * @throws ServiceError token_invalid
 */
export async function authenticate(
  tokens: Pick<Tokens, 'verify' | 'resolve'>,
  headers: Exchange['headers'],
  accepted: Accepted = { tokenHeaders: [] },
): Promise<Principal | undefined> {
  let principal: Principal | undefined;
  for (const { token, opaque } of credentials(headers, accepted)) {
    const verified = opaque
      ? await tokens.resolve(token, accepted.tenant, accepted.claims)
      : await tokens.verify(token, accepted.claims);
    if (principal !== undefined && !sameIdentity(principal, verified)) {
      throw new ServiceError('token_invalid');
    }
    principal ??= verified;
  }
  return principal;
}

function sameIdentity(a: Principal, b: Principal): boolean {
  return a.sub === b.sub && a.tenant === b.tenant && a.operator === b.operator;
}

/**
 * The tenant a principal may address: the one its token was issued for, and only that. A token without a tenant addresses none.
 * @throws ServiceError tenant_mismatch, the same text whether the named tenant exists or not
 */
export function checkTenant(principal: Principal, named: string | undefined): void {
  if (principal.tenant === undefined || (named !== undefined && named !== principal.tenant)) {
    throw new ServiceError('tenant_mismatch');
  }
}
