import { speeches } from '../test/support/ledger.ts';

/** The text of docs/dialects/support.md, from the corpus of filters. */
export function supportPage(): string {
  const { cases, doors } = speeches();
  const lines = [
    '# What goes through each door',
    '',
    'Generated from `test/corpus` and the spelling functions of `test/support` by `make docs`; do not edit.',
    '',
    '## Filters',
    '',
    `The corpus has ${cases} filters. Each is sent through every door that has words meaning the same, for principals of every kind, and must return the rows that an`,
    'evaluator in plain TypeScript names (`conformance.test.ts` of each dialect). SQL stands for the comparisons that a person writes without calling a function.',
    '',
    '| door | says | of the corpus |',
    '|---|---:|---:|',
    ...doors.map(
      ({ door, said }) => `| ${door} | ${said} | ${Math.round((100 * said) / cases)} % |`,
    ),
  ];
  for (const { door, unsaid } of doors) {
    if (unsaid.size === 0) continue;
    lines.push('', `### Not said in ${door}`, '', '| reason | filters |', '|---|---:|');
    const byNumber = [...unsaid].sort(
      ([left, most], [right, more]) => more - most || (left < right ? -1 : 1),
    );
    for (const [reason, number] of byNumber) lines.push(`| ${reason} | ${number} |`);
  }
  return `${lines.join('\n')}\n`;
}
