import type { JsonObject } from '../base/json.ts';

/** Access levels of a principal, lowest first. The position is the number that Postgres compares. */
export const levels = ['deny', 'read', 'edit', 'full', 'root'] as const;

export type Level = (typeof levels)[number];

/** Who asks: the verified content of a token, or of a login role's binding. */
export interface Principal {
  readonly sub: string;
  /** Slug of the tenant the token was issued for; absent on operator tokens. */
  readonly tenant?: string;
  readonly roles: readonly string[];
  readonly orgs: readonly string[];
  readonly access: Level;
  readonly sudo: boolean;
  readonly operator: boolean;
  /** Active org of Data Svc callers. */
  readonly activeOrg?: string;
  /** When the token was issued, in seconds of the epoch, if it says so: it can't be older than its tenant. */
  readonly issuedAt?: number;
}

/** The names access lists can hold for a principal: its id, orgs and roles, distinct and sorted. */
export function namesOf(principal: Pick<Principal, 'sub' | 'orgs' | 'roles'>): readonly string[] {
  const names = [principal.sub, ...principal.orgs, ...principal.roles].filter(
    (name) => name !== '',
  );
  return [...new Set(names)].sort();
}

/**
 * The claims that a session of the gateway carries for one transaction: the setting `rowhouse.claims`. Without the key of stored
 * verdicts: rowhouse.principal() makes that itself, for login roles too.
 */
export function claimsOf(principal: Principal, requestId: string): JsonObject {
  return {
    tenant: principal.tenant ?? '',
    sub: principal.sub,
    names: namesOf(principal),
    roles: principal.roles,
    orgs: principal.orgs,
    level: levels.indexOf(principal.access),
    sudo: principal.sudo,
    rid: requestId,
    ...(principal.activeOrg === undefined ? {} : { org: principal.activeOrg }),
    ...(principal.issuedAt === undefined ? {} : { iat: principal.issuedAt }),
  };
}
