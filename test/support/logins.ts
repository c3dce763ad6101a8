import pg from 'pg';
import type { Principal } from '../../control-plane/model/principal.ts';
import { asOwner } from '../../control-plane/service/owner.ts';
import { createTenants } from '../../control-plane/service/tenants.ts';
import type { TestDatabase } from './database.ts';

const password = 'of-a-test-login';

/** Makes a login role bound to a principal, as `rowhouse login create` does; answers with its connection string. */
export async function createLogin(
  database: TestDatabase,
  name: string,
  person: Principal,
): Promise<string> {
  const user = database.slug(name);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const tenants = createTenants(
      (work) =>
        asOwner(
          {
            borrow: (use) =>
              use(client as pg.PoolClient, { discard: () => undefined, allow: () => undefined }),
          },
          work,
        ),
      () => undefined,
    );
    const { tenant = '' } = person;
    await tenants.createLogin({ tenant, user, password, principal: person });
  } finally {
    await client.end();
  }
  return database.urlAs(user, password);
}

/** Open connections of several login roles, by label. */
export interface Logins {
  client(label: string): pg.Client;
}

/** Makes the login roles and connects as each; the connections end with the file. */
export async function createLogins(
  database: TestDatabase,
  people: readonly (readonly [label: string, person: Principal])[],
): Promise<Logins> {
  const clients = new Map<string, pg.Client>();
  database.onClose(async () => {
    for (const client of clients.values()) await client.end();
  });
  for (const [at, [label, person]] of people.entries()) {
    const connectionString = await createLogin(database, `login_${at}`, person);
    const client = new pg.Client({ connectionString });
    await client.connect();
    clients.set(label, client);
  }
  return {
    client: (label) => {
      const client = clients.get(label);
      if (client === undefined) throw new Error(`no login for ${label}`);
      return client;
    },
  };
}
