import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Principal } from '../../control-plane/model/principal.ts';
import { familyTime, processorTime } from '../cpu.ts';
import type { Bench } from '../environment.ts';
import { alternate, type Contender, median, type Outcome, timed } from '../measure.ts';
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

const list = names.join(', ');
const entry = 'relation, row_key, operation, changes, created_by, request_id, metadata';

/**
 * A file of mixed columns into a table under a policy, and out again, against COPY of the same text into the same table without. What
 * staging and history cost at the least is measured beside: the same rows staged and inserted by hand, and entries written that are ready.
 */
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
  const spent = watch(bench);
  const records = Array.from({ length: rows }, (_, n) => recordOf(n + 1));
  const csv = [names.join(','), ...records.map((record) => record.join(','))].join('\n');
  const ndjson = records.map((record) => JSON.stringify(objectOf(record))).join('\n');
  const client = await bench.admin.connect();
  const empty = (table: string) => client.query(`truncate ${schema}.${table}`);
  const contender = (name: string, tables: string, work: () => Promise<unknown>): Contender => ({
    name,
    round: async () => {
      for (const table of tables.split(' ').filter((each) => each !== '')) await empty(table);
      return spent.by(name, () => timed(work));
    },
  });
  const into = (name: string, table: string, text: string, type: string): Contender =>
    contender(name, table, () => sendFile(bench, admin, table.split(' ')[0] ?? '', text, type));
  try {
    await sendFile(bench, admin, 'audited', csv, 'text/csv');
    await client.query(
      `create table ${schema}.entries as select ${entry} from ${schema}._rowhouse_history`,
    );
    const writing = await alternate(
      [
        contender('COPY, no policy, no trigger', 'plain', () =>
          copyIn(client, `${schema}.plain`, csv),
        ),
        contender('COPY into a temporary table, INSERT … SELECT, neither', 'plain', () =>
          stageByHand(client, `${schema}.plain`, csv),
        ),
        into('import of CSV', 'items', csv, 'text/csv'),
        into('import of NDJSON', 'items', ndjson, 'application/x-ndjson'),
        into('import of CSV, with history', 'audited _rowhouse_history', csv, 'text/csv'),
        contender('INSERT of the ready entries of that history alone', '_rowhouse_history', () =>
          client.query(
            `insert into ${schema}._rowhouse_history (${entry}) select ${entry} from ${schema}.entries`,
          ),
        ),
      ],
      rounds,
    );
    await into('once more', 'items', csv, 'text/csv').round();
    const select = `(select ${list} from ${schema}.items order by id)`;
    const out = (name: string, format: string): Contender =>
      contender(name, '', () => readFile(bench, admin, `format=${format}`));
    const reading = await alternate(
      [
        contender('COPY TO, in the order of the key', '', () => copyOut(client, select)),
        out('export of CSV', 'csv'),
        out('export of JSON', 'json'),
        out('export of NDJSON', 'ndjson'),
      ],
      rounds,
    );
    const headers = ['way', 'milliseconds', 'ratio', 'lowest … highest', 'Postgres', 'server'];
    const line = ({ name, median, ratio, lowest, highest }: Outcome): string[] => [
      ...[name, figure(median), times(ratio), `${times(lowest)} … ${times(highest)}`],
      ...spent.of(name).map((milliseconds) => figure(milliseconds)),
    ];
    return {
      tables: [
        { title: `${figure(rows)} rows of a file into a table`, headers, rows: writing.map(line) },
        { title: `${figure(rows)} rows of a table into a file`, headers, rows: reading.map(line) },
      ],
      goals: [
        goal('an import takes at most 1.3 times as long as COPY', writing[2], 1.3),
        goal('with history at most 1.9 times', writing[4], 1.9),
      ],
      notes: ['Postgres, server: medians of the processor time of a round, in milliseconds.'],
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
  const sink = client.query(copyFrom(`copy ${table} (${list}) from stdin (format csv, header)`));
  await pipeline(Readable.from([Buffer.from(csv)]), sink);
}

async function stageByHand(client: pg.PoolClient, table: string, csv: string): Promise<void> {
  const staged = 'pg_temp.staged';
  await client.query('begin');
  await client.query(
    `create temporary table staged on commit drop as select ${list} from ${table} limit 0`,
  );
  await copyIn(client, staged, csv);
  await client.query(`insert into ${table} (${list}) select ${list} from ${staged}`);
  await client.query('commit');
}

async function copyOut(client: pg.PoolClient, select: string): Promise<void> {
  const source = client.query(copyTo(`copy ${select} to stdout (format csv, header)`));
  for await (const part of source) void part;
}

/** Keeps the processor time that rounds take of Postgres and of the server. */
function watch({ postmaster, server }: Bench) {
  const kept = new Map<string, readonly number[][]>();
  const now = (): readonly number[] => [
    postmaster === undefined ? Number.NaN : (familyTime(postmaster) ?? Number.NaN),
    processorTime(server.pid) ?? Number.NaN,
  ];
  return {
    by: async (name: string, round: () => Promise<number>): Promise<number> => {
      const before = now();
      const figure = await round();
      const took = now().map((after, at) => after - (before[at] ?? Number.NaN));
      kept.set(name, [...(kept.get(name) ?? []), took]);
      return figure;
    },
    /** Medians of all rounds but the first, which doesn't count. */
    of: (name: string): readonly number[] =>
      [0, 1].map((at) =>
        median((kept.get(name) ?? []).slice(1).map((took) => took[at] ?? Number.NaN)),
      ),
  };
}

function goal(text: string, outcome: Outcome | undefined, most: number) {
  const ratio = outcome?.ratio ?? Number.NaN;
  return { text: `${text}: ${times(ratio)}`, met: ratio <= most };
}
