import { describe, expect, it } from 'vitest';
import { principal, tokenFor } from '../../support/principal.ts';
import { rowsAt, stage } from './stage.ts';
import { drafts } from './tables.ts';

const here = stage(
  drafts.filter(({ name }) => name === 'items'),
  { root: { access: 'root' } },
);

const base = '/api/apps/default/datatables/items/data';

describe('addresses', () => {
  it('are served with and without a slash at the end, never by redirect', async () => {
    const root = here.as('root');
    const made = await root.call('POST', rowsAt('items'), { title: 'x' }, 201);
    const { id } = made.data as { id: number };
    const token = await tokenFor(
      principal(here.tenant, 'root', { access: 'root' }),
      here.app.secret,
    );
    const headers = { authorization: `Bearer ${token}` };
    const site = `/sites/${here.tenant}${base}`;
    for (const path of [
      base,
      `${base}/`,
      `${base}/${id}`,
      `${base}/${id}/`,
      `${base}/?page=1`,
      site,
    ]) {
      const reply = await fetch(here.app.url + path, { headers, redirect: 'manual' });
      expect(reply.status, path).toBe(200);
    }
    expect((await root.send('GET', rowsAt('items', '%FF/'))).status).toBe(400);
  });

  it('may have 64 KiB, and not a byte more', async () => {
    const root = here.as('root');
    const path = (length: number) => {
      const head = rowsAt('items', '?title__in=');
      return head + 'a'.repeat(length - head.length - '/api/apps'.length);
    };
    expect((await root.call('GET', path(64 * 1024))).total).toBe(0);
    await root.refused(414, 'URI_TOO_LONG', 'GET', path(64 * 1024 + 1));
  });

  it('unknown ones and wrong verbs speak this dialect', async () => {
    const root = here.as('root');
    await root.refused(404, 'NOT_FOUND', 'GET', '/default/nonsense/');
    await root.refused(405, 'METHOD_NOT_ALLOWED', 'DELETE', '/');
  });
});

describe('bodies', () => {
  it('that are no JSON are 400, of another type 415, too large 413', async () => {
    const root = here.as('root');
    await root.refused(400, 'BAD_REQUEST', 'POST', rowsAt('items'), '{"title":');
    const other = await root.send('POST', rowsAt('items'), 'title=x', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([other.status, (other.body as { code: string }).code]).toEqual([
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ]);
    const large = JSON.stringify({ title: 'x'.repeat(10 * 1024 * 1024) });
    await root.refused(413, 'PAYLOAD_TOO_LARGE', 'POST', rowsAt('items'), large);
  });

  it('may be missing where the content type is told all the same', async () => {
    const headers = { 'content-type': 'application/json' };
    const reply = await here.as('root').send('GET', rowsAt('items'), undefined, { headers });
    expect(reply.status).toBe(200);
    const gone = await here
      .as('root')
      .send('DELETE', rowsAt('items', '99/'), undefined, { headers });
    expect(gone.status).toBe(404);
  });
});

describe('pages of other origins', () => {
  const origin = 'https://app.example.com';

  it('may send what the dialect knows, with credentials', async () => {
    const reply = await here.app.request('OPTIONS', `${base}/`, {
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'x-api-key',
      },
    });
    expect(reply.status).toBe(200);
    const header = (name: string) => reply.headers.get(`access-control-${name}`);
    expect(header('allow-origin')).toBe(origin);
    expect(header('allow-credentials')).toBe('true');
    expect(header('allow-headers')).toBe(
      'Authorization, Content-Type, X-Session-Token, X-Tenant, X-App-Slug, X-Taruvi-Client, X-Execution-ID, X-Function-ID, x-api-key',
    );
    expect(header('allow-methods')?.split(', ')).toEqual(
      expect.arrayContaining(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    );
  });

  it('may read the headers that replies and refusals carry', async () => {
    for (const path of [`${base}/`, '/api/apps/nothing/']) {
      const reply = await here.app.request('GET', path, { headers: { origin } });
      expect(reply.headers.get('access-control-allow-origin')).toBe(origin);
      expect(reply.headers.get('vary')).toBe('origin');
      expect(reply.headers.get('access-control-expose-headers')).toBe(
        'Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Total-Count, X-Request-Id',
      );
    }
  });
});

describe('credentials', () => {
  it.each(['x-session-token', 'x-api-key'])('%s carries a token', async (name) => {
    const token = await tokenFor(
      principal(here.tenant, 'root', { access: 'root' }),
      here.app.secret,
    );
    const reply = await here.app.request('GET', base, { headers: { [name]: token } });
    expect(reply.status).toBe(200);
    const another = await tokenFor(principal(here.tenant, 'eve'), here.app.secret);
    const both = await here.app.request('GET', base, {
      headers: { [name]: token, authorization: `Api-Key ${another}` },
    });
    expect(both.status).toBe(401);
  });
});
