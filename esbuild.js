// Builds the extension (dist/) and, with --tests, its tests (out/).
// node esbuild.js [--production] [--tests] [--watch]
'use strict';

const esbuild = require('esbuild');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

const production = process.argv.includes('--production');
const tests = process.argv.includes('--tests');
const watch = process.argv.includes('--watch');

/** The oldest Node.js that VS Code runs extensions in. */
const NODE = 'node22';

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: __dirname,
  bundle: true,
  platform: 'node',
  target: NODE,
  format: 'cjs',
  logLevel: production || watch ? 'info' : 'warning',
  // Lists the packages in each bundle, for the license notices.
  metafile: true,
  // An unresolved import must fail the build, not the user's editor.
  logOverride: { 'unresolved-import': 'error', 'require-resolve-not-external': 'error' },
};

/**
 * The small entry that loads at start. It loads the app on first use: a CommonJS bundle, because it starts fastest in the
 * extension host.
 * @type {import('esbuild').BuildOptions}
 */
const extension = {
  ...common,
  entryPoints: { extension: 'src/extension.ts' },
  outdir: 'dist',
  external: ['vscode', './app.js'],
  minify: production,
  sourcemap: !production,
};

/**
 * Removes zod's unused helpers. esbuild keeps them all because `catch` reaches one through a namespace in a namespace.
 * @type {import('esbuild').Plugin}
 */
const slimZod = {
  name: 'slim-zod',
  setup(build) {
    build.onLoad({ filter: /zod.v4.mini.schemas\.js$/ }, ({ path: file }) => ({
      contents: fs.readFileSync(file, 'utf8').replaceAll('core.util.', 'util.'),
    }));
  },
};

const appFile = path.join(__dirname, 'src', 'editor', 'app.ts');

/**
 * Puts what the app loads with `import()` into separate files. Each of them begins with an import of the app, so that
 * esbuild keeps all code of the app in one chunk. Only ES modules can be split, so the output is converted to CommonJS.
 * @type {import('esbuild').Plugin}
 */
const lazyParts = {
  name: 'lazy-parts',
  setup(build) {
    build.onResolve({ filter: /^\./ }, ({ kind, path: name, resolveDir }) =>
      kind === 'dynamic-import' ? { path: path.join(resolveDir, name), namespace: 'lazy' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path: file }) => ({
      contents: `import ${JSON.stringify(appFile)}; export * from ${JSON.stringify(file)};`,
      resolveDir: __dirname,
    }));
    build.onEnd(async ({ outputFiles = [] }) => {
      for (const { path: file, text } of outputFiles) {
        const { code } = await esbuild.transform(text, {
          ...{ format: 'cjs', platform: 'node', target: NODE, minify: production },
          // Use require() for import(), too.
          supported: { 'dynamic-import': false },
          sourcemap: production ? false : 'inline',
          sourcefile: path.basename(file),
        });
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, code);
      }
    });
  },
};

/**
 * The app, and the parts that it loads on first use.
 * @type {import('esbuild').BuildOptions}
 */
const app = {
  ...common,
  entryPoints: { app: appFile },
  outdir: 'dist',
  external: ['vscode'],
  format: 'esm',
  splitting: true,
  plugins: [slimZod, lazyParts],
  write: false,
  minify: production,
  sourcemap: production ? false : 'inline',
};

/**
 * The worker of the image pipeline.
 * @type {import('esbuild').BuildOptions}
 */
const images = {
  ...common,
  entryPoints: { imageWorker: 'src/core/images/worker.ts' },
  outdir: 'dist',
  minify: production,
  sourcemap: !production,
  // The codecs use import.meta only to find their WebAssembly, which the worker passes to them.
  logOverride: { ...common.logOverride, 'empty-import-meta': 'silent' },
};

/** WebAssembly of the codecs, compressed. The worker loads it from its own folder (src/core/images/codecs.ts). */
const codecs = [
  '@jsquash/avif/codec/dec/avif_dec.wasm',
  '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
  '@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm',
  '@jsquash/png/codec/pkg/squoosh_png_bg.wasm',
  '@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm',
  '@jsquash/webp/codec/dec/webp_dec.wasm',
  'pdfjs-dist/wasm/qcms_bg.wasm',
];

/**
 * The webview pages, each with one script and one style sheet. They have their own folder because a page may load
 * nothing else.
 * @type {import('esbuild').BuildOptions}
 */
const pages = {
  ...common,
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
  entryPoints: { player: 'src/webview/player/main.ts', imageFit: 'src/webview/imageFit/main.ts' },
  outdir: 'dist/webview',
  loader: { '.m4a': 'binary' },
  plugins: [slimZod],
  minify: production,
  sourcemap: production ? false : 'inline',
};

/**
 * Tests, benchmarks, and their tools, one bundle per file, in the same structure as test/ and bench/. Packages
 * stay in node_modules.
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
  const shipped = [extension, app, images, pages];
  const testing = tests ? testOptions() : undefined;
  const targets = testing ? [...shipped, testing] : shipped;
  if (watch) {
    copyCodecs();
    const contexts = await Promise.all(targets.map((options) => esbuild.context(options)));
    await Promise.all(contexts.map((context) => context.watch()));
    return;
  }
  // Bundles of deleted tests would still run.
  if (tests) fs.rmSync(path.join(__dirname, 'out'), { recursive: true, force: true });
  fs.rmSync(path.join(__dirname, 'dist'), { recursive: true, force: true });
  copyCodecs();
  /** @type {string[]} */
  const bundled = [];
  for (const options of targets) {
    const { metafile } = await esbuild.build(options);
    if (options !== testing) bundled.push(...Object.keys(metafile?.inputs ?? {}));
  }
  writeNotices(bundled);
}

function copyCodecs() {
  fs.mkdirSync(path.join(__dirname, 'dist'), { recursive: true });
  for (const file of codecs) {
    const wasm = fs.readFileSync(path.join(__dirname, 'node_modules', file));
    // 20% smaller than in the VSIX's compression. The best quality takes seconds, so it's only used for
    // production.
    const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: production ? 11 : 1 };
    const packed = zlib.brotliCompressSync(wasm, { params });
    fs.writeFileSync(path.join(__dirname, 'dist', `${path.basename(file)}.br`), packed);
  }
}

/**
 * Writes the licenses of all bundled packages next to the bundles, as required.
 * @param {string[]} inputs the bundled files, relative to the project
 */
function writeNotices(inputs) {
  const folders = inputs.map((file) => /^.*?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? '');
  /** @type {Map<string, string[]>} */
  const byText = new Map();
  for (const place of [...new Set(folders)].filter(Boolean).sort()) {
    const folder = path.join(__dirname, place);
    const name = place.replace(/^.*?node_modules\//, '');
    const licences = fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(
        (file) =>
          /^licen[cs]e/i.test(path.basename(file)) &&
          !/node_modules|fonts|iccs|cmaps|hqx|magic-kernel/.test(file),
      );
    if (licences.length === 0)
      throw new Error(`${name} is bundled, but has no licence that could be shipped.`);
    for (const file of licences.sort()) {
      const text = fs.readFileSync(path.join(folder, file), 'utf8').trim();
      byText.set(text, [...(byText.get(text) ?? []), name]);
    }
  }
  // The package doesn't list the licenses of its compiled code.
  const avif = fs
    .readFileSync(path.join(__dirname, 'src', 'core', 'images', 'avifNotice.txt'), 'utf8')
    .trim();
  byText.set(avif, ['libavif and libaom, in @jsquash/avif']);
  const rule = '='.repeat(80);
  const parts = [...byText].map(
    ([text, names]) => `${rule}\n${[...new Set(names)].join(', ')}\n${rule}\n\n${text}\n`,
  );
  // Notices for the compiled codecs: the attribution that libjpeg requires, and the contents of the PNG decoder.
  const start = [
    'Nebula Video contains the following software.',
    'This software is based in part on the work of the Independent JPEG Group.',
    'The decoder of PNG is made with the crates png, fdeflate, flate2, miniz_oxide and crc32fast, used under the Apache License 2.0.',
  ];
  fs.writeFileSync(path.join(__dirname, 'dist', 'NOTICES.txt'), [...start, ...parts].join('\n\n'));
}

main().catch((/** @type {unknown} */ error) => {
  // esbuild prints its own errors. Print all others here.
  if (!(error instanceof Error && 'errors' in error)) console.error(error);
  process.exitCode = 1;
});
