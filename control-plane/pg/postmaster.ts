import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandOf, isAlive } from './lock.ts';

/** What a server has written into its data directory of itself. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** As the server writes it: starting, ready, standby, stopping. */
  readonly status: string;
}

/** The server that runs on the data directory, if one does. */
export function readPostmaster(dataDir: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!isPostgres(pid)) return undefined;
  return { pid, port: Number(lines[3]), status: (lines[7] ?? 'starting').trim() };
}

/** A number that some other program has taken over meanwhile is not our server. */
function isPostgres(pid: number): boolean {
  if (!isAlive(pid)) return false;
  const command = commandOf(pid);
  return command === '' || command.includes('postgres');
}

/** Postgres itself takes any live process of that number and its own user for a server, so a stale file could lock it out for good. */
export function dropStalePidFile(dataDir: string): void {
  const file = join(dataDir, 'postmaster.pid');
  if (existsSync(file) && readPostmaster(dataDir) === undefined) rmSync(file, { force: true });
}

/** A running server of the data directory: its port, or undefined when there is none. Waits for one that is starting or stopping. */
export async function findServer(dataDir: string): Promise<number | undefined> {
  for (const deadline = Date.now() + 60_000; ; await sleep(25)) {
    const found = readPostmaster(dataDir);
    if (found === undefined) return undefined;
    if (found.status === 'ready') return found.port;
    if (Date.now() > deadline) throw new Error(`the server in ${dataDir} neither starts nor stops`);
  }
}

/** Waits until the server of the data directory is gone. */
async function awaitStopped(dataDir: string, patience: number): Promise<boolean> {
  for (const deadline = Date.now() + patience; ; await sleep(15)) {
    if (readPostmaster(dataDir) === undefined) return true;
    if (Date.now() > deadline) return false;
  }
}

/** Ends the server of the data directory, if one runs. */
export async function stopServer(dataDir: string): Promise<void> {
  // Fast, then immediate: the latter is crash-safe and never waits for a client or a checkpoint.
  for (const [signal, patience] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 2_000],
  ] as const) {
    const found = readPostmaster(dataDir);
    if (found === undefined) return;
    try {
      process.kill(found.pid, signal);
    } catch {
      // Gone between the look and the signal.
    }
    if (await awaitStopped(dataDir, patience)) return;
  }
}
