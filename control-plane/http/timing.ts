import type { Trace } from '../base/trace.ts';

/**
 * `Server-Timing` of a reply that is about to begin. Whole milliseconds, and only for successes of somebody known: finer figures, or those
 * of refusals, would take the noise of the network away from whoever measures what is hidden (decision 0020).
 */
export function serverTiming(trace: Trace, total: number): string {
  const { auth, plan, wait, database } = trace;
  return Object.entries({ auth, plan, wait, db: database, total })
    .map(([name, ms]) => `${name};dur=${Math.round(ms)}`)
    .join(', ');
}
