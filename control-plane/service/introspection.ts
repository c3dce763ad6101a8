import type { JWTPayload } from 'jose';
import { ServiceError } from '../base/errors.ts';
import { createPlaces } from '../base/places.ts';
import { answerText } from './answer-text.ts';

const maxBytes = 64 * 1024;

/** Asks what an opaque token means. @throws ServiceError issuer_unavailable; Error when the token is not active, or the answer makes no sense */
export type Introspect = (token: string) => Promise<JWTPayload>;

export interface IssuerSettings {
  /** How long an answer may take, and before that a turn to ask, milliseconds. */
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
  const refusal = (): ServiceError => unavailable();
  const places = createPlaces({ most, queue: most * 10, patience, refusal });
  let pausedUntil = Number.NEGATIVE_INFINITY;

  const fail = (cause: unknown): ServiceError => {
    pausedUntil = now() + pause;
    places.dismiss(unavailable());
    return unavailable(cause);
  };
  const question = async (token: string): Promise<JWTPayload> => {
    if (now() < pausedUntil) throw unavailable();
    return places.during(async () => {
      return meaning(await send(address, token, patience).catch((cause) => throws(fail(cause))));
    });
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
  /** Undefined: too much of it. */
  readonly text: string | undefined;
}

/** @throws whatever is no fault of this token but the issuer's */
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
  const { status } = response;
  if (status >= 500 || status === 429) {
    await response.body?.cancel();
    throw new Error(`the issuer answered ${status}`);
  }
  return { status, text: await answerText(response, maxBytes) };
}

function meaning({ status, text }: Answer): JWTPayload {
  if (text === undefined) throw new Error(`the answer is longer than ${maxBytes} bytes`);
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
