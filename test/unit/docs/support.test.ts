import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { supportPage } from '../../../docs/support.ts';
import { speeches } from '../../support/ledger.ts';

it('docs/dialects/support.md is what `make docs` writes', () => {
  const page = readFileSync(new URL('../../../docs/dialects/support.md', import.meta.url), 'utf8');
  expect(page).toBe(supportPage());
});

it('every filter is either said through a door or has a reason', () => {
  const { cases, doors } = speeches();
  expect(doors.map(({ door }) => door)).toEqual(['Monk', 'PgREST', 'Taruvi', 'Data Svc', 'SQL']);
  for (const { door, said, unsaid } of doors) {
    const lost = [...unsaid.values()].reduce((sum, each) => sum + each, 0);
    expect(said + lost, door).toBe(cases);
    expect(said, door).toBeGreaterThan(300);
  }
});
