import { createHash } from 'node:crypto';
import type { Dialect } from '../dialects/dialect.ts';
import type { Engine } from '../service/engine.ts';
import type { Tokens } from '../service/tokens.ts';
import { authenticate, checkTenant } from './auth.ts';
import type { Endpoint } from './exchange.ts';
import { openApi } from './openapi.ts';

export interface DocsParts {
  readonly dialects: readonly Dialect[];
  readonly engine: Pick<Engine, 'catalog'>;
  readonly tokens: Pick<Tokens, 'verify' | 'resolve'>;
}

/** GET /openapi.json: the routes, and with a token also the tables of its tenant. GET /docs: a page that shows it. */
export function docsEndpoints(parts: DocsParts): readonly Endpoint[] {
  return [
    {
      method: 'GET',
      path: '/openapi.json',
      handle: async (exchange) => {
        const principal = await authenticate(parts.tokens, exchange.headers);
        // An operator belongs to no tenant: only the routes, like anybody.
        if (principal === undefined || principal.operator) {
          return { status: 200, body: { json: openApi(parts.dialects) } };
        }
        checkTenant(principal, exchange.namedTenant);
        exchange.principal = principal;
        const { id: requestId, signal } = exchange;
        const catalog = await parts.engine.catalog({ principal, requestId, signal });
        return { status: 200, body: { json: openApi(parts.dialects, catalog) } };
      },
    },
    {
      method: 'GET',
      path: '/docs',
      handle: async () => ({
        status: 200,
        headers: {
          'content-type': 'text/html; charset=utf-8',
          // Only the script and the style of this very text run, and nothing is fetched from elsewhere.
          'content-security-policy': `default-src 'none'; connect-src 'self'; script-src '${hash(script)}'; style-src '${hash(style)}'; frame-ancestors 'none'`,
        },
        body: page,
      }),
    },
  ];
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

const style = `
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c1c1c}
input{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}
h2{margin-top:2rem}code{font:14px ui-monospace,monospace}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #ddd;padding:.3rem .6rem .3rem 0;vertical-align:top}
td:first-child{width:5rem;font-weight:600}.error{color:#a40000}
`;

/** Text only ever goes in as textContent: names of tables are whatever their owners chose. */
const script = `
const list = document.getElementById('list');
const add = (parent, name, text) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
};
const code = (cell, text) => add(add(cell, 'td'), 'code', text);
const show = (doc) => {
  list.replaceChildren();
  add(list, 'p', doc.info.title + ', version ' + doc.info.version);
  for (const tag of doc.tags) {
    add(list, 'h2', tag.name);
    const table = add(list, 'table');
    for (const [path, item] of Object.entries(doc.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        if (!operation.tags.includes(tag.name)) continue;
        const row = add(table, 'tr');
        add(row, 'td', method.toUpperCase());
        code(row, path);
        add(row, 'td', operation.security ? 'no token' : '');
      }
    }
  }
  for (const [name, schema] of Object.entries(doc.components.schemas)) {
    add(list, 'h2', 'Table ' + (schema.title ?? name));
    const table = add(list, 'table');
    for (const [column, value] of Object.entries(schema.properties)) {
      const row = add(table, 'tr');
      code(row, column);
      code(row, JSON.stringify(value));
    }
  }
};
const load = async (token) => {
  const headers = token ? { authorization: 'Bearer ' + token } : {};
  const response = await fetch(location.pathname.replace(/docs\\/?$/, 'openapi.json'), { headers });
  if (response.ok) return show(await response.json());
  list.replaceChildren();
  add(list, 'p', 'The server refused: ' + response.status).className = 'error';
};
const field = document.getElementById('token');
field.addEventListener('change', () => load(field.value.trim()));
load('');
`;

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Rowhouse API</title><style>${style}</style></head>
<body><h1>Rowhouse API</h1>
<label>Token (to see your tenant's tables; it stays in this page)
<input id="token" type="password" autocomplete="off" spellcheck="false"></label>
<main id="list"></main><script>${script}</script></body></html>
`;
