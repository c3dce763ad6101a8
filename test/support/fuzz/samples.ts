/** A right request for every route: what fuzzing starts from. A route without one is asked with made-up parameters. */
import type { Endpoint } from '../../../control-plane/http/exchange.ts';
import type { Places } from './furnish.ts';
import type { Sample } from './request.ts';
import { dataSvcSamples } from './samples-data-svc.ts';
import { monkSamples, monkWords } from './samples-monk.ts';
import { pgrestSamples, pgrestWords } from './samples-pgrest.ts';
import { taruviSamples, taruviWords } from './samples-taruvi.ts';

type Samples = Readonly<Record<string, readonly Sample[]>>;

export function samplesOf(at: Places): Samples {
  return {
    ...ownSamples(at),
    ...monkSamples(at),
    ...pgrestSamples(at),
    ...dataSvcSamples,
    ...taruviSamples(at),
  };
}

function ownSamples({ tenant }: Places): Samples {
  return {
    'POST /admin/tenants': [{ body: { tenant: `${tenant}_n`, name: 'New' } }],
    'GET /docs/:file': [{ params: { file: 'page.js' } }],
    'GET /admin/tenants/:tenant': [{ params: { tenant } }],
    'DELETE /admin/tenants/:tenant': [
      { params: { tenant: `${tenant}_n` }, query: { confirm: `${tenant}_n` } },
    ],
  };
}

/** For a route that nobody wrote a sample for. */
export const madeUp: Sample = { params: { id: '1', app: 'shop', table: 'items', schema: 'doc' } };

const words: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  monk: monkWords,
  pgrest: pgrestWords,
  taruvi: taruviWords,
};

/** Query parameters that the endpoint's dialect knows. */
export function wordsOf({ dialect }: Pick<Endpoint, 'dialect'>) {
  return words[dialect?.name ?? ''] ?? [];
}
