import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Files this very process holds: a pid in a lock file may be ours again after a restart of a container. */
const held = new Set<string>();

/** Runs `work` while no other process runs work under the same file. A lock whose holder died is taken over. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 90_000;
  while (!take(file)) {
    if (Date.now() > deadline) {
      throw new Error(`${file} is held by process ${holderOf(file)}: it seems to hang`);
    }
    await sleep(40);
  }
  try {
    return await work();
  } finally {
    held.delete(file);
    rmSync(file, { force: true });
  }
}

/** True while a process of this id runs. A zombie nobody waits for does not count. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

/** What the process was started as; empty when the system doesn't say. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function take(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
    held.add(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (!held.has(file) && isStale(file)) moveAway(file);
  return false;
}

function isStale(file: string): boolean {
  const holder = holderOf(file);
  if (holder === undefined) {
    // Empty: being written this very moment, unless it is old.
    const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    return Date.now() - written > 5_000;
  }
  if (holder === process.pid || !isAlive(holder)) return true;
  const command = commandOf(holder);
  return command !== '' && !command.includes('node');
}

/** By renaming: of two processes that find the same stale lock, one moves it and the other finds nothing. */
function moveAway(file: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    rmSync(aside, { force: true });
  } catch {
    // The other one was faster.
  }
}

function holderOf(file: string): number | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return text === '' ? undefined : Number(text);
  } catch {
    return undefined;
  }
}
