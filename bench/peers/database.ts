import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Bench } from '../environment.ts';
import { aclOfRow, columnsOfRow, editorOf, numbersTo, readersOf } from '../seed.ts';

/** A database of the same Postgres with the same rows, for those who bring no policies of their own. */
export interface PeerDatabase {
  /** For who takes a role for each request: `peers_caller`, which the row policies bind. */
  readonly loginUrl: string;
  /** For who decides in the application: a role that no row policy binds. */
  readonly directUrl: string;
  readonly drop: () => Promise<void>;
}

/** The role of the tokens. */
export const callerRole = 'peers_caller';

/**
 * Tables `items` and `orders` of the schema `peers`, with the columns, rows and indexes of the tenant's, and row policies as one would
 * write them by hand: each row names its readers, and a caller sees the rows that name it.
 */
export async function createPeerDatabase(bench: Bench, rows: number): Promise<PeerDatabase> {
  const name = `rowhouse_peers_${randomBytes(3).toString('hex')}`;
  const password = randomBytes(18).toString('hex');
  const [login, direct] = [`${name}_login`, `${name}_direct`];
  const urlOf = (user: string): string => {
    const url = new URL(bench.urlAs(user, password));
    url.pathname = `/${name}`;
    return url.href;
  };
  const drop = async (): Promise<void> => {
    await bench.admin.query(`drop database if exists ${name} with (force)`);
    for (const role of [login, direct, callerRole]) {
      await bench.admin.query(`drop role if exists ${role}`);
    }
  };
  try {
    await bench.admin.query(`create database ${name} template template0`);
    await bench.admin.query(`create role ${callerRole} nologin`);
    await bench.admin.query(`create role ${login} login noinherit password '${password}'`);
    await bench.admin.query(`create role ${direct} login bypassrls password '${password}'`);
    await bench.admin.query(`grant ${callerRole} to ${login}`);
    const url = new URL(bench.admin.options.connectionString ?? '');
    url.pathname = `/${name}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      await client.query(definition(direct));
      await client.query(
        `insert into peers.items select ${columnsOfRow}, ${readersOf('acl')} || array[${editorOf('acl')}]
         from ${numbersTo(rows)}, lateral (select ${aclOfRow} as acl) as lists`,
      );
      await client.query('vacuum analyze peers.items');
    } finally {
      await client.end();
    }
    return { loginUrl: urlOf(login), directUrl: urlOf(direct), drop };
  } catch (error) {
    await drop().catch(() => undefined);
    throw error;
  }
}

/** PostgREST keeps the token's claims in one setting, PostGraphile's preset in one for each. */
function definition(direct: string): string {
  return `
    create schema peers;
    create function peers.caller() returns text language sql stable as $$
      select coalesce(nullif(current_setting('jwt.claims.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')
    $$;
    create table peers.items (
      id uuid primary key default gen_random_uuid(), name text not null, category text, price numeric check (price >= 0),
      stock integer, note text, created_at timestamptz(3) not null default now(), updated_at timestamptz(3) not null default now(),
      readers text[] not null default array[peers.caller()]);
    create index on peers.items (category);
    create table peers.orders (like peers.items including all);
    alter table peers.items enable row level security;
    alter table peers.orders enable row level security;
    create policy reading on peers.items for select using ((select peers.caller()) = any (readers));
    create policy reading on peers.orders for select using ((select peers.caller()) = any (readers));
    create policy adding on peers.orders for insert with check ((select peers.caller()) = any (readers));
    grant usage on schema peers to ${callerRole}, ${direct};
    grant select, insert on all tables in schema peers to ${callerRole}, ${direct}`;
}
