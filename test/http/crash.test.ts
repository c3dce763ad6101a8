/** Postgres ends under writes, by kill -9 and by a stop in either mode: what was acknowledged is there, the server says 503 within 5 s and comes back by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startAppOn, type TestApp } from '../support/app.ts';
import { type Cluster, startPrivateCluster } from '../support/cluster.ts';
import { installInto } from '../support/install.ts';
import { monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';
import { withClient } from '../support/sql.ts';

const tenant = 'crash';
let cluster: Cluster;
let app: TestApp;

beforeAll(async () => {
  const { binDir, secret } = inject('cluster');
  // The one cluster of the tests that really writes to disk.
  cluster = await startPrivateCluster({
    durable: true,
    ...(binDir === undefined ? {} : { binDir }),
  });
  await withClient(cluster.url('postgres'), (client) => client.query('create database crash'));
  await installInto(cluster.url('crash'), secret);
  app = await startAppOn(cluster.url('crash'), secret);
  await app.createTenant(tenant, { exact: true });
  const root = monk(app, principal(tenant, 'maker', { access: 'root', sudo: true }));
  await root.define('note', {
    status: 'active',
    columns: [
      { column_name: 'writer', type: 'integer' },
      { column_name: 'number', type: 'integer' },
    ],
  });
}, 120_000);

afterAll(async () => {
  await app?.close();
  await cluster?.stop();
}, 60_000);

it('loses no acknowledged row, answers 503 within 5 s and recovers without a restart', async () => {
  const person = principal(tenant, 'writer');
  const acknowledged = new Set<string>();
  const refused: { status: number; ms: number }[] = [];
  let writing = true;
  let ended = 0;

  const writer = async (number: number): Promise<void> => {
    for (let count = 0; writing; count += 1) {
      const began = Date.now();
      const { status, body, headers } = await app.request('POST', '/api/data/note', {
        as: person,
        body: { writer: number, number: count },
      });
      if (status === 200) acknowledged.add((body as { data: { id: string } }).data.id);
      else {
        refused.push({ status, ms: Date.now() - began });
        if (status === 503) expect(headers.get('retry-after')).toMatch(/^\d+$/);
        await sleep(50);
      }
    }
  };
  const writers = Array.from({ length: 6 }, (_, at) => writer(at));

  const ends = [() => cluster.crash(), () => cluster.halt('immediate'), () => cluster.halt('fast')];
  for (const end of ends) {
    const goal = acknowledged.size + 150;
    await until(() => acknowledged.size >= goal, 60_000, 'writes are acknowledged');
    await end();
    ended += 1;
    const before = refused.length;
    await until(() => refused.length >= before + 6, 60_000, 'writes are refused');
    const ready = await app.request('GET', '/ready');
    expect(ready.status).toBe(503);
    expect((await app.request('GET', '/health')).status).toBe(200);
    await cluster.start();
    const recovered = acknowledged.size;
    await until(() => acknowledged.size > recovered + 20, 60_000, 'writes are acknowledged again');
  }
  writing = false;
  await Promise.all(writers);

  expect(ended).toBe(3);
  expect(refused.length).toBeGreaterThan(0);
  expect([...new Set(refused.map((each) => each.status))]).toEqual([503]);
  expect(Math.max(...refused.map((each) => each.ms))).toBeLessThan(5_500);

  const stored = await withClient(cluster.url('crash'), (client) =>
    client.query<{ id: string }>(`select id from t_${tenant}.note`),
  );
  const kept = new Set(stored.rows.map((row) => row.id));
  expect([...acknowledged].filter((id) => !kept.has(id))).toEqual([]);
  // And what is read now is what is stored.
  const root = monk(app, principal(tenant, 'maker', { access: 'root', sudo: true }));
  expect(new Set(await root.ids('note', {}))).toEqual(kept);
}, 240_000);

async function until(done: () => boolean, milliseconds: number, what: string): Promise<void> {
  for (const deadline = Date.now() + milliseconds; !done(); await sleep(20)) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${milliseconds} ms`);
  }
}
