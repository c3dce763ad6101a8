/** The page of /docs in a browser: it shows the tenant's tables and speaks to nobody but the server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { findBrowser, openPage, type Page } from '../support/browser.ts';
import { createDatabase } from '../support/database.ts';
import { monk } from '../support/monk.ts';
import { principal, tokenFor } from '../support/principal.ts';

const browser = findBrowser();
let app: TestApp;
let ada: Principal;

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  ada = principal(await app.createTenant('acme'), 'ada', { access: 'root' });
  await monk(app, ada).define('lighthouses', {
    status: 'active',
    columns: [{ column_name: 'height', type: 'decimal' }],
  });
});

describe('what is served', () => {
  it('a page whose files are all here, may be kept, and run under a strict policy', async () => {
    const page = await app.request('GET', '/docs');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.text).not.toMatch(/https?:\/\/|<script>|style=/);
    const files = [...page.text.matchAll(/(?:src|href)="(docs\/[^"]+)"/g)].map(([, file]) => file);
    expect(files).toHaveLength(4);
    for (const file of files) {
      const reply = await app.request('GET', `/${file}`);
      expect(reply.status, file).toBe(200);
      expect(reply.headers.get('cache-control')).toContain('immutable');
      expect(reply.headers.get('content-type')).toMatch(/^text\/(javascript|css);/);
    }
    expect((await app.request('GET', '/docs/package.json')).status).toBe(404);
    expect((await app.request('GET', '/docs/..%2F..%2Fpackage.json')).status).toBe(404);
  });

  it('with a slash behind it, too', async () => {
    const reply = await fetch(`${app.url}/docs/`, { redirect: 'manual' });
    expect([reply.status, reply.headers.get('location')]).toEqual([308, '../docs']);
  });
});

// Without one nobody looks at the page: test/run.ts says so.
if (browser !== undefined) describe('in Chromium', () => inBrowser(browser));

function inBrowser(program: string): void {
  let page: Page;

  beforeAll(async () => {
    page = await openPage(program, `${app.url}/docs`);
  });
  afterAll(() => page.close());

  const shown = (text: string) => `document.body.innerText.includes(${JSON.stringify(text)})`;

  const click = (selector: string, text: string) =>
    `[...document.querySelectorAll('${selector}')].find((each) => each.innerText.includes('${text}')).click()`;

  it('shows the routes to anybody', async () => {
    await page.until(shown('Schemaless objects'));
    expect(await page.evaluate(shown('Lighthouses'))).toBe(false);
  });

  it('shows the tables of whoever gives a token, and their columns', async () => {
    const token = await tokenFor(ada, app.secret);
    await page.evaluate(`document.getElementById('token').value = ${JSON.stringify(token)};
      document.querySelector('#form button').click()`);
    await page.until(shown('monk: Lighthouses'));
    await page.evaluate(click('.opblock-tag', 'monk: Lighthouses'));
    await page.until(shown('/api/data/lighthouses/{id}'));
    await page.evaluate(click('.opblock-summary-control', '/api/data/lighthouses'));
    await page.until(shown('height'));
  });

  it('meets no error, and asks nobody else', async () => {
    expect(page.errors).toEqual([]);
    const elsewhere = page.requests.filter(
      (url) => !/^(about|data|blob):/.test(url) && !url.startsWith(app.url),
    );
    expect(elsewhere).toEqual([]);
    expect(page.requests.some((url) => url.includes('openapi.json'))).toBe(true);
  });
}
