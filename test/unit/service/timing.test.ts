/** What a request is told of its time: planning is planning, and not what Postgres was asked because it failed. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import { createTrace, type Trace, traced } from '../../../control-plane/base/trace.ts';
import { createEngine, type EngineParts } from '../../../control-plane/service/engine.ts';
import { perform } from '../../../control-plane/service/execute.ts';
import type { Statement } from '../../../control-plane/statement/statement.ts';
import { principal } from '../../support/principal.ts';
import { catalog } from '../plan/sample.ts';

let now = 0;
let trace: Trace;

beforeEach(() => {
  now = 0;
  trace = createTrace();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});

afterEach(() => vi.restoreAllMocks());

/** An answer of Postgres that takes a second. */
async function answer(): Promise<readonly string[]> {
  now += 1_000;
  return ['[]'];
}

it('the faults of rows are no part of the plan', async () => {
  let asked = 0;
  const run = (): Promise<readonly string[]> => {
    asked++;
    return answer();
  };
  const statement: Statement = {
    kind: 'insert',
    table: { app: 'default', name: 'pets' },
    rows: [{ values: { nowhere: 1 } }],
    output: { items: [], format: { numbers: 'safe', times: 'millis' } },
  };
  const done = traced(trace, () => perform(statement, catalog, run, run));
  await expect(done).rejects.toMatchObject({ kind: 'invalid_row' });
  expect(asked).toBeGreaterThan(0);
  expect(trace.plan).toBe(0);
});

it('whether the definitions are current is no part of it either, what the route does is', async () => {
  const { perform: answered } = createEngine({
    limits: { rows: 1 },
    load: async () => catalog,
    confirm: async () => {
      await answer();
    },
  } as unknown as EngineParts);
  const handle = (): never => {
    now += 20;
    throw new ServiceError('table_not_found');
  };
  const done = traced(trace, () =>
    answered({
      route: { method: 'GET', path: '/x', handle },
      request: {
        method: 'GET',
        params: {},
        query: new Map(),
        headers: {},
        body: undefined,
        id: 'r',
      },
      principal: principal('acme', 'ann'),
      signal: new AbortController().signal,
      identify: async () => undefined,
    }),
  );
  await expect(done).rejects.toMatchObject({ kind: 'table_not_found' });
  expect([now, trace.plan]).toEqual([1_020, 20]);
});
