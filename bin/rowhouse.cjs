#!/usr/bin/env node
'use strict';
// Works under any Node ≥ 20: hands over to the pinned one. Old syntax on purpose.
const { spawn } = require('node:child_process');
const { existsSync, realpathSync } = require('node:fs');
const path = require('node:path');
const { nodeOptions, pinnedNode } = require('./pinned-node.cjs');

const root = path.join(path.dirname(realpathSync(__filename)), '..');
// A checkout runs its sources, whatever an earlier `npm pack` has left in dist; the published package has dist only.
const source = path.join(root, 'control-plane', 'main.ts');
const entry = existsSync(source) ? source : path.join(root, 'dist', 'main.js');

let binary;
try {
  binary = pinnedNode(root);
} catch (error) {
  process.stderr.write(`rowhouse: ${error.message}\n`);
  process.exit(1);
}

// The channel tells the child when we die without a word (kill -9): it stops then.
const child = spawn(binary, [...nodeOptions, entry, ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
// A signal to us alone must reach the child; a Ctrl-C reaches both, and the child takes two at once for one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(`rowhouse: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code === null ? 1 : code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
