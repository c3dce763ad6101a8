import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

/** Whether a password is the one behind a stored SCRAM-SHA-256 verifier (RFC 5803, as in pg_authid). Plain ASCII passwords only. */
export function matchesVerifier(password: string, verifier: string): boolean {
  const parts = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(verifier);
  const [, iterations, salt, storedKey] = parts ?? [];
  if (iterations === undefined || salt === undefined || storedKey === undefined) return false;
  const salted = pbkdf2Sync(
    password,
    Buffer.from(salt, 'base64'),
    Number(iterations),
    32,
    'sha256',
  );
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const expected = Buffer.from(storedKey, 'base64');
  const actual = createHash('sha256').update(clientKey).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
