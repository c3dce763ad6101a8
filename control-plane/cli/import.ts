import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import type { ImportOutcome } from '../service/import-outcome.ts';
import { progressBar } from './progress.ts';
import { withServices } from './services.ts';
import { commandPrincipal, notEmpty, tenantSlug } from './values.ts';

const details = `
A data package (its folder or datapackage.json), a CSV, a JSON array or NDJSON. Every file becomes the table of its name; a table that
does not exist is made, with the types of the package's schema or such as all values fit. Each file or resource is loaded whole or not
at all: one that does not match its schema is refused, and so is what refers to it; a bad row is named by file, line, field and reason.
Resources that are no tables (pictures, maps) are left out. The summary lists all of them.
Exit status: 0 when every table was loaded, 1 when one was refused or nothing could be loaded, 2 for a wrong command line.`;

/** The limit of statements is one of requests: a file takes as long as it takes, and Ctrl-C ends it. */
const aDay = 86_400_000;

/** `rowhouse import`: loads files into tables. */
export function importCommand(): Command {
  return new Command('import')
    .description('load files into tables')
    .argument('<file...>', 'files to load')
    .requiredOption('--tenant <slug>', 'tenant', tenantSlug)
    .option('--app <name>', 'app whose tables these are', notEmpty, 'default')
    .addHelpText('after', details)
    .action(async (files: string[], options: { tenant: string; app: string }) => {
      const { importFiles } = await import('../service/import.ts');
      const bar = progressBar(process.stderr);
      const outcomes: ImportOutcome[] = [];
      try {
        await withServices({ ...loadConfig(), statementTimeout: aDay }, ({ loader }) =>
          importFiles(loader, {
            ...options,
            files,
            caller: {
              principal: commandPrincipal(options.tenant),
              requestId: randomUUID(),
              signal: new AbortController().signal,
            },
            onProgress: bar.update,
            onOutcome: (outcome) => {
              outcomes.push(outcome);
              if (outcome.kind !== 'refused') return;
              bar.end();
              process.stderr.write(`rowhouse: ${outcome.reason}\n`);
            },
            notice: (text) => process.stderr.write(`${text}\n`),
          }),
        );
      } finally {
        bar.end();
        for (const line of summary(outcomes)) process.stdout.write(`${line}\n`);
      }
      if (outcomes.some(({ kind }) => kind === 'refused')) process.exitCode = 1;
    });
}

/** What was loaded, what is no table, and last what was refused; with how many of each, where it is not all one. */
function summary(outcomes: readonly ImportOutcome[]): readonly string[] {
  const kinds = ['loaded', 'no_table', 'refused'] as const;
  const groups = kinds.map((kind) => outcomes.filter((outcome) => outcome.kind === kind));
  const [loaded, others, refused] = groups.map(({ length }) => length);
  const lines = groups.flat().map(lineOf);
  if (outcomes.length === loaded) return lines;
  return [...lines, `${loaded} loaded, ${others} left out, ${refused} refused`];
}

function lineOf(outcome: ImportOutcome): string {
  switch (outcome.kind) {
    case 'loaded':
      return `${outcome.name}: ${outcome.rows} rows${outcome.created ? ', table made' : ''}`;
    case 'no_table':
      return `${outcome.name}: left out, no table (${outcome.reason})`;
    case 'refused':
      return `${outcome.name}: refused: ${outcome.reason}`;
    default: {
      const never: never = outcome;
      return never;
    }
  }
}
