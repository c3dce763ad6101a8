import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { systemBinaries } from '../control-plane/pg/binaries.ts';
import { findBrowser } from './support/browser.ts';
import { pgbouncerProgram } from './support/pgbouncer.ts';

/** What one step found. A check without cases of its own counts as one. */
interface Outcome {
  readonly passed: number;
  /** What failed, each in a few lines: where, what, and the start of why. */
  readonly failures: readonly string[];
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
  const sound = (await run(program, args)) === 0;
  console.log(`${sound ? 'ok' : 'FAILED'}  ${name} (${Date.now() - started} ms)`);
  return sound ? { passed: 1, failures: [] } : { passed: 0, failures: [name] };
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
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
  const found = read(file, name);
  if (code === 0 || found.failures.length > 0) return found;
  return { ...found, failures: [`${name}: an error outside every test, told above`] };
}

function read(file: string, run: string): Outcome {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return { passed: 0, failures: [`${run}: ended without a report`] };
  }
  let passed = 0;
  const failures: string[] = [];
  for (const suite of report.testResults) {
    const where = `${relative(root, suite.name)} (${run})`;
    const cases = suite.assertionResults;
    const broken = cases.filter((each) => each.status === 'failed');
    passed += cases.filter((each) => each.status === 'passed').length;
    for (const { fullName, failureMessages } of broken) {
      failures.push(`${where}\n  ${fullName}${opening(failureMessages.join('\n'))}`);
    }
    // A file that can't be loaded, or whose hooks fail, has no case to blame.
    if (broken.length === 0 && suite.status === 'failed') {
      failures.push(`${where}${opening(suite.message)}`);
    }
  }
  return { passed, failures };
}

/** The first lines of a message, without the calls that led there. */
function opening(message: string): string {
  return stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .slice(0, 6)
    .map((line) => `\n    ${line.slice(0, 300)}`)
    .join('');
}

/** The commands' own start of the embedded server, and the browser, have nothing to do with that of the system. */
const ownServer = ['run', 'package', 'docs'].flatMap((name) => [
  '--exclude',
  `test/http/${name}.test.ts`,
]);

async function everything(): Promise<Outcome[]> {
  const outcomes = await Promise.all([
    check('types', process.execPath, 'node_modules/.bin/tsc', '-p', 'tsconfig.json'),
    check('Biome', 'node_modules/.bin/biome', 'check', '--error-on-warnings', '.'),
  ]);
  const pooled = pgbouncerProgram() !== undefined;
  if (!pooled) console.log('\nNo pgbouncer is installed on this system: its tests are left out');
  const absent = pooled ? [] : ['--exclude', 'test/http/pgbouncer.test.ts'];
  if (findBrowser() === undefined) {
    console.log('\nNo Chromium is installed on this system: the page of /docs is not looked at');
  }
  outcomes.push(await suites('every suite, embedded Postgres', absent));
  const system = systemBinaries();
  if (system === undefined) {
    console.log('\nNo Postgres 15 or newer is installed on this system: its run is left out');
  } else {
    outcomes.push(
      await suites(
        `SQL and HTTP, Postgres ${system.major} of this system`,
        ['--project', 'database', ...ownServer, ...absent, 'test/sql', 'test/http'],
        { ROWHOUSE_TEST_PG_BIN: system.binDir },
      ),
    );
  }
  return outcomes;
}

const outcomes = await everything();
rmSync(scratch, { recursive: true, force: true });
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
const failures = outcomes.flatMap((outcome) => outcome.failures);
process.exitCode = failures.length === 0 ? 0 : 1;
// Here, not only where it happened: of a long log often just the end is kept.
if (failures.length > 0) console.log(`\nFailed:\n${failures.join('\n')}`);
console.log(`\n${passed} passed, ${failures.length} failed`);
