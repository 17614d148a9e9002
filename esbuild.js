// Builds what ships (dist/) and, with --tests, what tests it (out/).
//   node esbuild.js [--production] [--tests] [--watch]
'use strict';

const esbuild = require('esbuild');
const fs = require('node:fs');
const path = require('node:path');

const production = process.argv.includes('--production');
const tests = process.argv.includes('--tests');
const watch = process.argv.includes('--watch');

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: __dirname,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  logLevel: production || watch ? 'info' : 'warning',
  // A forgotten import must stop the build, not surface in a user's editor.
  logOverride: { 'unresolved-import': 'error', 'require-resolve-not-external': 'error' },
};

/**
 * The extension is a small entry that loads at start, and the app, which is loaded on first use:
 * CommonJS bundles, because they start fastest in the extension host.
 * @type {import('esbuild').BuildOptions}
 */
const extension = {
  ...common,
  entryPoints: { extension: 'src/extension.ts', app: 'src/editor/app.ts' },
  outdir: 'dist',
  external: ['vscode', './app.js'],
  minify: production,
  sourcemap: !production,
};

/**
 * The player's page: one script that runs at once, and its styles beside it, in a folder of their own: the page may
 * load what is in it and nothing else of ours.
 * @type {import('esbuild').BuildOptions}
 */
const page = {
  ...common,
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
  entryPoints: { player: 'src/webview/player/main.ts' },
  outdir: 'dist/webview',
  loader: { '.m4a': 'binary' },
  minify: production,
  sourcemap: production ? false : 'inline',
};

/**
 * Tests, measurements and their tools, one bundle a file, beside each other as in test/ and bench/; packages stay in node_modules.
 * @returns {import('esbuild').BuildOptions}
 */
function testOptions() {
  const files = ['test', 'bench'].flatMap((folder) =>
    fs
      .readdirSync(path.join(__dirname, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => `${folder}/${name.split(path.sep).join('/')}`),
  );
  return {
    ...common,
    entryPoints: files,
    outdir: 'out',
    outbase: '.',
    packages: 'external',
    external: ['vscode'],
    sourcemap: 'inline',
    logLevel: 'warning',
  };
}

async function main() {
  const targets = tests ? [extension, page, testOptions()] : [extension, page];
  if (watch) {
    const contexts = await Promise.all(targets.map((options) => esbuild.context(options)));
    await Promise.all(contexts.map((context) => context.watch()));
    return;
  }
  // Stale bundles of deleted tests would go on passing.
  if (tests) fs.rmSync(path.join(__dirname, 'out'), { recursive: true, force: true });
  fs.rmSync(path.join(__dirname, 'dist'), { recursive: true, force: true });
  for (const options of targets) await esbuild.build(options);
}

main().catch((/** @type {unknown} */ error) => {
  // esbuild has printed its own errors already; anything else needs its message here.
  if (!(error instanceof Error && 'errors' in error)) console.error(error);
  process.exitCode = 1;
});
