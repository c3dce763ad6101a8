import { expect } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Reply, RequestOptions, TestApp } from './app.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A reply of the data plane. */
export interface TaruviBody {
  readonly status: string;
  readonly message: string;
  readonly data: unknown;
  readonly total?: number;
  readonly pagination?: Readonly<Record<string, unknown>>;
  readonly deleted?: number;
  readonly aggregates?: unknown;
}

/** A refusal. */
export interface TaruviError {
  readonly status: string;
  readonly code: string;
  readonly message: string;
  readonly errors?: Readonly<Record<string, readonly string[]>>;
  readonly details?: Readonly<Record<string, readonly string[]>>;
}

/** The requests that tests of this dialect send all the time, each failing the test when it ends otherwise than said. */
export interface Taruvi {
  /** A string as body is sent as it is. */
  readonly send: (
    method: string,
    path: string,
    body?: unknown,
    options?: RequestOptions,
  ) => Promise<Reply>;
  /** The body of a call that must be answered with the status; 200 unless told. */
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    status?: number,
  ) => Promise<TaruviBody>;
  /** The rows of a list. */
  readonly rows: (path: string) => Promise<readonly Row[]>;
  /** The error of a call that must be refused with the status and code. */
  readonly refused: (
    status: number,
    code: string,
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<TaruviError>;
}

/** Requests of one principal, or of nobody with `named` as the tenant; paths stand under /api/apps. */
export function taruvi(app: TestApp, as: Principal | { readonly named: string }): Taruvi {
  const who: RequestOptions = 'named' in as ? { headers: { 'x-tenant': as.named } } : { as };
  const send: Taruvi['send'] = (method, path, body, options) =>
    app.request(method, `/api/apps${path}`, {
      ...who,
      ...(typeof body === 'string' ? { raw: body } : body === undefined ? {} : { body }),
      ...options,
    });
  const call: Taruvi['call'] = async (method, path, body, status = 200) => {
    const reply = await send(method, path, body);
    expect(reply.status, `${method} ${path}: ${reply.text.slice(0, 1000)}`).toBe(status);
    return reply.body as TaruviBody;
  };
  return {
    send,
    call,
    rows: async (path) => (await call('GET', path)).data as readonly Row[],
    refused: async (status, code, method, path, body) => {
      const reply = await send(method, path, body);
      expect(reply.status, `${method} ${path}: ${reply.text.slice(0, 1000)}`).toBe(status);
      const error = reply.body as TaruviError;
      expect(error.status).toBe('error');
      expect(error.code).toBe(code);
      expect(error.message).not.toBe('');
      return error;
    },
  };
}
