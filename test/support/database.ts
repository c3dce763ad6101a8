import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';

/** A database of one test file, made from the template. */
export interface TestDatabase {
  readonly name: string;
  /** Superuser connection string: what DATABASE_URL would be. */
  readonly url: string;
  readonly secret: string;
  /** Superuser pool, to look behind every policy. */
  readonly admin: pg.Pool;
  /** A tenant slug or login role of this file: roles are cluster-wide, so names carry the file's prefix. */
  slug(name: string): string;
  /** Connection string of another role. */
  urlAs(user: string, password: string): string;
  /** Runs at the end of the file, before the database goes. Last added, first run. */
  onClose(close: () => Promise<void>): void;
}

/**
 * Makes the file's own database and drops it, with the roles of its prefix, when the file ends. Call inside `beforeAll` or at the
 * top level of a file.
 */
export async function createDatabase(): Promise<TestDatabase> {
  const { adminUrl, template, secret } = inject('cluster');
  const prefix = `x${randomBytes(3).toString('hex')}_`;
  const name = `${prefix}test`;
  await asAdmin(adminUrl, (client) => client.query(`create database ${name} template ${template}`));
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const admin = new pg.Pool({ connectionString: url.href, max: 4 });
  admin.on('error', () => undefined);
  const closers: (() => Promise<void>)[] = [() => admin.end()];
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
    await asAdmin(adminUrl, (client) => dropAll(client, name, prefix));
  });
  return {
    name,
    url: url.href,
    secret,
    admin,
    slug: (text) => `${prefix}${text}`,
    urlAs: (user, password) => {
      const other = new URL(url);
      other.username = encodeURIComponent(user);
      other.password = encodeURIComponent(password);
      return other.href;
    },
    onClose: (close) => {
      closers.push(close);
    },
  };
}

async function dropAll(client: pg.Client, name: string, prefix: string): Promise<void> {
  await client.query(`drop database if exists ${name} with (force)`);
  const roles = await client.query<{ name: string }>(
    `select quote_ident(rolname) as name from pg_roles
     where starts_with(rolname, $1) or starts_with(rolname, 't_' || $1)`,
    [prefix],
  );
  for (const role of roles.rows) await client.query(`drop role if exists ${role.name}`);
}

async function asAdmin(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
