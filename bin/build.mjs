// What `npm pack` runs first: control-plane/*.ts → dist/*.js, same tree, so paths to sql/ and policies/ hold in both.
// Needed because Node strips no types below node_modules.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const compiled = spawnSync(process.execPath, ['node_modules/.bin/tsc', '-p', 'bin/tsconfig.json'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exit(compiled.status ?? 1);
