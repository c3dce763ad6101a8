import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A hold on a running server. */
export interface Lifeline {
  /** Lets go; the last one to do so ends the server. Safe to call twice. */
  drop(): Promise<void>;
}

/**
 * Waits until the last writer of the pipe has gone, which the kernel sees even when that was kill -9, then ends the server. It reads
 * the process number at that moment: the server may have been restarted meanwhile.
 */
const watcher = `
data=$1 pipe=$2; shift 2
exec <"$pipe"
while read -r _; do :; done
rm -f "$@"
pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
  what=$(tr '\\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null || ps -o args= -p "$pid" 2>/dev/null)
  case $what in *postgres*) kill -INT "$pid" ;; esac
fi
rm -f "$pipe"
`;

/**
 * Holds the server of a data directory alive as long as this process lives or until it lets go. Every process that uses the server
 * has the writing end of one named pipe open; a small shell waits at the other end.
 */
export async function takeLifeline(
  dataDir: string,
  leftovers: readonly string[],
): Promise<Lifeline> {
  const pipe = `${dataDir}.alive`;
  let descriptor = isPipe(pipe) ? openWriting(pipe) : undefined;
  if (descriptor === undefined) {
    rmSync(pipe, { force: true });
    execFileSync('mkfifo', ['-m', '600', pipe]);
    const shell = spawn(
      '/bin/sh',
      ['-c', watcher, 'rowhouse-lifeline', dataDir, pipe, ...leftovers],
      {
        cwd: '/',
        detached: true,
        stdio: 'ignore',
      },
    );
    shell.unref();
    for (const deadline = Date.now() + 10_000; descriptor === undefined; await sleep(5)) {
      descriptor = openWriting(pipe);
      if (Date.now() > deadline) throw new Error(`nobody reads ${pipe}`);
    }
  }
  let held: number | undefined = descriptor;
  return {
    drop: async () => {
      if (held === undefined) return;
      closeSync(held);
      held = undefined;
      // The shell goes when we were the last and the server is down; otherwise others hold it, and there is nothing to wait for.
      for (let turn = 0; turn < 60 && existsSync(pipe) && !serves(dataDir); turn += 1)
        await sleep(5);
    },
  };
}

function serves(dataDir: string): boolean {
  return existsSync(join(dataDir, 'postmaster.pid'));
}

function isPipe(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false;
}

/** The writing end, or undefined while nobody reads. */
function openWriting(pipe: string): number | undefined {
  try {
    return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENXIO' || code === 'ENOENT') return undefined;
    throw error;
  }
}
