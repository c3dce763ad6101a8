/** Accounts, tenants and readiness over a real database, without the edge: every command and every refusal. */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AccountCommand, AccountResult } from '../../control-plane/model/account.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import { openPool } from '../../control-plane/pg/pool.ts';
import { createAccounts } from '../../control-plane/service/accounts.ts';
import { createAdmin, type TenantAdmin } from '../../control-plane/service/admin.ts';
import { type AsOwner, asOwner } from '../../control-plane/service/owner.ts';
import { createReadiness } from '../../control-plane/service/readiness.ts';
import { createTenants } from '../../control-plane/service/tenants.ts';
import { createTokens, type Tokens } from '../../control-plane/service/tokens.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let owner: AsOwner;
let tokens: Tokens;
let admin: TenantAdmin;
let perform: (command: AccountCommand, as?: Principal) => Promise<AccountResult>;
let closed: typeof perform;
let acme: string;
let questions = 0;

beforeAll(async () => {
  database = await createDatabase();
  const ddl = openPool({ connectionString: database.url, max: 4, statementTimeout: 15_000 });
  database.onClose(() => ddl.end());
  owner = (work) => {
    questions++;
    return asOwner(ddl, work);
  };
  tokens = createTokens({ jwtSecret: database.secret, claims: {} });
  const { createTenant, dropTenant } = createTenants(owner, () => undefined);
  admin = createAdmin({ asOwner: owner, createTenant, dropTenant });
  const accounts = (openRegistration: boolean): typeof perform => {
    const parts = { config: { openRegistration }, tokens, asOwner: owner, createTenant };
    const run = createAccounts(parts);
    return (command, as) =>
      run(command, {
        ...(as?.tenant === undefined ? {} : { principal: as }),
        identify: async () => as,
      });
  };
  perform = accounts(true);
  closed = accounts(false);
  acme = database.slug('acme');
});

const register = (tenant: string, more: object = {}): AccountCommand => ({
  kind: 'register',
  tenant,
  username: 'root',
  password: 'secret',
  template: 'empty',
  ...more,
});
const login = (tenant: string, username: string, password: string): AccountCommand => ({
  kind: 'login',
  tenant,
  username,
  password,
});

async function session(command: AccountCommand, as?: Principal) {
  const result = await perform(command, as);
  if (result.kind !== 'session') throw new Error(result.kind);
  return {
    ...result,
    principal: await tokens.verify(result.token),
    claims: decodeJwt(result.token),
  };
}

async function account(command: AccountCommand, as: Principal) {
  const result = await perform(command, as);
  if (result.kind !== 'account') throw new Error(result.kind);
  return result.account;
}

const root = async () => (await session(login(acme, 'root', 'secret'))).principal;

describe('register', () => {
  it('makes the tenant and its root account, without sudo', async () => {
    const made = await session(register(acme, { email: 'a@b.c', description: 'A company' }));
    expect(made).toMatchObject({
      expiresIn: 86_400,
      account: { username: 'root', access: 'root' },
    });
    expect(made.principal).toMatchObject({ tenant: acme, access: 'root', sudo: false });
    expect(made.principal.sub).toBe(made.account.id);
    expect(JSON.stringify(made)).not.toMatch(/scrypt|"secret"/);
    expect(await admin.read(acme)).toMatchObject({ slug: acme, status: 'active' });
  });

  it('refuses a taken name, an unknown template, a bad name, and anything while closed', async () => {
    await expect(perform(register(acme))).rejects.toMatchObject({ kind: 'tenant_exists' });
    const fresh = database.slug('fresh');
    await expect(perform(register(fresh, { template: 'no' }))).rejects.toMatchObject({
      kind: 'row_not_found',
      detail: { reason: 'template' },
    });
    await expect(perform(register('No Slug'))).rejects.toMatchObject({ kind: 'invalid_name' });
    await expect(closed(register(fresh))).rejects.toMatchObject({
      kind: 'forbidden',
      detail: { reason: 'registration_closed' },
    });
    await expect(admin.read(fresh)).rejects.toMatchObject({ kind: 'tenant_not_found' });
  });

  it('of one name at once makes one', async () => {
    const name = database.slug('race');
    const results = await Promise.allSettled([1, 2, 3].map(() => perform(register(name))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ kind: 'tenant_exists' });
    }
  });
});

describe('login', () => {
  it('of level root carries sudo, for a day', async () => {
    const { principal, claims } = await session(login(acme, 'root', 'secret'));
    expect(principal).toMatchObject({ tenant: acme, access: 'root', sudo: true });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(86_400);
  });

  it('refuses whatever is wrong alike, by the same work', async () => {
    const unnamed: AccountCommand = {
      kind: 'account_create',
      values: { auth: 'without', access: 'read' },
    };
    const { id } = await account(unnamed, await root());
    const done = await worked(() => session(login(acme, 'root', 'secret')));
    for (const [tenant, username, password] of [
      [acme, 'root', 'wrong'],
      [acme, 'root', ''],
      [acme, 'nobody', 'secret'],
      [acme, 'without', 'secret'],
      [database.slug('none'), 'root', 'secret'],
      ["'; drop table control.accounts --", 'x', ''],
    ] as const) {
      const work = await worked(() =>
        expect(perform(login(tenant, username, password))).rejects.toMatchObject({
          kind: 'login_refused',
          detail: {},
        }),
      );
      expect(work, `${tenant} ${username}`).toEqual(done);
    }
    await account({ kind: 'account_delete', id }, await root());
    expect(done).toEqual({ hashes: [[2 ** 15, 8, 3]], questions: 1 });
  });
});

/** What a login costs, counted: hashes by their parameters, and transactions. Time tells of the machine. */
async function worked(work: () => Promise<unknown>) {
  const hashes: (number | undefined)[][] = [];
  const { scrypt } = crypto;
  const counting = (...all: Parameters<typeof scrypt>): void => {
    const [password, salt, length, options, done] = all;
    hashes.push([options.N, options.r, options.p]);
    scrypt(password, salt, length, options, done);
  };
  crypto.scrypt = counting as unknown as typeof scrypt;
  syncBuiltinESMExports();
  questions = 0;
  try {
    await work();
  } finally {
    crypto.scrypt = scrypt;
    syncBuiltinESMExports();
  }
  return { hashes, questions };
}

describe('refresh', () => {
  it('reads the account anew', async () => {
    const made = await account(
      {
        kind: 'account_create',
        values: { auth: 'ref', name: 'Ref', password: 'p', access: 'full' },
      },
      await root(),
    );
    const first = await session(login(acme, 'ref', 'p'));
    expect(first.principal).toMatchObject({ access: 'full', sudo: false });
    await account(
      { kind: 'account_change', id: made.id, values: { access: 'read', roles: ['r'] } },
      await root(),
    );
    const second = await session({ kind: 'refresh', token: first.token });
    expect(second.principal).toMatchObject({ access: 'read', roles: ['r'] });
    await account({ kind: 'account_delete', id: made.id }, await root());
    await expect(perform({ kind: 'refresh', token: first.token })).rejects.toMatchObject({
      kind: 'token_invalid',
    });
  });

  it('makes no lasting sudo of a short one, and nothing of a stranger', async () => {
    const { token } = await session(login(acme, 'root', 'secret'));
    expect((await session({ kind: 'refresh', token })).principal.sudo).toBe(true);
    const short = await session({ kind: 'sudo' }, await root());
    const refreshed = await session({ kind: 'refresh', token: short.token });
    expect(refreshed.principal.sudo).toBe(false);
    const foreign = await tokens.sign({ ...(await root()), sub: 'elsewhere' }, 60);
    for (const bad of [foreign, 'junk']) {
      await expect(perform({ kind: 'refresh', token: bad })).rejects.toMatchObject({
        kind: 'token_invalid',
      });
    }
  });
});

describe('who and sudo', () => {
  const stranger = (access: Principal['access']): Principal => ({
    sub: 'idp|7',
    tenant: acme,
    roles: ['r'],
    orgs: ['o'],
    access,
    sudo: false,
    operator: false,
  });

  it('whoami answers from the account, else from the claims, with the lower level', async () => {
    const me = await root();
    const own = await perform({ kind: 'whoami' }, { ...me, access: 'edit' });
    expect(own).toMatchObject({
      kind: 'identity',
      values: { id: me.sub, username: 'root', access: 'edit', tenant: acme, sudo: true },
    });
    const other = await perform({ kind: 'whoami' }, stranger('read'));
    expect(other).toMatchObject({
      values: {
        id: 'idp|7',
        name: 'idp|7',
        access: 'read',
        roles: ['r'],
        orgs: ['o'],
        sudo: false,
      },
    });
  });

  it('sudo is for levels full and root, for a quarter of an hour', async () => {
    for (const access of ['deny', 'read', 'edit'] as const) {
      await expect(perform({ kind: 'sudo' }, stranger(access))).rejects.toMatchObject({
        kind: 'forbidden',
      });
    }
    const { principal, claims, expiresIn } = await session({ kind: 'sudo' }, stranger('full'));
    expect(principal).toMatchObject({ ...stranger('full'), sudo: true });
    expect(expiresIn).toBe(900);
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900);
  });
});

describe('accounts', () => {
  it('are managed with a sudo token of level root only', async () => {
    const me = await root();
    for (const as of [
      { ...me, sudo: false },
      { ...me, access: 'full' },
      { ...me, sub: 'x', access: 'edit' },
    ] as Principal[]) {
      await expect(perform({ kind: 'account_list' }, as)).rejects.toMatchObject({
        kind: 'sudo_required',
      });
    }
  });

  it('are made, read, changed and removed, each within its tenant', async () => {
    const me = await root();
    const values = {
      auth: "o'neil",
      name: 'Ö',
      access: 'read',
      roles: ['r'],
      orgs: ['o'],
    } as const;
    const made = await account({ kind: 'account_create', values }, me);
    expect(made).toMatchObject({ username: "o'neil", name: 'Ö', access: 'read', tenant: acme });
    await expect(perform(login(acme, "o'neil", ''))).rejects.toMatchObject({
      kind: 'login_refused',
    });
    await expect(
      perform({ kind: 'account_create', values: { auth: "o'neil" } }, me),
    ).rejects.toMatchObject({ kind: 'unique_violation', detail: { field: 'auth' } });
    const { id } = made;
    const changed = await account({ kind: 'account_change', id, values: { password: 'new' } }, me);
    expect(changed).toMatchObject({ username: "o'neil", roles: ['r'], access: 'read' });
    expect((await session(login(acme, "o'neil", 'new'))).principal.sub).toBe(id);
    const other = database.slug('else');
    const stranger = await session(register(other));
    const there = { ...stranger.principal, sudo: true };
    for (const kind of ['account_read', 'account_delete'] as const) {
      await expect(perform({ kind, id }, there)).rejects.toMatchObject({ kind: 'row_not_found' });
      await expect(perform({ kind, id: "no'id" }, me)).rejects.toMatchObject({
        kind: 'row_not_found',
      });
    }
    const list = await perform({ kind: 'account_list' }, me);
    expect(list).toMatchObject({ accounts: [{ username: "o'neil" }, { username: 'root' }] });
    expect(JSON.stringify(list)).not.toContain('scrypt');
    await account({ kind: 'account_delete', id }, me);
    await expect(perform(login(acme, "o'neil", 'new'))).rejects.toMatchObject({
      kind: 'login_refused',
    });
  });
});

describe('tenants', () => {
  const operator: Principal = {
    sub: 'op',
    roles: [],
    orgs: [],
    access: 'edit',
    sudo: false,
    operator: true,
  };

  it('are listed for operators, templates while registration is open', async () => {
    const tenants = await perform({ kind: 'tenants' }, operator);
    expect(tenants).toMatchObject({ kind: 'names' });
    expect(JSON.stringify(tenants)).toContain(acme);
    for (const as of [undefined, await root()]) {
      await expect(perform({ kind: 'tenants' }, as)).rejects.toMatchObject({
        kind: 'operator_required',
      });
    }
    const templates = await perform({ kind: 'templates' });
    expect(JSON.stringify(templates)).toContain('"empty"');
    await expect(closed({ kind: 'templates' })).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('are made, listed and dropped by the operator', async () => {
    const slug = database.slug('op');
    const made = await admin.create(slug, undefined, 'op');
    expect(made).toMatchObject({ slug, name: slug, status: 'active' });
    expect(made.createdAt).toMatch(/Z$/);
    await expect(admin.create(slug, 'x', 'op')).rejects.toMatchObject({ kind: 'tenant_exists' });
    expect((await admin.list()).map((tenant) => tenant.slug)).toContain(slug);
    await admin.drop(slug, 'op');
    await expect(admin.drop(slug, 'op')).rejects.toMatchObject({ kind: 'tenant_not_found' });
    expect((await admin.list()).map((tenant) => tenant.slug)).not.toContain(slug);
  });

  it('an inactive one lets nobody in', async () => {
    const slug = database.slug('idle');
    const { token } = await session(register(slug));
    await database.admin.query(`update control.tenants set status = 'inactive' where slug = $1`, [
      slug,
    ]);
    await expect(perform(login(slug, 'root', 'secret'))).rejects.toMatchObject({
      kind: 'login_refused',
    });
    await expect(perform({ kind: 'refresh', token })).rejects.toMatchObject({
      kind: 'token_invalid',
    });
  });
});

describe('readiness', () => {
  it('needs every module and migration of this version', async () => {
    const ready = createReadiness(owner);
    expect(await ready()).toEqual({ ready: true });
    await database.admin.query(
      `update control.modules set sha256 = 'x' where name like '%errors%'`,
    );
    expect(await ready()).toMatchObject({ ready: false });
  });
});
