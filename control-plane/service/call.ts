import type { DialectRequest, Route } from '../dialects/dialect.ts';
import type { Principal } from '../model/principal.ts';
import type { Right } from '../model/role.ts';

/** One request after the edge has done its part: token verified, tenant settled, body parsed. */
export interface Call {
  readonly route: Route;
  readonly request: DialectRequest;
  /** Absent on public routes. Its tenant is the one addressed. */
  readonly principal?: Principal;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Who sent the request of a public route, if anybody said; a bad token is token_invalid. */
  readonly identify: () => Promise<Principal | undefined>;
}

/** Who asks, and for which request. */
export interface Caller {
  readonly principal: Principal;
  readonly requestId: string;
  readonly signal: AbortSignal;
  /** What the route asks the caller to be entitled to. */
  readonly right?: Right;
  /** The app that the request addresses, if it names one. */
  readonly app?: string;
}
