import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServiceError } from '../base/errors.ts';
import type { Reply } from '../dialects/dialect.ts';
import type { Endpoint } from './exchange.ts';

/** A file of the page, under a name that changes with its content. */
interface PageFile {
  readonly type: string;
  readonly text: string;
  readonly version: string;
}

/** In the package: laid beside the code by bin/build.mjs. */
const packed = fileURLToPath(new URL('../swagger-ui', import.meta.url));

/** Swagger UI as it is installed. It is no dependency of the package, for what comes along reports installations to its makers. */
function folderOfLibrary(): string {
  if (existsSync(packed)) return packed;
  try {
    return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  } catch (cause) {
    const message = 'The page is not installed: npm ci --include=dev';
    throw new ServiceError('not_implemented', message, {}, { cause });
  }
}

function fileOf(type: string, text: string): PageFile {
  const version = createHash('sha256').update(text).digest('base64url').slice(0, 16);
  return { type, text, version };
}

/** The page's one form and the call that shows the document. It stays in this page: nothing is stored. */
const script = `
const say = (text) => { document.getElementById('said').textContent = text; };
const load = async (token) => {
  const headers = token ? { authorization: 'Bearer ' + token } : {};
  const address = location.pathname.replace(/docs\\/?$/, 'openapi.json');
  const response = await fetch(address, { headers, credentials: 'omit' });
  if (!response.ok) return say('The server refused: ' + response.status);
  const spec = await response.json();
  say(token ? 'With the tables of ' + spec.info.title.replace('Rowhouse: ', '') : 'Without a token: only what is there for everybody');
  const ui = SwaggerUIBundle({
    spec,
    dom_id: '#page',
    deepLinking: true,
    docExpansion: 'none',
    defaultModelsExpandDepth: 0,
    filter: true,
    validatorUrl: null,
    persistAuthorization: false,
    syntaxHighlight: { activated: false },
    onComplete: () => { if (token) ui.preauthorizeApiKey('bearer', token); },
  });
};
const form = document.getElementById('form');
form.addEventListener('submit', (event) => {
  event.preventDefault();
  load(document.getElementById('token').value.trim());
});
load('');
`;

const style = `
body{margin:0;font:15px/1.5 system-ui,sans-serif}
form{display:flex;gap:.6rem;align-items:center;padding:.8rem 1.2rem;background:#1c2733;color:#fff}
form input{flex:1;max-width:40rem;font:inherit;padding:.3rem .5rem}
form button{font:inherit;padding:.3rem .9rem}
#said{opacity:.8}
`;

/** Read when somebody first looks: most processes never show it. */
function createFiles(): () => ReadonlyMap<string, PageFile> {
  let files: ReadonlyMap<string, PageFile> | undefined;
  return () => {
    if (files) return files;
    const folder = folderOfLibrary();
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const code = 'text/javascript; charset=utf-8';
    const look = 'text/css; charset=utf-8';
    files = new Map([
      ['swagger-ui-bundle.js', fileOf(code, read('swagger-ui-bundle.js'))],
      ['swagger-ui.css', fileOf(look, read('swagger-ui.css'))],
      ['page.js', fileOf(code, script)],
      ['page.css', fileOf(look, style)],
    ]);
    return files;
  };
}

/** Only files of this server run, nothing is fetched from elsewhere, and no script is made of text. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** GET /docs: the document for people, with a field for a token. */
export function pageEndpoints(): readonly Endpoint[] {
  const files = createFiles();
  return [
    {
      method: 'GET',
      path: '/docs',
      // What the page refers to lies under its name.
      handle: async ({ message }) =>
        /\/(\?|$)/.test(message.url ?? '')
          ? { status: 308, headers: { location: '../docs' }, body: '' }
          : pageReply(files()),
    },
    {
      method: 'GET',
      path: '/docs/:file',
      handle: async ({ params }) => {
        const file = files().get(params['file'] ?? '');
        if (file === undefined) throw new ServiceError('route_not_found');
        return {
          status: 200,
          headers: {
            'content-type': file.type,
            'cache-control': 'public, max-age=31536000, immutable',
            etag: `"${file.version}"`,
          },
          body: file.text,
        };
      },
    },
  ];
}

function pageReply(files: ReadonlyMap<string, PageFile>): Reply {
  const at = (name: string): string => `docs/${name}?v=${files.get(name)?.version}`;
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rowhouse API</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="${at('swagger-ui.css')}"><link rel="stylesheet" href="${at('page.css')}"></head>
<body><form id="form"><label for="token">Token</label>
<input id="token" type="password" autocomplete="off" spellcheck="false" placeholder="shows the tables you may use; it stays in this page">
<button>Show</button><span id="said"></span></form>
<main id="page"></main>
<script src="${at('swagger-ui-bundle.js')}"></script><script src="${at('page.js')}"></script></body></html>
`,
  };
}
