import type { JWTPayload } from 'jose';

const patience = 4000;
const maxBytes = 64 * 1024;

/**
 * Asks an issuer what an opaque token means (RFC 7662). Redirects are not followed: the token would go where nobody configured it to go.
 * @throws Error when the token is not active or the issuer gives no answer that can be understood
 */
export async function introspect(address: string, token: string): Promise<JWTPayload> {
  const response = await fetch(address, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
    redirect: 'error',
    signal: AbortSignal.timeout(patience),
  });
  if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
  const text = await response.text();
  if (text.length > maxBytes) throw new Error('the answer of the issuer is too large');
  const payload = JSON.parse(text) as (JWTPayload & Record<string, unknown>) | null;
  if (payload?.['active'] !== true) throw new Error('the token is not active');
  if (payload.exp !== undefined && typeof payload.exp !== 'number') throw new Error('exp');
  const sub = payload.sub ?? payload['username'];
  return typeof sub === 'string' ? { ...payload, sub } : payload;
}
