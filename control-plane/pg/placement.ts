import type { Pool } from './pool.ts';

/** Where a tenant's rows and definitions are served. Equal servers on one machine; the seam for more. */
export interface Place {
  /** Connections of the gateway role. */
  readonly data: Pool;
  /** Connections that may define. */
  readonly ddl: Pool;
}

/** The place of a tenant. */
export type Placement = (tenant: string) => Place;

/** Every tenant on one server, with its share of the data connections. */
export function singlePlacement(
  place: Place,
  share: (tenant: string) => Pool = () => place.data,
): Placement {
  return (tenant) => ({ ...place, data: share(tenant) });
}
