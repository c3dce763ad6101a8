import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorKinds } from '../../../control-plane/base/errors.ts';
import { errorsPage } from '../../../docs/generate.ts';

it('docs/errors.md is what `make docs` writes', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  expect(page).toBe(errorsPage());
});

it('every code is used once and of our class', () => {
  const codes = Object.values(errorKinds).map((row) => row.code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code).toMatch(/^RH[1-6]\d\d$/);
});
