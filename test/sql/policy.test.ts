import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTenantWith } from '../support/definer.ts';
import { createLogins, type Logins } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asGateway, attempt } from '../support/sql.ts';
import { column, draftOf, plainTable } from '../unit/compile/samples.ts';

let database: TestDatabase;
let tenant: string;
let posts: string;
let people: Readonly<Record<'root' | 'editor' | 'stranger', Principal>>;
let logins: Logins;

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('policy');
  posts = `"t_${tenant}".posts`;
  const bare = draftOf(plainTable('posts', [column('title')], { access: 'policy' }));
  await createTenantWith(database, tenant, [bare]);
  const other = database.slug('other');
  await createTenantWith(database, other, []);
  people = {
    root: principal(tenant, 'root', { access: 'root' }),
    editor: principal(tenant, 'editor', { access: 'full', roles: ['editor'] }),
    stranger: principal(other, 'root', { access: 'root' }),
  };
  logins = await createLogins(database, Object.entries(people));
  await database.admin.query(`insert into ${posts} (title) values ('first')`);
});

/** What comes of each verb: rows met, or the SQLSTATE. */
async function verbs(client: Parameters<typeof attempt>[0]) {
  const outcome = async (text: string) => {
    await client.query('savepoint verb');
    const result = await attempt(client, text);
    await client.query('rollback to savepoint verb');
    return result.ok ? result.count : result.code;
  };
  return {
    read: await outcome(`select from ${posts}`),
    create: await outcome(`insert into ${posts} (title) values ('second') returning title`),
    update: await outcome(`update ${posts} set title = 'x' returning title`),
    delete: await outcome(`delete from ${posts} returning title`),
  };
}

const everything = { read: 1, create: 1, update: 1, delete: 1 };
const nothing = { read: 0, create: '42501', update: 0, delete: 0 };

describe('a table of which no policy speaks', () => {
  it.each([
    ['root', everything],
    ['editor', nothing],
  ] as const)('is what it should be to %s, in requests and to logins', async (who, expected) => {
    expect(await asGateway(database, people[who], verbs)).toEqual(expected);
    const client = logins.client(who);
    await client.query('begin');
    expect(await verbs(client)).toEqual(expected);
    await client.query('rollback');
  });

  it('is open to every principal of the tenant, and nobody else, if the app is set so', async () => {
    const set = `update control.apps as a set settings = $1 from control.tenants as t
      where t.id = a.tenant_id and t.slug = $2 and a.slug = 'default'`;
    await database.admin.query(set, [{ default_policy: 'authenticated' }, tenant]);
    expect(await asGateway(database, people.editor, verbs)).toEqual(everything);
    const anonymous = principal(tenant, '', { access: 'deny', roles: ['anonymous'] });
    expect(await asGateway(database, anonymous, verbs)).toEqual(nothing);
    await database.admin.query(set, [{ default_policy: 'other' }, tenant]);
    expect(await asGateway(database, people.editor, verbs)).toEqual(nothing);
  });

  it('is nothing to an administrator of another tenant who was granted the role', async () => {
    await database.admin.query(`grant "t_${tenant}" to ${database.slug('login_2')}`);
    const client = logins.client('stranger');
    await client.query('begin');
    expect(await verbs(client)).toEqual(nothing);
    await client.query('rollback');
  });
});
