import { expect } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Reply, TestApp } from './app.ts';

/** A reply of this dialect. */
export interface PgrestBody {
  readonly status: string;
  readonly message: unknown;
  readonly result: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The requests that tests of this dialect send all the time, each failing the test when it is refused. */
export interface Pgrest {
  readonly send: (method: string, path: string, body?: unknown) => Promise<Reply>;
  /** Answers with the envelope of a call that must work. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<PgrestBody>;
  /** Makes a table; answers with its number. */
  readonly table: (definition: object) => Promise<number>;
  readonly rows: (path: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** The code of a call that must be refused with the status. */
  readonly refused: (
    status: number,
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ readonly code: unknown; readonly message: string }>;
}

/** Requests of one principal; paths stand under /v3/pgrest. A string as body is sent as it is. */
export function pgrest(app: TestApp, as: Principal): Pgrest {
  const send: Pgrest['send'] = (method, path, body) =>
    app.request(method, `/v3/pgrest${path}`, {
      as,
      ...(typeof body === 'string' ? { raw: body } : body === undefined ? {} : { body }),
    });
  const call: Pgrest['call'] = async (method, path, body) => {
    const reply = await send(method, path, body);
    expect(reply.status, `${method} ${path}: ${reply.text.slice(0, 1000)}`).toBe(200);
    const sent = reply.body as PgrestBody;
    expect(Object.keys(sent)).toEqual(['status', 'message', 'version', 'result', 'metadata']);
    expect(sent.status).toBe('success');
    return sent;
  };
  return {
    send,
    call,
    table: async (definition) => {
      const { result } = await call('POST', '/manage/tables', definition);
      return (result as { table_id: number }).table_id;
    },
    rows: async (path) => (await call('GET', path)).result as Record<string, unknown>[],
    refused: async (status, method, path, body) => {
      const reply = await send(method, path, body);
      expect(reply.status, `${method} ${path}: ${reply.text.slice(0, 1000)}`).toBe(status);
      const { status: word, result, metadata, message } = reply.body as PgrestBody;
      expect([word, result]).toEqual(['error', null]);
      expect(reply.text).not.toMatch(/select |insert |t_x[0-9a-f]{6}_/i);
      return { code: metadata['code'], message: String(message) };
    },
  };
}
