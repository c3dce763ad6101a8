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
}
