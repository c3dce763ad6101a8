import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorKinds } from '../control-plane/base/errors.ts';
import { supportPage } from './support.ts';

const groups = [
  ['RH1', 'The request'],
  ['RH2', 'The catalog'],
  ['RH3', 'Identity and rights'],
  ['RH4', 'Rows'],
  ['RH5', 'Definitions'],
  ['RH6', 'The database'],
] as const;

/** The text of docs/errors.md, from the one table of error kinds. */
export function errorsPage(): string {
  const lines = [
    '# Errors',
    '',
    'Generated from `control-plane/base/errors.ts` by `make docs`; do not edit.',
    '',
    'The code is the SQLSTATE that plain SQL gets and what logs name. A dialect has its own words for the kinds (see its page) and may choose another',
    'status that its clients expect.',
  ];
  for (const [prefix, title] of groups) {
    lines.push('', `## ${title}`, '', '| code | kind | status | says |', '|---|---|---|---|');
    for (const [kind, row] of Object.entries(errorKinds)) {
      if (row.code.startsWith(prefix)) {
        lines.push(`| ${row.code} | \`${kind}\` | ${row.status} | ${row.text} |`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, 'errors.md'), errorsPage());
  writeFileSync(join(import.meta.dirname, 'dialects', 'support.md'), supportPage());
}
