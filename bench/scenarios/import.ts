import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Bench } from '../environment.ts';
import { alternate, type Outcome, timed } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { seedTenant } from '../seed.ts';
import { figure, times } from '../table.ts';

const names = ['id', 'name', 'price', 'stock', 'day', 'active', 'note'] as const;
const fields = [
  { name: 'id', type: 'integer' },
  { name: 'name', type: 'string', constraints: { required: true } },
  { name: 'price', type: 'number', constraints: { minimum: 0 } },
  { name: 'stock', type: 'integer' },
  { name: 'day', type: 'date' },
  { name: 'active', type: 'boolean' },
  { name: 'note', type: 'string' },
];

/** A file of mixed columns into a table under a policy, and out again, against COPY of the same text into the same table without. */
export const imports: Scenario = async (bench) => {
  const rows = bench.quick ? 5_000 : 100_000;
  const rounds = bench.quick ? 2 : 5;
  const admin = await seedTenant(bench, 'transfer');
  const schema = `"t_${admin.tenant}"`;
  for (const [name, audit_enabled] of [
    ['items', false],
    ['audited', true],
  ] as const) {
    const body = { name, audit_enabled, json_schema: { fields } };
    await bench.request(admin, 'POST', '/api/apps/default/datatables/', body);
  }
  await bench.admin.query(
    `create table ${schema}.plain (like ${schema}.items including defaults including constraints including indexes including identity)`,
  );
  const records = Array.from({ length: rows }, (_, n) => recordOf(n + 1));
  const csv = [names.join(','), ...records.map((record) => record.join(','))].join('\n');
  const ndjson = records.map((record) => JSON.stringify(objectOf(record))).join('\n');
  const client = await bench.admin.connect();
  const empty = (table: string) => client.query(`truncate ${schema}.${table}`);
  const into = (table: string, text: string, type: string) => async (): Promise<number> => {
    await empty(table);
    if (table === 'audited') await client.query(`truncate ${schema}._rowhouse_history`);
    return timed(() => sendFile(bench, admin, table, text, type));
  };
  try {
    const writing = await alternate(
      [
        {
          name: 'COPY, no policy, no trigger',
          round: async () => {
            await empty('plain');
            return timed(() => copyIn(client, `${schema}.plain`, csv));
          },
        },
        { name: 'import of CSV', round: into('items', csv, 'text/csv') },
        { name: 'import of NDJSON', round: into('items', ndjson, 'application/x-ndjson') },
        { name: 'import of CSV, with history', round: into('audited', csv, 'text/csv') },
      ],
      rounds,
    );
    await into('items', csv, 'text/csv')();
    const select = `(select ${names.join(', ')} from ${schema}.items order by id)`;
    const out = (format: string) => () => timed(() => readFile(bench, admin, `format=${format}`));
    const reading = await alternate(
      [
        {
          name: 'COPY TO, in the order of the key',
          round: () => timed(() => copyOut(client, select)),
        },
        { name: 'export of CSV', round: out('csv') },
        { name: 'export of JSON', round: out('json') },
        { name: 'export of NDJSON', round: out('ndjson') },
      ],
      rounds,
    );
    const headers = ['way', 'milliseconds', 'ratio', 'lowest … highest'];
    return {
      tables: [
        { title: `${figure(rows)} rows of a file into a table`, headers, rows: writing.map(line) },
        { title: `${figure(rows)} rows of a table into a file`, headers, rows: reading.map(line) },
      ],
      goals: [
        goal('an import takes at most 1.3 times as long as COPY', writing[1], 1.3),
        goal('with history at most 1.9 times', writing[3], 1.9),
      ],
    };
  } finally {
    client.release();
  }
};

type Cell = string | number | boolean;

function recordOf(n: number): readonly Cell[] {
  const day = new Date(Date.UTC(2020, 0, 1 + (n % 1_500))).toISOString().slice(0, 10);
  return [
    n,
    `item ${n}`,
    (n % 10_000) / 100,
    n % 1_000,
    day,
    n % 3 === 0,
    `note of item ${n % 97}`,
  ];
}

function objectOf(record: readonly Cell[]): Record<string, Cell | undefined> {
  return Object.fromEntries(names.map((name, at) => [name, record[at]]));
}

async function sendFile(
  bench: Bench,
  as: Principal,
  table: string,
  body: string,
  type: string,
): Promise<void> {
  const reply = await fetch(
    `${bench.server.url}/api/apps/default/datatables/${table}/data/import/`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${await bench.token(as)}`, 'content-type': type },
      body,
    },
  );
  const text = await reply.text();
  if (!reply.ok) throw new Error(text);
}

async function readFile(bench: Bench, as: Principal, query: string): Promise<void> {
  const reply = await fetch(
    `${bench.server.url}/api/apps/default/datatables/items/export/?${query}`,
    { headers: { authorization: `Bearer ${await bench.token(as)}` } },
  );
  if (!reply.ok || (await reply.bytes()).length === 0) throw new Error('nothing exported');
}

async function copyIn(client: pg.PoolClient, table: string, csv: string): Promise<void> {
  const sink = client.query(
    copyFrom(`copy ${table} (${names.join(', ')}) from stdin (format csv, header)`),
  );
  await pipeline(Readable.from([Buffer.from(csv)]), sink);
}

async function copyOut(client: pg.PoolClient, select: string): Promise<void> {
  const source = client.query(copyTo(`copy ${select} to stdout (format csv, header)`));
  for await (const part of source) void part;
}

function line({ name, median, ratio, lowest, highest }: Outcome): string[] {
  return [name, figure(median), times(ratio), `${times(lowest)} … ${times(highest)}`];
}

function goal(text: string, outcome: Outcome | undefined, most: number) {
  const ratio = outcome?.ratio ?? Number.NaN;
  return { text: `${text}: ${times(ratio)}`, met: ratio <= most };
}
