import type { Readiness } from '../service/readiness.ts';
import type { Endpoint } from './exchange.ts';

/** A probe that hangs is a failed probe; below the 5 s in which the server promises an answer. */
const patience = 4000;

/** GET /health: the process. GET /ready: the process and its database. Neither needs a token. */
export function healthEndpoints(ready: () => Promise<Readiness>): readonly Endpoint[] {
  return [
    {
      method: 'GET',
      path: '/health',
      handle: async () => ({ status: 200, body: { json: { status: 'ok' } } }),
    },
    {
      method: 'GET',
      path: '/ready',
      handle: async () => {
        const state = await inTime(ready());
        if (state.ready) return { status: 200, body: { json: { status: 'ready' } } };
        const json = { status: 'unavailable', reason: state.reason ?? 'unknown' };
        return { status: 503, headers: { 'retry-after': '1' }, body: { json } };
      },
    },
  ];
}

async function inTime(probe: Promise<Readiness>): Promise<Readiness> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Readiness>((resolve) => {
    const reason = 'The database does not answer in time';
    timer = setTimeout(resolve, patience, { ready: false, reason });
  });
  try {
    return await Promise.race([probe, late]);
  } catch {
    return { ready: false, reason: 'The database cannot be reached' };
  } finally {
    clearTimeout(timer);
  }
}
