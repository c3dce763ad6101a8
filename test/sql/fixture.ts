import pg from 'pg';
import type { ColumnType } from '../../control-plane/base/types.ts';
import type { Column } from '../../control-plane/model/table.ts';
import type { Lease } from '../../control-plane/pg/pool.ts';
import { asOwner } from '../../control-plane/service/owner.ts';
import { createTenants } from '../../control-plane/service/tenants.ts';
import type { TestDatabase } from '../support/database.ts';
import { attempt, type Outcome } from '../support/sql.ts';

/** A column of the template: name, rules, type (text unless given). */
function column(
  name: string,
  rules: Partial<Column> = {},
  type: ColumnType = { base: 'text' },
): Partial<Column> & Pick<Column, 'name' | 'type'> {
  return { name, type, ...rules };
}

const relationship = (cascade: boolean) => ({
  type: 'owned' as const,
  cascade,
  required: !cascade,
});

function child(name: string, cascade: boolean): unknown {
  return {
    name,
    columns: [column('title'), column('doc', {}, { base: 'uuid' })],
    references: [
      {
        name: `${name}_doc_fkey`,
        columns: ['doc'],
        target: { app: 'default', name: 'docs' },
        targetColumns: ['id'],
        relationship: relationship(cascade),
      },
    ],
  };
}

const profile = { timestamps: true, softDelete: true, acl: true, history: false };

/** One table for every rule that a trigger or policy of ours guards. */
const definition = {
  tables: [
    {
      name: 'docs',
      features: { ...profile, history: true },
      columns: [
        column('title', { tracked: true, searchable: true, required: true, maximum: 20 }),
        column('code', { immutable: true, unique: true }),
        column('salary', { sudo: true, tracked: true }, { base: 'numeric' }),
        column('grade', { sudo: true, default: { kind: 'value', value: 'new' } }),
        column('kind', { enum: ['a', 'b'] }),
        column('email', { pattern: '^[^@]+@[^@]+$' }),
        column('seen', { tracked: true }, { base: 'timestamptz' }),
        column('count', { minimum: 1, maximum: 9 }, { base: 'bigint' }),
        column('tags', {}, { base: 'text', array: true }),
        column('flag', {}, { base: 'boolean' }),
        column('data', {}, { base: 'jsonb' }),
      ],
    },
    child('notes', true),
    child('tasks', false),
    { name: 'cold', freeze: true, columns: [column('title')] },
    { name: 'vault', sudo: true, columns: [column('title')] },
    {
      name: 'open',
      access: 'grants',
      features: { timestamps: true, softDelete: false, acl: false, history: false },
      columns: [column('title')],
    },
  ],
};

/** Makes a tenant with the fixture's tables, or those given; answers with its slug. */
export async function createTenant(
  database: TestDatabase,
  name: string,
  tables: readonly unknown[] = definition.tables,
): Promise<string> {
  const slug = database.slug(name);
  await database.admin.query(
    `insert into control.templates (name, description, definition) values ('fixture', '', $1)
     on conflict (name) do update set definition = excluded.definition`,
    [JSON.stringify({ tables })],
  );
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const borrow = <T>(use: (client: pg.PoolClient, lease: Lease) => Promise<T>): Promise<T> =>
      use(client as pg.PoolClient, { discard: () => undefined, allow: () => undefined });
    await asOwner({ borrow }, (connection) =>
      createTenants(
        () => Promise.reject(new Error('not used')),
        () => undefined,
      ).createTenant(connection, { slug, name, template: 'fixture', createdBy: 'test' }),
    );
  } finally {
    await client.end();
  }
  return slug;
}

/** What came of a statement inside a transaction that goes on as if it had not been tried. */
export async function tried(
  client: pg.Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<Outcome> {
  await client.query('savepoint tried');
  const outcome = await attempt(client, text, values);
  await client.query('rollback to savepoint tried');
  return outcome;
}

/** Its SQLSTATE, or `done`. */
export async function codeIn(
  client: pg.Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<string> {
  const outcome = await tried(client, text, values);
  return outcome.ok ? 'done' : outcome.code;
}

/** The first row of a query. */
export async function one(
  client: Pick<pg.Client, 'query'>,
  text: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>> {
  const { rows } = await client.query<Record<string, unknown>>(text, [...values]);
  const [row] = rows;
  if (row === undefined) throw new Error(`no row: ${text}`);
  return row;
}
