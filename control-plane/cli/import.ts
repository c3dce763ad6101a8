import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { progressBar } from './progress.ts';
import { withServices } from './services.ts';
import { commandPrincipal, notEmpty, tenantSlug } from './values.ts';

const details = `
A data package (its folder or datapackage.json), a CSV, a JSON array or NDJSON. Every file becomes the table of its name; a table that
does not exist is made, with the types of the package's schema or such as all values fit. All files are read and checked before anything
is written. A bad row is named by file, line, field and reason.`;

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
      try {
        const tables = await withServices(loadConfig(), ({ loader }) =>
          importFiles(loader, {
            ...options,
            files,
            caller: {
              principal: commandPrincipal(options.tenant),
              requestId: randomUUID(),
              signal: new AbortController().signal,
            },
            onProgress: bar.update,
            notice: (text) => process.stderr.write(`${text}\n`),
          }),
        );
        for (const { table, rows, created } of tables) {
          process.stdout.write(`${table}: ${rows} rows${created ? ', table made' : ''}\n`);
        }
      } finally {
        bar.end();
      }
    });
}
