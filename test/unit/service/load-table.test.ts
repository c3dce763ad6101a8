/** Rows of a file are loaded by the definitions of the moment: those that change meanwhile are read again. */
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import { toServiceError } from '../../../control-plane/pg/sqlstate.ts';
import { insertRows, type Loader } from '../../../control-plane/service/load-table.ts';
import { principal } from '../../support/principal.ts';
import { catalogOf, column, table } from '../compile/samples.ts';

const caller = {
  principal: principal('acme', 'ann'),
  requestId: 'r1',
  signal: new AbortController().signal,
};
const unexpected = () => Promise.reject(new Error('not expected'));
const told = (code: string): Error =>
  Object.assign(new Error('told by Postgres'), { code, severity: 'ERROR' });

/** Loads one row while the definitions go on to `latest`; `fail` says how a load by each version ends. */
async function load(latest: number, fail: (version: number) => unknown): Promise<number[]> {
  const versions: number[] = [];
  const loader: Loader = {
    load: async (_, fresh) => ({
      ...catalogOf(table('items', [column('n')])),
      version: fresh ? latest : 1,
    }),
    loadRows: async (_request, { version }) => {
      versions.push(version);
      const error = fail(version);
      if (error !== undefined) throw error;
      return { inserted: 1, updated: 0, skipped: 0, faults: [] };
    },
    execute: unexpected,
    define: unexpected,
  };
  const rows = [{ line: 1, values: { n: '1' } }];
  await insertRows(
    loader,
    { tenant: 'acme', caller },
    { file: 'items.csv' },
    { app: 'default', name: 'items' },
    rows,
  );
  return versions;
}

describe('rows are loaded anew', () => {
  it('by the definitions of now when those at hand are old', async () => {
    const stale = new ServiceError('stale_catalog');
    expect(await load(2, (version) => (version === 1 ? stale : undefined))).toEqual([1, 2]);
    await expect(load(2, () => stale)).rejects.toBe(stale);
  });

  it('after a fault of types, when the definitions have changed', async () => {
    const late = toServiceError(told('42804'));
    expect(await load(2, (version) => (version === 1 ? late : undefined))).toEqual([1, 2]);
    await expect(load(1, () => late)).rejects.toBe(late);
  });

  it('after a collision, by the same definitions', async () => {
    const ends = [told('40P01'), undefined];
    expect(await load(1, () => ends.shift())).toEqual([1, 1]);
    await expect(load(1, () => told('40001'))).rejects.toMatchObject({
      kind: 'serialization_failure',
    });
  });
});
