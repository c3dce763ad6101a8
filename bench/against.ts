/**
 * This checkout against another commit of it: both compiled, each on a Postgres of its own with the same rows, asked in turn. For whoever
 * changes what a request passes through: `make bench-against REF=main`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { costed, type Target } from './costed.ts';
import { type Bench, openBench, person } from './environment.ts';
import { filter, list, sample } from './floors.ts';
import type { Load } from './load.ts';
import { alternate, median } from './measure.ts';
import { defineItems, keyOf, seedLists, seedRows, seedTenant, storeVerdicts } from './seed.ts';
import { figure, printed, times } from './table.ts';

const usage = `node bench/against.ts REF [--quick]
REF: a commit, branch or tag to compare with. --quick: small data and short rounds, to see that it works.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const [ref] = positionals;
const root = fileURLToPath(new URL('..', import.meta.url));
if (ref === undefined || positionals.length > 1 || !isCommit(ref)) {
  console.log(ref === undefined ? usage : `No commit ${positionals.join(' ')}\n${usage}`);
  process.exit(2);
}
if (process.env['DATABASE_URL'] !== undefined) {
  console.log(
    'DATABASE_URL: two commits on one database would install over each other; leave it out',
  );
  process.exit(2);
}
const { quick } = values;
const rows = quick ? 5_000 : 100_000;

/** One side: its server, and how its caller is known there. */
interface Side {
  readonly bench: Bench;
  readonly name: string;
  readonly token: string;
}

const tree = mkdtempSync(join(tmpdir(), 'rowhouse-against-'));
const benches: Bench[] = [];
process.once('SIGINT', () => {
  void close().finally(() => process.exit(130));
});
try {
  checkOut(ref, tree);
  const there = await side(ref, tree);
  const here = await side('here', root);
  for (const [asks, options] of questions()) await compare(asks, options, [there, here]);
} finally {
  await close();
}

async function close(): Promise<void> {
  for (const bench of benches.splice(0)) await bench.close();
  spawnSync('git', ['worktree', 'remove', '--force', tree], { cwd: root });
  rmSync(tree, { recursive: true, force: true });
}

function isCommit(name: string): boolean {
  const asked = ['rev-parse', '--quiet', '--verify', '--end-of-options', `${name}^{commit}`];
  return spawnSync('git', asked, { cwd: root }).status === 0;
}

/** The other commit in a folder of its own, with what it depends on: ours, unless it asks for others. */
function checkOut(commit: string, folder: string): void {
  run('git', 'worktree', 'add', '--detach', folder, commit);
  const lock = (of: string): string => readFileSync(join(of, 'package-lock.json'), 'utf8');
  if (lock(folder) === lock(root)) {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  } else {
    run('npm', 'ci', '--prefix', folder);
  }
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

async function side(name: string, checkout: string): Promise<Side> {
  const bench = await openBench(quick, [], checkout);
  benches.push(bench);
  const admin = await seedTenant(bench, 'against');
  const tenant = admin.tenant ?? '';
  await defineItems(bench, admin, 'items');
  await defineItems(bench, admin, 'orders');
  await seedLists(bench, tenant);
  await seedRows(bench, tenant, 'items', rows, true);
  const caller = person(tenant, 'sees_all');
  await storeVerdicts(bench, caller);
  return { bench, name, token: await bench.token(caller) };
}

function questions(): readonly (readonly [string, Omit<Load, 'url' | 'token'>])[] {
  const common = { connections: 16, seconds: quick ? 1 : 4 };
  const ids = Array.from(
    { length: 1_000 },
    () => `/api/data/items/${keyOf(1 + Math.floor(Math.random() * rows))}`,
  );
  const categories = Array.from({ length: 50 }, (_, n) => filter(`category ${n}`));
  const body = JSON.stringify(sample);
  return [
    ['get by id', { ...common, paths: ids }],
    ['list 20', { ...common, paths: [list] }],
    ['filter', { ...common, paths: categories }],
    ['insert', { ...common, method: 'POST', paths: ['/api/data/orders'], body }],
  ];
}

async function compare(
  asks: string,
  options: Omit<Load, 'url' | 'token'>,
  sides: readonly Side[],
): Promise<void> {
  const targets = sides.map(
    ({ bench, name }): Target => ({
      name,
      ...bench.server,
      postmaster: bench.postmaster,
      server: [],
      postgres: [],
    }),
  );
  const contenders = targets.map((target, at) => ({
    name: target.name,
    round: () => costed(target, { ...options, token: sides[at]?.token ?? '' }),
  }));
  const outcomes = await alternate(contenders, quick ? 2 : 7);
  const table = {
    title: `${asks}, ${figure(rows)} rows`,
    headers: ['commit', 'requests/s', 'ratio', 'lowest … highest', 'server µs', 'Postgres µs'],
    rows: outcomes.map((outcome, at) => [
      outcome.name,
      figure(outcome.median),
      times(outcome.ratio),
      `${times(outcome.lowest)} … ${times(outcome.highest)}`,
      figure(median(targets[at]?.server ?? [])),
      figure(median(targets[at]?.postgres ?? [])),
    ]),
  };
  console.log(`${printed(table)}\n`);
}
