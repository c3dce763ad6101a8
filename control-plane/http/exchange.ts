import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Trace } from '../base/trace.ts';
import type { Dialect, DialectRequest, Reply } from '../dialects/dialect.ts';
import type { Principal } from '../model/principal.ts';

/** What is known of a request on its way through the edge; also what the log and the metrics tell of it. */
export interface Exchange {
  readonly id: string;
  readonly method: string;
  /** Cleaned path, without query and without tenant prefix, still percent-encoded. */
  path: string;
  query: DialectRequest['query'];
  readonly headers: DialectRequest['headers'];
  /** The tenant that the address or a header names, by the glossary's order; the token may still name another. */
  namedTenant?: string | undefined;
  readonly remote: string;
  readonly message: IncomingMessage;
  readonly signal: AbortSignal;
  /** What the request has cost so far. */
  readonly trace: Trace;
  /** Path pattern of the route, once one matched. */
  route?: string;
  params: Readonly<Record<string, string>>;
  dialect?: Dialect;
  principal?: Principal;
  /** Run once the reply is known: lets go of what the request held. */
  readonly ends: (() => void)[];
  /** Headers that every reply to this request carries, errors too. */
  readonly extra: Record<string, string>;
}

/** A route of the server: a dialect's, or one of its own (health, metrics, docs, admin). */
export interface Endpoint {
  readonly method: string;
  readonly path: string;
  readonly dialect?: Dialect;
  /** See {@link Route.header}. */
  readonly header?: string;
  readonly handle: (exchange: Exchange) => Promise<Reply>;
}

/** The caller's X-Request-Id when it is printable ASCII of at most 128 characters, else a new one. */
export function requestId(sent: string | undefined): string {
  return sent !== undefined && /^[\x21-\x7e][\x20-\x7e]{0,127}$/.test(sent) ? sent : randomUUID();
}
