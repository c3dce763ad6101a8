import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A program of ours running beside the bench. */
export interface Companion {
  readonly pid: number;
  /** Resolves once it has printed a line that fits, with the match. */
  readonly said: RegExpExecArray;
  readonly stop: () => Promise<void>;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** Starts a script of this repository under this Node and waits for the line that says it is ready. */
export function startScript(
  script: string,
  args: readonly string[],
  ready: RegExp,
  env: Readonly<Record<string, string>> = {},
  nodeOptions: readonly string[] = [],
): Promise<Companion> {
  return startProgram(process.execPath, [...nodeOptions, script, ...args], ready, env);
}

/**
 * Starts a program and waits for the line that says it is ready. What it prints goes to a file, as a service's log does: a pipe would
 * be read by the load generator.
 */
export async function startProgram(
  program: string,
  args: readonly string[],
  ready: RegExp,
  env: Readonly<Record<string, string>>,
): Promise<Companion> {
  const folder = mkdtempSync(join(tmpdir(), 'rowhouse-log-'));
  const log = join(folder, 'log');
  const output = openSync(log, 'a', 0o600);
  const child = spawn(program, [...args], {
    cwd: root,
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', endWithUs);
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(hard);
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { pid: child.pid ?? 0, said: await firstMatch(child, log, ready), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs a script to its end; what it printed. @throws Error with what it said instead */
export async function runScript(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  return runProgram(process.execPath, [script, ...args], env);
}

/** Runs a program to its end; what it printed. @throws Error with what it said instead */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawn(program, [...args], {
    cwd: root,
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args[0] ?? program} ended with ${code}: ${complaint || out}`);
  return out;
}

/** No setting of the caller's shell reaches what is measured. */
function bareEnvironment(): Record<string, string> {
  const { PATH = '/usr/bin:/bin', HOME = '/' } = process.env;
  return { PATH, HOME };
}

async function firstMatch(
  child: ChildProcess,
  log: string,
  ready: RegExp,
): Promise<RegExpExecArray> {
  for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
    const text = readFileSync(log, 'utf8');
    const match = ready.exec(text);
    if (match !== null) return match;
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || Date.now() > deadline) throw new Error(`a program did not get ready:\n${text}`);
  }
}
