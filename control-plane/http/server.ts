import { createServer, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import Koa from 'koa';
import { errorKinds, ServiceError } from '../base/errors.ts';
import { createTrace, traced } from '../base/trace.ts';
import type { Config } from '../config.ts';
import type { Dialect, Reply } from '../dialects/dialect.ts';
import { isAnonymous } from '../model/principal.ts';
import { parseAddress, parseQuery, tenantOfHost } from './address.ts';
import { asServiceError, failure } from './errors.ts';
import { type Endpoint, type Exchange, requestId } from './exchange.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { createFinder } from './routes.ts';
import { serverTiming } from './timing.ts';

export interface ServerParts {
  readonly config: Pick<Config, 'baseDomain' | 'statementTimeout'>;
  readonly dialects: readonly Dialect[];
  readonly endpoints: readonly Endpoint[];
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly patience?: Partial<Patience>;
}

/** How long the server waits for a peer, in milliseconds. */
export interface Patience {
  /** For the head of a request, from the connection or the request before on. */
  readonly head: number;
  /** For a whole request. */
  readonly request: number;
  /** For any sign of a peer that neither sends nor takes anything: longer than any statement may run. */
  readonly silence: number;
  /** For a large reply to be taken. */
  readonly reply: number;
}

/** Bytes of a request target that are served. */
const longestTarget = 64 * 1024;
/** The parser counts target and headers together. */
const longestHead = longestTarget + 64 * 1024;

/** Characters of a reply that buffers of the network may not take in at once. */
const large = 256 * 1024;

/** After the reply, so much of an unread body is still taken in; then the connection ends. */
const drainBytes = 64 * 1024 * 1024;
const drainMs = 10_000;

/** The HTTP server: every request becomes one Exchange and ends in one Reply, whatever happens between. */
export function createHttpServer(parts: ServerParts): Server {
  const find = createFinder(parts.endpoints, parts.dialects);
  const patience: Patience = {
    head: 15_000,
    request: 120_000,
    silence: Math.max(60_000, parts.config.statementTimeout + 30_000),
    reply: 300_000,
    ...parts.patience,
  };
  const app = new Koa();
  app.silent = true;
  app.on('error', (error: unknown) => parts.log.error({ err: error }, 'reply failed'));
  app.use(async (context) => {
    const started = performance.now();
    const exchange = begin(context, parts.config);
    parts.metrics.inFlight(1);
    context.res.once('close', () => finish(context, exchange, started, parts));
    const { trace } = exchange;
    const reply = await traced(trace, () => answer(exchange, context.url, find, parts));
    const { principal } = exchange;
    if (principal !== undefined && !isAnonymous(principal) && reply.status < 400) {
      exchange.extra['server-timing'] = serverTiming(trace, performance.now() - started);
    }
    for (const end of exchange.ends) end();
    // Stopping: a connection kept alive would hold the process up.
    if (!server.listening) exchange.extra['connection'] = 'close';
    send(context, exchange, reply, patience);
  });
  const options = {
    maxHeaderSize: longestHead,
    noDelay: true,
    headersTimeout: patience.head,
    requestTimeout: patience.request,
    // Node looks for those who are late that often; by itself every half minute.
    connectionsCheckingInterval: patience.head / 3,
    keepAliveTimeout: 65_000,
  };
  const server = createServer(options, app.callback());
  server.maxRequestsPerSocket = 0;
  server.setTimeout(patience.silence);
  server.on('clientError', refuseGarbage);
  return server;
}

function begin(context: Koa.Context, config: ServerParts['config']): Exchange {
  const abort = new AbortController();
  context.res.once('close', () => {
    if (!context.res.writableFinished) abort.abort();
  });
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(context.req.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const id = requestId(headers['x-request-id']);
  const named = tenantOfHost(headers['host'], config.baseDomain) ?? headers['x-tenant']?.trim();
  return {
    id,
    method: context.method,
    path: '/',
    query: new Map(),
    headers,
    remote: context.req.socket.remoteAddress ?? '',
    message: context.req,
    signal: abort.signal,
    trace: createTrace(),
    params: {},
    ends: [],
    extra: { 'x-request-id': id },
    ...(named === undefined || named === '' ? {} : { namedTenant: named }),
  };
}

async function answer(
  exchange: Exchange,
  target: string,
  find: ReturnType<typeof createFinder>,
  parts: ServerParts,
): Promise<Reply> {
  try {
    const address = parseAddress(target);
    exchange.path = address.path;
    // The glossary's order: host, then header, then path.
    exchange.namedTenant ??= address.tenant;
    const endpoint = find(exchange);
    if (target.length > longestTarget) throw new ServiceError('uri_too_long');
    // After the route: its dialect words the refusal of a broken query.
    exchange.query = parseQuery(address.queryText);
    return await endpoint.handle(exchange);
  } catch (thrown) {
    const error = asServiceError(thrown);
    note(error, exchange, parts.log);
    return failure(error, exchange, exchange.dialect);
  }
}

/** Faults of ours and of the database go to the log with their cause; refusals only where somebody debugs. */
function note(error: ServiceError, exchange: Exchange, log: Logger): void {
  if (exchange.signal.aborted) return;
  const ours = errorKinds[error.kind].status >= 500;
  const level = error.kind === 'internal' ? 'error' : ours ? 'warn' : 'debug';
  log[level]({ rid: exchange.id, kind: error.kind, err: error.cause ?? error }, 'refused');
}

function send(context: Koa.Context, exchange: Exchange, reply: Reply, patience: Patience): void {
  context.status = reply.status;
  context.set({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...exchange.extra,
    ...reply.headers,
  });
  context.body = bodyOf(reply.body, context.res);
  if (typeof context.body === 'string' && context.body.length > large) {
    endWhenLate(context.res, patience.reply);
  }
  if (!context.req.complete) drain(context);
}

/** A reader that takes a little now and then is never silent, and keeps the whole reply in memory. */
function endWhenLate(response: ServerResponse, milliseconds: number): void {
  const timer = setTimeout(() => response.destroy(), milliseconds);
  response.once('close', () => clearTimeout(timer));
}

function bodyOf(body: Reply['body'], response: ServerResponse): string | Readable {
  if (typeof body === 'string') return body;
  if ('json' in body) return JSON.stringify(body.json);
  // One part waits, one is on its way: a part may be large.
  const parts = Readable.from(body.parts, { highWaterMark: 1 });
  // The status has been sent: only a connection that breaks off says that this is not all.
  return parts.on('error', () => response.destroy());
}

/**
 * A refusal sent before the body was read: closing at once would make most clients lose the answer (a reset overtakes it), so the
 * rest is read into nothing, within bounds.
 */
function drain(context: Koa.Context): void {
  const { req } = context;
  const { socket } = req;
  const start = socket.bytesRead;
  const began = Date.now();
  const timer = setInterval(() => {
    const over = socket.bytesRead - start > drainBytes || Date.now() - began > drainMs;
    if (over) socket.destroy();
    if (over || req.complete || socket.destroyed) clearInterval(timer);
  }, 100);
  timer.unref();
  req.resume();
}

function finish(
  context: Koa.Context,
  exchange: Exchange,
  started: number,
  { log, metrics }: ServerParts,
): void {
  const ms = performance.now() - started;
  const { status } = context;
  const { method, principal, trace } = exchange;
  metrics.inFlight(-1);
  const route = exchange.route ?? 'none';
  metrics.observe({ dialect: exchange.dialect?.name ?? 'none', route, method, status }, ms / 1000);
  const level = status >= 500 ? 'warn' : 'info';
  log[level](
    {
      rid: exchange.id,
      tenant: principal?.tenant ?? exchange.namedTenant,
      sub: principal?.sub,
      method,
      route,
      names: namesIn(exchange.params),
      status,
      ms: tenth(ms),
      db: tenth(trace.database),
      ...(trace.wait < 1 ? {} : { wait: tenth(trace.wait) }),
      ...(trace.statements === 0
        ? {}
        : { statements: trace.statements, statement: trace.statement }),
      ...(trace.retries === 0 ? {} : { retries: trace.retries }),
      ...(context.res.writableFinished ? {} : { aborted: true }),
    },
    'request',
  );
}

/** Parameters of paths that name definitions; the others are keys of rows, which are values. */
const names = ['app', 'datasource', 'table', 'schema', 'column', 'root', 'view', 'relationship'];

function namesIn(params: Exchange['params']): Readonly<Record<string, string>> | undefined {
  const named = Object.entries(params).filter(([key]) => names.includes(key));
  return named.length === 0 ? undefined : Object.fromEntries(named);
}

function tenth(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** What Node's parser refuses never becomes a request; the answer still is JSON. */
function refuseGarbage(
  error: NodeJS.ErrnoException & { readonly rawPacket?: Buffer },
  socket: NodeJS.WritableStream,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  // What was read last tells where it became too much: in a line without end, or in one that ends as request lines do.
  const [line, end] = error.rawPacket?.toString('latin1').split('\r\n', 2) ?? [];
  const inTarget = end === undefined || line?.endsWith(' HTTP/1.1');
  const [status, kind] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? inTarget
        ? ['414 URI Too Long', 'uri_too_long']
        : ['431 Request Header Fields Too Large', 'limit_exceeded']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'bad_request']
        : ['400 Bad Request', 'bad_request'];
  const body = JSON.stringify({ error: { kind, message: status.slice(4) } });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
