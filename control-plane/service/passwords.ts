import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../base/errors.ts';
import { createPlaces } from '../base/places.ts';

/**
 * scrypt with N = 2^15, r = 8, p = 3: one of the settings that OWASP's password storage page calls equal; 32 MiB and ~150 ms a guess.
 * The parameters stand in each hash, so they can be raised without locking anybody out.
 */
const cost = { N: 2 ** 15, r: 8, p: 3 } as const;
const length = 32;

/** Hashing at one time, so that a flood of logins takes neither every thread nor the memory; and waiting. */
const places = createPlaces({
  most: 2,
  queue: 100,
  refusal: () => new ServiceError('rate_limited', undefined, { retryAfter: 5 }),
});

/** `scrypt$N$r$p$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  const parts = [cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')];
  return `scrypt$${parts.join('$')}`;
}

/** A hash no password has: verified against when there is no account, so that this takes as long as a wrong password. */
const nobodysHash = `scrypt$${cost.N}$${cost.r}$${cost.p}$${randomBytes(16).toString('base64url')}$${randomBytes(length).toString('base64url')}`;

/** Whether the password belongs to the stored hash. Always computes exactly one hash. */
export async function checkPassword(
  password: string,
  stored: string | null | undefined,
): Promise<boolean> {
  const [, N, r, p, salt, hash] = (stored ?? nobodysHash).split('$');
  const expected = Buffer.from(hash ?? '', 'base64url');
  const options = { N: Number(N), r: Number(r), p: Number(p) };
  const actual = await derive(password, Buffer.from(salt ?? '', 'base64url'), options);
  const equal = expected.length === actual.length && timingSafeEqual(expected, actual);
  return equal && stored !== null && stored !== undefined;
}

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return places.during(
    () =>
      new Promise((resolve, reject) => {
        // The same text can be written in two ways in Unicode; keyboards differ in which they send.
        scrypt(
          password.normalize('NFKC'),
          salt,
          length,
          { ...options, maxmem: 128 * 1024 * 1024 },
          (error, hash) => (error ? reject(error) : resolve(hash)),
        );
      }),
  );
}
