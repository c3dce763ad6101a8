import { type Meter, noMeter } from '../base/meter.ts';
import { createPlaces, type Places } from '../base/places.ts';
import { spent } from '../base/trace.ts';
import type { Pool } from './pool.ts';

/** How long a request waits for a connection, first for its tenant's turn, then for one of the pool. */
const longest = 5_000;

/**
 * The pool as one tenant may use it: three quarters of the connections at most, so that slow statements of one leave some for the others.
 * Who gets none in time is told to come again.
 */
export function shares(
  pool: Pool,
  max: number,
  patience = longest,
  meter: Meter = noMeter,
): (tenant: string) => Pool {
  // Two: a transaction asks on a second connection why it failed.
  const most = Math.max(2, Math.floor((max * 3) / 4));
  const waited = (began: number): void => {
    spent('wait', began);
    meter.waited('share', (performance.now() - began) / 1000);
  };
  const held = new Map<string, Places>();

  const placesOf = (tenant: string): Places => {
    const places = held.get(tenant) ?? createPlaces({ most, patience, waited });
    held.set(tenant, places);
    return places;
  };
  return (tenant) => ({
    ...pool,
    borrow: async (work) => {
      const places = placesOf(tenant);
      try {
        return await places.during((time) => {
          // What is left of the time to wait, where some was used.
          return pool.borrow(work, time === 0 ? undefined : Math.max(1, patience - time));
        });
      } finally {
        if (places.idle()) held.delete(tenant);
      }
    },
  });
}
