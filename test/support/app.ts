import { pino } from 'pino';
import { createApp } from '../../control-plane/app.ts';
import { type Config, loadConfig } from '../../control-plane/config.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { TestDatabase } from './database.ts';
import { principal, tokenFor } from './principal.ts';

/** A reply with its body parsed, where it is JSON. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

export interface RequestOptions {
  /** Whose token is sent; `token` sends this very text instead. */
  readonly as?: Principal;
  readonly token?: string;
  /** Sent as JSON; a string in `raw` is sent as it is. */
  readonly body?: unknown;
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The real application on a port of its own. */
export interface TestApp {
  readonly url: string;
  readonly secret: string;
  /** What the log says of faults of the server, in order. */
  readonly faults: readonly string[];
  request(method: string, path: string, options?: RequestOptions): Promise<Reply>;
  /** Makes a tenant through the operator API; answers with its slug, which carries the file's prefix unless `exact`. */
  createTenant(name: string, options?: { exact?: boolean }): Promise<string>;
  close(): Promise<void>;
}

/** Starts the application over the file's database and stops it when the file ends. */
export async function startApp(
  database: TestDatabase,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestApp> {
  const app = await startAppOn(database.url, database.secret, settings, database.slug);
  database.onClose(() => app.close());
  return app;
}

/** Starts the application over any database; the caller closes it. */
export async function startAppOn(
  databaseUrl: string,
  secret: string,
  settings: Readonly<Record<string, string>> = {},
  slug: (name: string) => string = (name) => name,
): Promise<TestApp> {
  const config: Config = loadConfig({
    env: {
      DATABASE_URL: databaseUrl,
      ROWHOUSE_JWT_SECRET: secret,
      PORT: '0',
      HOST: '127.0.0.1',
      ROWHOUSE_POOL: '8',
      ...settings,
    },
    cwd: '/nonexistent',
  });
  const faults: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void faults.push(line) });
  const app = createApp(config, { log });
  const { port } = await app.listen();
  const url = `http://127.0.0.1:${port}`;

  const request: TestApp['request'] = async (method, path, options = {}) => {
    const headers: Record<string, string> = { ...options.headers };
    const token = options.token ?? (options.as && (await tokenFor(options.as, secret)));
    if (token !== undefined) headers['authorization'] ??= `Bearer ${token}`;
    const body =
      options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    if (body !== undefined) headers['content-type'] ??= 'application/json';
    const reply = await fetch(url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const text = await reply.text();
    // Never right, whatever the test is about; the log says what happened.
    if (reply.status === 500) throw new Error(`${method} ${path}: ${text}\n${faults.at(-1)}`);
    return { status: reply.status, headers: reply.headers, text, body: parsed(text) };
  };

  return {
    url,
    secret,
    faults,
    request,
    createTenant: async (name, options = {}) => {
      const tenant = options.exact === true ? name : slug(name);
      const { tenant: _, ...operator } = principal('', 'operator', { operator: true });
      const reply = await request('POST', '/admin/tenants', { as: operator, body: { tenant } });
      if (reply.status !== 201) throw new Error(`tenant ${tenant}: ${reply.status} ${reply.text}`);
      return tenant;
    },
    close: () => app.close(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
