import { beforeAll } from 'vitest';
import type { Principal } from '../../../control-plane/model/principal.ts';
import type { TableDraft } from '../../../control-plane/model/table.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createTenantWith } from '../../support/definer.ts';
import { createLogins, type Logins } from '../../support/logins.ts';
import { principal } from '../../support/principal.ts';
import { type Taruvi, taruvi } from '../../support/taruvi.ts';

/** A tenant with tables, callers by name, and the same people as logins. */
export interface Stage {
  readonly database: TestDatabase;
  readonly app: TestApp;
  readonly tenant: string;
  readonly logins: Logins;
  as(name: string): Taruvi;
}

type People = Readonly<Record<string, Partial<Omit<Principal, 'tenant' | 'sub'>>>>;

/** Makes the tenant before the tests of a file; what is in it can be used within tests only. */
export function stage(drafts: readonly TableDraft[], people: People): Stage {
  let made: Omit<Stage, 'as'>;
  const persons = (): readonly (readonly [string, Principal])[] =>
    Object.entries(people).map(([name, rest]) => [name, principal(made.tenant, name, rest)]);
  beforeAll(async () => {
    const database = await createDatabase();
    const app = await startApp(database);
    const tenant = database.slug('stage');
    await createTenantWith(database, tenant, drafts);
    made = { database, app, tenant, logins: { client: () => never() } };
    made = { ...made, logins: await createLogins(database, persons()) };
  }, 120_000);
  const of = <K extends keyof typeof made>(key: K): (typeof made)[K] => made[key];
  return {
    get database() {
      return of('database');
    },
    get app() {
      return of('app');
    },
    get tenant() {
      return of('tenant');
    },
    get logins() {
      return of('logins');
    },
    as: (name) => {
      const person = persons().find(([each]) => each === name)?.[1];
      return person === undefined ? never() : taruvi(made.app, person);
    },
  };
}

function never(): never {
  throw new Error('nobody of this name is on the stage');
}

/** Path of a table's rows in app `default`. */
export function rowsAt(table: string, rest = ''): string {
  return `/default/datatables/${table}/data/${rest}`;
}

export function edgesAt(table: string, rest = ''): string {
  return `/default/datatables/${table}/edges/${rest}`;
}

/** A row of a table of persons, without a parent. */
export function person(id: number, name: string) {
  return { id, name, parent_id: null };
}

/** A JSON value as a query parameter. */
export function encoded(value: unknown): string {
  return encodeURIComponent(JSON.stringify(value));
}
