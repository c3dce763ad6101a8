import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Principal } from '../control-plane/model/principal.ts';
import type { Sight } from '../control-plane/plan/planned.ts';
import { type Bench, poolSize } from './environment.ts';
import { type FloorSpec, inputRow } from './floor.ts';
import { type Companion, startScript } from './process.ts';
import { catalogOf, planRequest } from './same-sql.ts';
import { keyOf } from './seed.ts';
import { templateOf } from './template.ts';

/** A list of the newest 20, as Monk is asked for it; and those of one category. */
export const list = '/api/data/items?limit=20&order=id%20desc';
export const filter = (category: string): string =>
  `${list}&where=${encodeURIComponent(JSON.stringify({ category }))}`;
/** What is inserted. */
export const sample = {
  name: 'sample',
  category: 'category 1',
  price: 9.5,
  stock: 3,
  note: 'a note',
};

/** What the server knows of this caller after the first request. */
const seesMuch: Sight = { seesLittle: () => false, learn: () => undefined };

export interface Floor {
  readonly name: string;
  readonly companion: Companion;
}

/** The bare servers on the tables `items` and `orders` of a tenant: see {@link FloorSpec}. */
export async function startFloors(bench: Bench, caller: Principal): Promise<readonly Floor[]> {
  const catalog = await catalogOf(bench, caller.tenant ?? '');
  const written = (sampled: string, method: string, path: string, body?: object) => {
    const request = { method, path, ...(body === undefined ? {} : { body }) };
    const { query, entry } = planRequest(catalog, caller, request, seesMuch);
    return { ...templateOf(query, sampled), show: entry.show, intent: entry.intent };
  };
  const row = JSON.stringify(inputRow(Object.keys(sample), sample));
  const spec: Omit<FloorSpec, 'mode'> = {
    connectionString: bench.gatewayUrl,
    secret: bench.secret,
    pool: poolSize,
    version: catalog.version,
    read: written(keyOf(1), 'GET', `/api/data/items/${keyOf(1)}`),
    list: written('', 'GET', list),
    filter: written(sample.category, 'GET', filter(sample.category)),
    insert: written(row, 'POST', '/api/data/orders', sample),
    inserted: Object.keys(sample),
  };
  const folder = mkdtempSync(join(tmpdir(), 'rowhouse-floor-'));
  try {
    const start = async (name: string, mode: FloorSpec['mode']): Promise<Floor> => {
      const file = join(folder, `${mode}.json`);
      writeFileSync(file, JSON.stringify({ ...spec, mode } satisfies FloorSpec), { mode: 0o600 });
      const companion = await startScript('bench/floor.ts', [file], /http:\/\/127\.0\.0\.1:\d+/);
      return { name, companion };
    };
    return [
      await start('bare server, pg transaction', 'transaction'),
      await start('bare server, our one-Sync session', 'one-sync'),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
