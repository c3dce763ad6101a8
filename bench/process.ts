import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
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
export async function startScript(
  script: string,
  args: readonly string[],
  ready: RegExp,
  env: Readonly<Record<string, string>> = {},
  nodeOptions: readonly string[] = [],
): Promise<Companion> {
  const child = spawn(process.execPath, [...nodeOptions, script, ...args], {
    cwd: root,
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const said = await firstMatch(child, ready, script);
  // From now on nobody reads, and a full pipe would stop the program: the log is thrown away as it comes.
  child.stdout.resume();
  child.stderr.resume();
  return {
    pid: child.pid ?? 0,
    said,
    stop: async () => {
      process.removeListener('exit', endWithUs);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(hard);
    },
  };
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
  ready: RegExp,
  script: string,
): Promise<RegExpExecArray> {
  let text = '';
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${script} is not ready:\n${text}`)), 60_000);
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const match = ready.exec(text);
      if (match === null) return;
      clearTimeout(late);
      resolve(match);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`${script} ended with ${code}:\n${text}`));
    });
  });
}
