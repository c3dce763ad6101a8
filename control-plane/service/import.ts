import { stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { findApp } from '../model/app.ts';
import type { TableDraft } from '../model/table.ts';
import { readPackage } from './import/package.ts';
import { readSource } from './import/read.ts';
import { type NoTable, type Resource, targetsFirst } from './import/resource.ts';
import { importGroup } from './import-group.ts';
import type { ImportOptions } from './import-outcome.ts';
import { type Loader, redefine } from './load-table.ts';

/**
 * Loads files into tables of a tenant, making those that don't exist, each on its own: a file or resource of which one row is wrong is
 * refused as a whole and leaves nothing behind, and so is what refers to it; all others are loaded. The rows of one table come in one
 * transaction. @throws whatever keeps everything from being loaded: a file that is not there, a database that has gone
 */
export async function importFiles(loader: Loader, options: ImportOptions): Promise<void> {
  const { resources, others } = await resourcesOf(options.files);
  for (const { name, kind } of others) {
    options.onOutcome({ kind: 'no_table', name, reason: kind });
  }
  await makeApp(loader, options);
  const settled = new Map<string, TableDraft | 'refused'>();
  for (const group of targetsFirst(resources)) {
    for (const outcome of await importGroup(loader, options, group, settled)) {
      options.onOutcome(outcome);
    }
  }
}

/** As with tables: an app that isn't there is made. */
async function makeApp(
  loader: Loader,
  { app: slug, caller, tenant, notice }: ImportOptions,
): Promise<void> {
  const catalog = await loader.load(tenant, true);
  if (findApp(catalog, slug)) return;
  const app = { slug, name: slug, description: '', settings: {} };
  await redefine(loader, caller, tenant, () => ({ kind: 'create_app', app }));
  notice?.(`app ${slug} made`);
}

async function resourcesOf(
  files: readonly string[],
): Promise<{ readonly resources: readonly Resource[]; readonly others: readonly NoTable[] }> {
  const resources: Resource[] = [];
  const others: NoTable[] = [];
  for (const place of files) {
    // A data package may be named by its folder.
    const file = (await stat(place)).isDirectory() ? join(place, 'datapackage.json') : place;
    if (basename(file) === 'datapackage.json') {
      const held = await readPackage(file);
      resources.push(...held.tables);
      others.push(...held.others);
    } else {
      const name =
        basename(file).replace(/(\.[A-Za-z0-9]+)+$/, '') || basename(file, extname(file));
      resources.push({ name, file, references: [], read: () => readSource(file) });
    }
  }
  return { resources, others };
}
