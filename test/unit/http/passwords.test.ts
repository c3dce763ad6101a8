import { describe, expect, it } from 'vitest';
import { checkPassword, hashPassword } from '../../../control-plane/service/passwords.ts';

describe('passwords', () => {
  it('are hashed with a salt of their own and found again', async () => {
    const [one, two] = await Promise.all([hashPassword('päss'), hashPassword('päss')]);
    expect(one).not.toBe(two);
    expect(one).toMatch(/^scrypt\$32768\$8\$3\$/);
    expect(await checkPassword('päss', one)).toBe(true);
    expect(await checkPassword('päss', one)).toBe(true);
    expect(await checkPassword('pass', one)).toBe(false);
    expect(await checkPassword('', one)).toBe(false);
  });

  it('an account without one, and no account, take a hash and fail', async () => {
    const began = performance.now();
    expect(await checkPassword('x', null)).toBe(false);
    expect(await checkPassword('x', undefined)).toBe(false);
    expect(performance.now() - began).toBeGreaterThan(20);
  });
});
