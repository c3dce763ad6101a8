import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../process.ts';

const folder = join(import.meta.dirname, 'package');

/** Installs what package/package.json names, where it isn't there yet. Some 500 MB: nothing else of Rowhouse asks for it. */
export async function installPeers(): Promise<void> {
  if (isInstalled()) return;
  console.log('Installing the peers into bench/peers/package (takes some minutes) …');
  await runProgram('npm', ['ci', '--ignore-scripts', '--prefix', folder], {});
}

function isInstalled(): boolean {
  // npm writes it last.
  const marker = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(marker)) return false;
  const versions = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as Lock).packages;
  const there = versions(marker);
  return Object.entries(versions(join(folder, 'package-lock.json'))).every(
    ([path, { version, optional, peer }]) =>
      path === '' || optional || peer || there[path]?.version === version,
  );
}

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      { readonly version: string; readonly optional?: boolean; readonly peer?: boolean }
    >
  >;
}
