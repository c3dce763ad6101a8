/** Commands of pages, run as a reader would paste them. */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { environment } from './cli.ts';

const root = join(import.meta.dirname, '..', '..');
/** `npx rowhouse` without npm's second of start-up. */
const npx = `npx() { shift; '${process.execPath}' '${root}/bin/rowhouse.cjs' "$@"; }\n`;

/** The blocks of a language in a page, in their order. */
export function blocksOf(page: string, language: string): readonly string[] {
  const block = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g');
  return [...page.matchAll(block)].map((match) => match[1] ?? '');
}

/** Runs a script in a folder, which must end well, and gives back what it prints. */
export function bash(
  script: string,
  folder: string,
  settings: Readonly<Record<string, string>>,
): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-euc', npx + script], {
    cwd: folder,
    env: environment(settings),
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(status, `${script}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

/** What a server has printed when it shows the sign that it is up. */
export async function served(child: ChildProcess, sign: RegExp): Promise<string> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  for (let waited = 0; waited < 100_000 && child.exitCode === null; waited += 50) {
    if (sign.test(text)) return text;
    await sleep(50);
  }
  throw new Error(`serve does not come up:\n${text}`);
}

/** Ends a server as an operator does, and waits for its end. */
export async function stopped(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.kill('SIGTERM')) await ended;
}
