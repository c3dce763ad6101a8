import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemBinaries } from '../control-plane/pg/binaries.ts';
import { pgbouncerProgram } from './support/pgbouncer.ts';

/** What one step found. A check without cases of its own counts as one. */
interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'rowhouse-run-'));

/** The settings of whoever calls must not steer the tests. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(ROWHOUSE_.*|DATABASE_URL|PORT|HOST|PG[A-Z]+|NODE_ENV)$/.test(name),
  ),
);

async function run(
  program: string,
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...environment, ...extra },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', (error) => {
      console.error(String(error));
      resolve(127);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

async function check(name: string, program: string, ...args: readonly string[]): Promise<Outcome> {
  const started = Date.now();
  const failed = (await run(program, args)) === 0 ? 0 : 1;
  console.log(`${failed === 0 ? 'ok' : 'FAILED'}  ${name} (${Date.now() - started} ms)`);
  return { passed: 1 - failed, failed };
}

interface Report {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

async function suites(
  name: string,
  args: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  console.log(`\n== ${name}`);
  const file = join(scratch, `${name.replaceAll(/\W+/g, '-')}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await run(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args],
    extra,
  );
  const counted = count(file);
  // An error outside every test, or a run that never got to its report: nothing else would tell.
  return code !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
}

function count(file: string): Outcome {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return { passed: 0, failed: 1 };
  }
  let passed = 0;
  let failed = 0;
  for (const suite of report.testResults) {
    const cases = suite.assertionResults;
    const broken = cases.filter((each) => each.status === 'failed').length;
    passed += cases.filter((each) => each.status === 'passed').length;
    // A file that can't be loaded, or whose hooks fail, has no case to blame.
    failed += broken === 0 && suite.status === 'failed' ? 1 : broken;
  }
  return { passed, failed };
}

async function everything(): Promise<Outcome[]> {
  const outcomes = await Promise.all([
    check('types', process.execPath, 'node_modules/.bin/tsc', '-p', 'tsconfig.json'),
    check('Biome', 'node_modules/.bin/biome', 'check', '--error-on-warnings', '.'),
  ]);
  const pooled = pgbouncerProgram() !== undefined;
  if (!pooled) console.log('\nNo pgbouncer is installed on this system: its tests are left out');
  const absent = pooled ? [] : ['--exclude', 'test/http/pgbouncer.test.ts'];
  outcomes.push(await suites('every suite, embedded Postgres', absent));
  const system = systemBinaries();
  if (system === undefined) {
    console.log('\nNo Postgres 15 or newer is installed on this system: its run is left out');
  } else {
    outcomes.push(
      await suites(
        `SQL and HTTP, Postgres ${system.major} of this system`,
        // The commands' own start of the embedded server has nothing to do with this one.
        ['--project', 'database', '--exclude', 'test/http/run.test.ts', ...absent].concat([
          'test/sql',
          'test/http',
        ]),
        { ROWHOUSE_TEST_PG_BIN: system.binDir },
      ),
    );
  }
  return outcomes;
}

const outcomes = await everything();
rmSync(scratch, { recursive: true, force: true });
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
process.exitCode = failed === 0 ? 0 : 1;
console.log(`\n${passed} passed, ${failed} failed`);
