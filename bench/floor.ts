import { createSecretKey, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jwtVerify } from 'jose';
import pg from 'pg';
import { claimsOf, type Level, type Principal } from '../control-plane/model/principal.ts';
import { openPool } from '../control-plane/pg/pool.ts';
import { createSession, type Entry } from '../control-plane/pg/session.ts';
import { fill, type Template } from './template.ts';

/**
 * What Rowhouse is measured against: node:http and pg, nothing else. Four routes with their SQL written out (the planner's own text),
 * the token verified once and remembered, claims and role entered as the policy wants it, one transaction a request:
 * - `transaction`: begin; enter; statement; commit, each awaited, enter and statement prepared: how a pg program is usually written.
 * - `one-sync`: the same server on Rowhouse's own session layer: what is left of the difference is edge, dialect and planner.
 * No logging, no metrics, no limits, no parsing of parameters, no error mapping, no catalog.
 *
 * Run as `node bench/floor.ts SPEC`, SPEC being a JSON file with a {@link FloorSpec}. Prints its address.
 */
export interface FloorSpec {
  readonly connectionString: string;
  readonly secret: string;
  readonly mode: 'transaction' | 'one-sync';
  readonly pool: number;
  readonly version: number;
  readonly read: Written;
  readonly list: Written;
  /** A list with a condition in its query, the last parameter. */
  readonly filter: Written;
  readonly insert: Written;
  /** The planner names the columns of an input row c0, c1, …: those that were sent. */
  readonly inserted: readonly string[];
}

/** A statement written out, and what the session shows for it. */
type Written = Template & Pick<Entry, 'show' | 'intent'>;

interface Query {
  readonly name: string;
  readonly text: string;
  readonly values: readonly (string | null)[];
}

type Run = (entry: Entry, query: Query) => Promise<readonly (string | null)[]>;

const enter = {
  name: 'enter',
  text: 'select rowhouse.enter($1::text, $2::bigint, $3::text, $4::text, $5::text)',
};

function transactions({ connectionString, pool }: FloorSpec): Run {
  const clients = new pg.Pool({ connectionString, max: pool });
  return async ({ tenant, version, claims, show, intent }, query) => {
    const client = await clients.connect();
    try {
      await client.query('begin');
      await client.query({ ...enter, values: [tenant, version, claims, show, intent] });
      const { rows } = await client.query<(string | null)[]>({
        ...query,
        values: [...query.values],
        rowMode: 'array',
      });
      await client.query('commit');
      return rows[0] ?? [];
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  };
}

function oneSync({ connectionString, pool }: FloorSpec): Run {
  const lender = openPool({ connectionString, max: pool, statementTimeout: 60_000 });
  const session = createSession();
  return async (entry, { text, values }) =>
    (await session.run(lender, entry, [{ text, values }]))[0] ?? [];
}

function serve(spec: FloorSpec): void {
  const run = spec.mode === 'transaction' ? transactions(spec) : oneSync(spec);
  const key = createSecretKey(Buffer.from(spec.secret));
  const seen = new Map<string, Principal>();

  const principalOf = async (request: IncomingMessage): Promise<Principal> => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
    const known = seen.get(token);
    if (known !== undefined) return known;
    const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] });
    const principal: Principal = {
      sub: payload.sub ?? '',
      tenant: String(payload['tenant']),
      roles: (payload['roles'] as string[] | undefined) ?? [],
      orgs: (payload['orgs'] as string[] | undefined) ?? [],
      access: payload['access'] as Level,
      sudo: false,
      operator: false,
    };
    seen.set(token, principal);
    return principal;
  };

  const answer = async (request: IncomingMessage): Promise<string> => {
    const principal = await principalOf(request);
    const entry = {
      tenant: principal.tenant ?? '',
      version: spec.version,
      claims: JSON.stringify(claimsOf(principal, randomUUID())),
    };
    const ask = (name: 'read' | 'list' | 'filter' | 'insert', value: string) => {
      const { text, show, intent } = spec[name];
      return run({ ...entry, show, intent }, { name, text, values: fill(spec[name], value) });
    };
    if (request.method === 'POST') {
      const body = JSON.parse(await text(request)) as Record<string, unknown>;
      const [rows] = await ask('insert', JSON.stringify(inputRow(spec.inserted, body)));
      return one(rows);
    }
    const { url = '' } = request;
    if (url.includes('?')) {
      const [, where] = url.split('&where=');
      const [rows, count] =
        where === undefined ? await ask('list', '') : await ask('filter', categoryIn(where));
      return `{"success":true,"data":${rows},"count":${count}}`;
    }
    const [rows] = await ask('read', url.slice(url.lastIndexOf('/') + 1));
    return one(rows);
  };

  const server = createServer((request, response) => {
    answer(request).then(
      (body) => send(response, 200, body),
      (error: unknown) => send(response, 500, JSON.stringify({ error: String(error) })),
    );
  });
  server.listen(0, '127.0.0.1', () => {
    console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
}

/** A body as a row of the insert statement's input. */
export function inputRow(
  columns: readonly string[],
  body: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  columns.forEach((column, at) => {
    row[`c${at}`] = body[column];
  });
  return row;
}

/** The value of the one condition that is known here. */
function categoryIn(where: string): string {
  return (JSON.parse(decodeURIComponent(where)) as { readonly category: string }).category;
}

/** The only row of an array of rows, in the envelope. */
function one(rows: string | null = '[]'): string {
  return `{"success":true,"data":${rows?.slice(1, -1)}}`;
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

if (import.meta.main) {
  serve(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as FloorSpec);
}
