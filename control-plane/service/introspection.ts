import type { JWTPayload } from 'jose';
import { ServiceError } from '../base/errors.ts';
import { answerText } from './answer-text.ts';

const maxBytes = 64 * 1024;

/** Asks what an opaque token means. @throws ServiceError issuer_unavailable; Error when the token is not active, or the answer makes no sense */
export type Introspect = (token: string) => Promise<JWTPayload>;

export interface IssuerSettings {
  /** How long an answer may take, milliseconds. */
  readonly patience?: number;
  /** Questions under way at one time; as many times ten may wait. */
  readonly most?: number;
  /** How long nobody asks after an answer has failed to come, milliseconds. */
  readonly pause?: number;
}

/**
 * The issuer at an address (RFC 7662). One that is slow or down may hold up its own tenant's new callers only, and those not for long: so many
 * questions at one time, each token asked about once at a time, and after a question without answer a pause in which all are told at once to
 * come again.
 */
export function createIssuer(
  address: string,
  { patience = 4_000, most = 16, pause = 1_000 }: IssuerSettings = {},
  now: () => number = Date.now,
): Introspect {
  const running = new Map<string, Promise<JWTPayload>>();
  const waiting: PromiseWithResolvers<void>[] = [];
  let asking = 0;
  let pausedUntil = Number.NEGATIVE_INFINITY;

  const turn = async (): Promise<void> => {
    if (now() < pausedUntil || waiting.length >= most * 10) throw unavailable();
    if (asking < most) {
      asking++;
      return;
    }
    const place = Promise.withResolvers<void>();
    waiting.push(place);
    await place.promise;
  };
  const leave = (): void => {
    const next = waiting.shift();
    // The place goes straight to who waits.
    if (next) next.resolve();
    else asking--;
  };
  const fail = (cause: unknown): ServiceError => {
    pausedUntil = now() + pause;
    for (const place of waiting.splice(0)) place.reject(unavailable());
    return unavailable(cause);
  };

  const question = async (token: string): Promise<JWTPayload> => {
    await turn();
    try {
      return meaning(await send(address, token, patience).catch((cause) => throws(fail(cause))));
    } finally {
      leave();
    }
  };
  return (token) => {
    const known = running.get(token);
    if (known) return known;
    const asked = question(token).finally(() => running.delete(token));
    running.set(token, asked);
    return asked;
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function send(address: string, token: string, patience: number): Promise<Answer> {
  const response = await fetch(address, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
    // Not followed: the token would go where nobody configured it to go.
    redirect: 'manual',
    signal: AbortSignal.timeout(patience),
  });
  return { status: response.status, text: await answerText(response, maxBytes) };
}

function meaning({ status, text }: Answer): JWTPayload {
  if (status >= 500 || status === 429)
    throw unavailable(new Error(`the issuer answered ${status}`));
  if (status !== 200) throw new Error(`the issuer answered ${status}`);
  const payload = JSON.parse(text) as (JWTPayload & Record<string, unknown>) | null;
  if (payload?.['active'] !== true) throw new Error('the token is not active');
  if (payload.exp !== undefined && typeof payload.exp !== 'number') throw new Error('exp');
  const sub = payload.sub ?? payload['username'];
  return typeof sub === 'string' ? { ...payload, sub } : payload;
}

function unavailable(cause?: unknown): ServiceError {
  return new ServiceError('issuer_unavailable', undefined, { retryAfter: 1 }, { cause });
}

function throws(error: unknown): never {
  throw error;
}
