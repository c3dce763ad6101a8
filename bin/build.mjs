// What `npm pack` runs first: control-plane/*.ts → dist/*.js, same tree, so paths to sql/ and policies/ hold in both.
// Needed because Node strips no types below node_modules.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const compiled = spawnSync(process.execPath, ['node_modules/.bin/tsc', '-p', 'bin/tsconfig.json'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

// The page of /docs: its files come along, so that the package needs nothing more for it.
mkdirSync(`${root}dist/swagger-ui`);
for (const name of [
  'swagger-ui-bundle.js',
  'swagger-ui-bundle.js.LICENSE.txt',
  'swagger-ui.css',
  'LICENSE',
  'NOTICE',
]) {
  copyFileSync(`${root}node_modules/swagger-ui-dist/${name}`, `${root}dist/swagger-ui/${name}`);
}
