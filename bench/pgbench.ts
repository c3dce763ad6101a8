import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Driven } from './load.ts';
import { quantile } from './load.ts';
import { runProgram } from './process.ts';

export interface PgbenchRun {
  readonly program: string;
  readonly url: string;
  /** Of bench/scripts. */
  readonly script: string;
  readonly clients: number;
  readonly seconds: number;
  /** Rows of the table `items`, which the scripts pick from. */
  readonly rows: number;
  readonly schema: string;
}

/** One round of a script, its statements prepared. */
export async function runPgbench(run: PgbenchRun): Promise<Driven> {
  const folder = mkdtempSync(join(tmpdir(), 'rowhouse-pgbench-'));
  try {
    const out = await runProgram(
      run.program,
      [
        ...['--no-vacuum', '--protocol=prepared', `--client=${run.clients}`, '--jobs=1'],
        ...[`--time=${run.seconds}`, `--define=rows=${run.rows}`, '--log'],
        ...[`--log-prefix=${join(folder, 'log')}`, `--file=bench/scripts/${run.script}`, run.url],
      ],
      { PGOPTIONS: `-c search_path=${run.schema}` },
    );
    const taken = readdirSync(folder)
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
      .filter((line) => line !== '')
      // The third field is microseconds.
      .map((line) => Number(line.split(' ')[2]) / 1000)
      .sort((a, b) => a - b);
    return {
      rate: Number(/tps = ([\d.]+)/.exec(out)?.[1]),
      requests: taken.length,
      p50: quantile(taken, 0.5),
      p99: quantile(taken, 0.99),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** On the path, or in Debian's folders by version; newest first. */
export async function findPgbench(): Promise<string | undefined> {
  for (const program of ['pgbench', ...versioned('/usr/lib/postgresql')]) {
    try {
      await runProgram(program, ['--version'], {});
      return program;
    } catch {
      // Not there: the next one.
    }
  }
  return undefined;
}

function versioned(root: string): readonly string[] {
  try {
    return readdirSync(root)
      .sort((a, b) => Number(b) - Number(a))
      .map((name) => `${root}/${name}/bin/pgbench`);
  } catch {
    return [];
  }
}
