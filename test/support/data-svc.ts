import { expect } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Reply, TestApp } from './app.ts';

/** An object as the dialect shows it. */
export interface DataObject {
  readonly id: string;
  readonly table: string;
  readonly authors: readonly string[];
  readonly readers: readonly string[];
  readonly writers: readonly string[];
  readonly deleters: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Page {
  readonly objects: readonly DataObject[];
  readonly count?: number;
  readonly afterJson?: string;
}

/** Requests that tests of this dialect send all the time, each failing the test when it is refused. */
export interface DataSvc {
  readonly send: (method: string, path: string, body?: unknown) => Promise<Reply>;
  readonly create: (object: object) => Promise<DataObject>;
  readonly upsert: (id: string, object: object) => Promise<DataObject>;
  readonly query: (table: string, query?: object, rest?: object) => Promise<Page>;
  readonly ids: (table: string, filters?: readonly object[]) => Promise<readonly string[]>;
  readonly update: (table: string, filters: readonly object[], object: object) => Promise<number>;
  readonly remove: (table: string, filters: readonly object[]) => Promise<number>;
}

/** A filter with its values as the wire carries them. */
export function where(field: string, op: string, ...values: readonly unknown[]) {
  return { fields: [field], op, valuesJson: JSON.stringify(values) };
}

/** Requests of one principal. */
export function dataSvc(app: TestApp, as: Principal): DataSvc {
  const send = (method: string, path: string, body?: unknown): Promise<Reply> =>
    app.request(method, `/data-svc/${path}`, body === undefined ? { as } : { as, body });
  const done = async <T>(method: string, path: string, body: unknown): Promise<T> => {
    const reply = await send(method, path, body);
    expect(reply.status, `${method} ${path} ${JSON.stringify(body)}: ${reply.text}`).toBe(200);
    return reply.body as T;
  };
  const query = (table: string, asked?: object, rest: object = {}): Promise<Page> =>
    done('POST', 'objects', { table, ...(asked ? { query: asked } : {}), ...rest });
  return {
    send,
    query,
    create: async (object) =>
      (await done<{ object: DataObject }>('POST', 'object', { object })).object,
    upsert: async (id, object) =>
      (await done<{ object: DataObject }>('PUT', `object/${encodeURIComponent(id)}`, { object }))
        .object,
    ids: async (table, filters = []) =>
      (await query(table, { filters })).objects.map(({ id }) => id),
    update: async (table, filters, object) =>
      (await done<{ updated: number }>('POST', 'objects/update', { table, filters, object }))
        .updated,
    remove: async (table, filters) =>
      (await done<{ deleted: number }>('POST', 'objects/delete', { table, filters })).deleted,
  };
}
