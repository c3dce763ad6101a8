import { expect } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Reply, TestApp } from './app.ts';

/** A record as the Monk dialect shows it. */
export type MonkRecord = Readonly<Record<string, unknown>> & { readonly id: string };

/** The requests that tests of this dialect send all the time, each failing the test when it is refused. */
export interface Monk {
  readonly define: (name: string, body: object) => Promise<Record<string, unknown>>;
  readonly create: (table: string, rows: readonly object[]) => Promise<readonly MonkRecord[]>;
  readonly find: (table: string, body: object) => Promise<readonly MonkRecord[]>;
  readonly ids: (table: string, where: object) => Promise<readonly string[]>;
  readonly send: (method: string, path: string, body?: unknown) => Promise<Reply>;
  /** Sends a body as it is written. */
  readonly raw: (method: string, path: string, body: string) => Promise<Reply>;
}

/** Requests of one principal. */
export function monk(app: TestApp, as: Principal): Monk {
  const send = (method: string, path: string, body?: unknown): Promise<Reply> =>
    app.request(method, path, body === undefined ? { as } : { as, body });
  const data = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const reply = await send(method, path, body);
    expect(reply.status, `${method} ${path}: ${reply.text.slice(0, 1000)}`).toBe(200);
    return (reply.body as { data: unknown }).data;
  };
  const find = async (table: string, body: object): Promise<readonly MonkRecord[]> =>
    (await data('POST', `/api/find/${table}`, body)) as MonkRecord[];
  return {
    send,
    raw: (method, path, body) => app.request(method, path, { as, raw: body }),
    find,
    define: async (name, body) =>
      (await data('POST', `/api/describe/${name}`, body)) as Record<string, unknown>,
    create: async (table, rows) => (await data('POST', `/api/data/${table}`, rows)) as MonkRecord[],
    ids: async (table, where) => (await find(table, { where })).map((row) => row.id).sort(),
  };
}

/** The `access_*` keys of a record from access lists. */
export function accessKeys(lists: {
  readonly [list: string]: readonly string[] | undefined;
}): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(lists).flatMap(([list, members]) =>
      members === undefined ? [] : [[`access_${list}`, members]],
    ),
  );
}
