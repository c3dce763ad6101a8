import { type DoorName, doorNames, limits, listless, places } from '../test/support/doors.ts';
import { speeches } from '../test/support/ledger.ts';

/** The text of docs/dialects/support.md, from the corpus of filters and the tables that every door is tried on. */
export function supportPage(): string {
  const { cases, doors } = speeches();
  const lines = [
    '# What goes through each door',
    '',
    'Generated from `test/corpus`, the spelling functions and `doors.ts` of `test/support` by `make docs`; do not edit.',
    '',
    ...tablesPart(),
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

const deedWords = {
  create: 'create',
  one: 'read by id',
  find: 'read by a filter',
  change: 'change',
  remove: 'delete',
} as const;

function tablesPart(): readonly string[] {
  const cell = (made: string, access: string, door: DoorName): string => {
    const missing = limits.flatMap((limit) =>
      limit.made === made && limit.door === door ? limit.deeds : [],
    );
    if (missing.length === Object.keys(deedWords).length) return 'nothing';
    const without = missing.map((deed) => deedWords[deed]).join(', ');
    const unlisted = access === 'lists' && listless.includes(door) ? ' ¹' : '';
    return `${without === '' ? 'all' : `not ${without}`}${unlisted}`;
  };
  const head = doorNames.join(' | ');
  return [
    '## Tables',
    '',
    'A table made in one dialect is there in the others and in SQL: create a row, read it by id and by a filter, change and delete it. `test/dialects/doors.test.ts` does each through every',
    'door and looks through all of them, as one who may do everything, one who may only read and one who may nothing.',
    '',
    `| made in | ${head} |`,
    `|---|${doorNames.map(() => '---').join('|')}|`,
    ...places.map(
      ({ made, access }) =>
        `| ${made} | ${doorNames.map((door) => cell(made, access, door)).join(' | ')} |`,
    ),
    '',
    '¹ has no words for access lists: a row it makes is nobody’s until its author lists somebody.',
    '',
    ...limits.map(({ made, door, reason }) => `- ${made}, through ${door}: ${reason}.`),
  ];
}
