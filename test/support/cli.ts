import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Settings for a command: none of the caller's own, which may name another database. */
export function environment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(ROWHOUSE_.*|DATABASE_URL|PORT|HOST|NODE_.*|VITEST.*)$/.test(name),
  );
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...settings };
}

/** Starts `rowhouse` as a user would: through the launcher. */
export function startCli(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  cwd = tmpdir(),
): ChildProcess {
  return spawn(process.execPath, [join(root, 'bin', 'rowhouse.cjs'), ...args], {
    cwd,
    env: environment(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a command to its end. */
export async function runCli(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<Outcome> {
  const child = startCli(args, settings, cwd);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}
