import { expect } from 'vitest';
import type { Principal } from '../../../control-plane/model/principal.ts';
import { type Reply, startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';

/** JSON as tests look into it. */
// biome-ignore lint/suspicious/noExplicitAny: replies are looked into by name, and a wrong guess fails the test
export type Data = any;

/** A tenant of its own and people of every kind, speaking to the real application. */
export interface House {
  readonly database: TestDatabase;
  readonly app: TestApp;
  readonly tenant: string;
  readonly ann: Person;
  readonly reader: Person;
  readonly manager: Person;
  readonly root: Person;
  readonly sudo: Person;
  readonly person: (sub: string, rest?: Partial<Principal>) => Person;
}

export interface Person {
  readonly as: Principal;
  /** The reply, whatever it is. */
  readonly send: (method: string, path: string, body?: unknown) => Promise<Reply>;
  /** The body of a success. */
  readonly body: (method: string, path: string, body?: unknown) => Promise<Data>;
  /** `data` of a success. */
  readonly data: (method: string, path: string, body?: unknown) => Promise<Data>;
  /** Expects a refusal with this status and code and answers with its body. */
  readonly refused: (
    status: number,
    code: string,
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<Data>;
}

export async function openHouse(settings: Readonly<Record<string, string>> = {}): Promise<House> {
  const database = await createDatabase();
  const app = await startApp(database, settings);
  const tenant = await app.createTenant('house');
  const person = (sub: string, rest: Partial<Principal> = {}): Person =>
    speaker(app, principal(tenant, sub, rest));
  return {
    database,
    app,
    tenant,
    person,
    ann: person('ann'),
    reader: person('rea', { access: 'read' }),
    manager: person('meg', { access: 'full' }),
    root: person('rob', { access: 'root' }),
    sudo: person('sue', { access: 'root', sudo: true }),
  };
}

export function speaker(app: TestApp, as: Principal): Person {
  const send: Person['send'] = (method, path, body) =>
    app.request(method, path, body === undefined ? { as } : { as, body });
  const body: Person['body'] = async (method, path, sent) => {
    const reply = await send(method, path, sent);
    expect(reply.status, `${method} ${path}: ${reply.text.slice(0, 800)}`).toBe(200);
    return reply.body;
  };
  return {
    as,
    send,
    body,
    data: async (method, path, sent) => (await body(method, path, sent)).data,
    refused: async (status, code, method, path, sent) => {
      const reply = await send(method, path, sent);
      const found = reply.body as Data;
      const got = `${reply.status} ${found?.error_code}`;
      expect(got, `${method} ${path}: ${reply.text.slice(0, 800)}`).toBe(`${status} ${code}`);
      expect(found).toMatchObject({
        success: false,
        error: expect.any(String),
        error_type: expect.any(String),
      });
      return found;
    },
  };
}

export const nobody = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';

export const codesOf = (refusal: Data): readonly string[] =>
  refusal.data.validation_errors.map((each: Data) => `${each.field} ${each.code}`).sort();
