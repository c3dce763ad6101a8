import { beforeAll, describe, expect, it } from 'vitest';
import { type Data, type House, openHouse } from './house.ts';

let house: House;

beforeAll(async () => {
  house = await openHouse({ ROWHOUSE_OPEN_REGISTRATION: 'true' });
});

async function post(
  path: string,
  body: object,
  token?: string,
): Promise<{ status: number; body: Data }> {
  const reply = await house.app.request(
    'POST',
    path,
    token === undefined ? { body } : { body, token },
  );
  return { status: reply.status, body: reply.body };
}

async function get(path: string, token: string): Promise<Data> {
  return (await house.app.request('GET', path, { token })).body;
}

describe('an account', () => {
  it('registers, logs in, rises and manages others', async () => {
    const tenant = house.database.slug('fresh');
    const who = { tenant, username: 'root', password: 'correct horse' };
    const registered = await post('/auth/register', who);
    expect(registered).toMatchObject({
      status: 200,
      body: { data: { tenant, database: tenant, username: 'root', expires_in: 86_400 } },
    });
    expect(await get('/api/auth/whoami', registered.body.data.token)).toMatchObject({
      data: { access: 'root', is_sudo: false },
    });
    expect(await post('/auth/register', who)).toMatchObject({
      status: 409,
      body: { error_code: 'TENANT_EXISTS' },
    });

    const entered = await post('/auth/login', who);
    expect(entered.body.data.user).toMatchObject({ username: 'root', tenant, access: 'root' });
    const refused = await Promise.all(
      [{ password: 'wrong' }, { username: 'nobody' }, { tenant: house.database.slug('gone') }].map(
        (part) => post('/auth/login', { ...who, ...part }),
      ),
    );
    for (const { status, body } of refused) {
      expect(status).toBe(401);
      expect(body).toEqual(refused[0]?.body);
      expect(body.error_code).toBe('AUTH_FAILED');
    }

    const { token } = entered.body.data;
    const renewed = await post('/auth/refresh', { token });
    expect(renewed.body.data.token).toEqual(expect.any(String));
    const risen = await post('/api/auth/sudo', { reason: 'test' }, token);
    expect(risen.body.data).toMatchObject({
      expires_in: 900,
      token_type: 'Bearer',
      is_sudo: true,
      reason: 'test',
    });
    expect(risen.body.data.sudo_token).toBe(risen.body.data.root_token);

    const sudo = risen.body.data.token;
    const made = await post(
      '/api/sudo/users',
      { name: 'Bob', auth: 'bob', access: 'edit', password: 'battery staple' },
      sudo,
    );
    expect(made).toMatchObject({ status: 200, body: { data: { name: 'Bob', access: 'edit' } } });
    expect(JSON.stringify(made.body)).not.toMatch(/password|hash/);
    const bob = await post('/auth/login', { tenant, username: 'bob', password: 'battery staple' });
    expect(await post('/api/auth/sudo', {}, bob.body.data.token)).toMatchObject({
      status: 403,
      body: { error_code: 'SUDO_ACCESS_DENIED' },
    });
    expect(await post('/api/sudo/users', {}, bob.body.data.token)).toMatchObject({
      status: 403,
      body: { error_code: 'SUDO_TOKEN_REQUIRED' },
    });
    expect((await get('/api/sudo/users', sudo)).data.map((each: Data) => each.name)).toContain(
      'Bob',
    );
    const gone = await house.app.request('DELETE', `/api/sudo/users/${made.body.data.id}`, {
      token: sudo,
    });
    expect(gone.status).toBe(200);
    expect(
      await post('/auth/login', { tenant, username: 'bob', password: 'battery staple' }),
    ).toMatchObject({ status: 401 });
  });

  it('is refused with what is missing', async () => {
    expect((await post('/auth/login', {})).body.error_code).toBe('TENANT_MISSING');
    expect((await post('/auth/login', { tenant: 'x' })).body.error_code).toBe('USERNAME_MISSING');
    expect((await post('/auth/register', { tenant: 'x', username: 'y' })).body.error_code).toBe(
      'PASSWORD_MISSING',
    );
    expect((await post('/auth/refresh', {})).body.error_code).toBe('TOKEN_MISSING');
    const who = { tenant: house.database.slug('t'), username: 'y', password: 'zzzzzzzz' };
    expect((await post('/auth/register', { ...who, template: 'nope' })).body.error_code).toBe(
      'TEMPLATE_NOT_FOUND',
    );
    expect((await house.app.request('GET', '/auth/tenants')).status).toBe(403);
  });
});

describe('tenants', () => {
  it('do not see each other', async () => {
    const other = await house.app.createTenant('other');
    const reply = await house.app.request('GET', '/api/describe', {
      as: house.ann.as,
      headers: { 'x-tenant': other },
    });
    expect(reply).toMatchObject({ status: 403, body: { error_code: 'ACCESS_DENIED' } });
  });
});
