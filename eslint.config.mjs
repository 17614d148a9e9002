// @ts-check
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * The arrows of the house (docs/architecture.md): who may not import whom.
 * @param {string} folder below src/
 * @param {string[]} forbidden below src/
 */
const mayNotImport = (folder, ...forbidden) =>
  forbidden.map((from) => ({
    target: `./src/${folder}`,
    from: `./src/${from}`,
    message: `src/${folder} must not know src/${from}: arrows go one way (docs/architecture.md).`,
  }));

/**
 * Each folder may import only those after it.
 * @param {string} base below src/
 * @param {string[]} names
 */
const inOrder = (base, ...names) =>
  names.flatMap((name, index) =>
    mayNotImport(`${base}/${name}`, ...names.slice(0, index).map((other) => `${base}/${other}`)),
  );

export default defineConfig(
  { ignores: ['dist/', 'out/', '.vscode-test/', 'node_modules/', 'test/cases/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.mjs'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        {
          name: 'setInterval',
          message: 'Re-arm a timeout when the work is done: an interval overlaps slow work.',
        },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-mutable-exports': 'error',
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: import.meta.dirname,
          zones: [
            ...mayNotImport('core', 'editor', 'webview', 'extension.ts', 'api.ts'),
            ...inOrder(
              'core',
              'engine.ts',
              'engineServices.ts',
              'tasks',
              'store',
              'gateway',
              'library',
              'task',
              'models',
              'images',
              'mp4',
              'common',
            ),
            ...mayNotImport('core/store', 'core/gateway', 'core/images'),
            ...mayNotImport(
              'core/gateway',
              'core/library',
              'core/task',
              'core/models',
              'core/images',
              'core/mp4',
            ),
            ...mayNotImport('core/library', 'core/task', 'core/models', 'core/images'),
            ...mayNotImport('core/images', 'core/mp4'),
            ...mayNotImport('editor', 'extension.ts', 'api.ts'),
            ...inOrder(
              'editor',
              'app.ts',
              'tasks',
              'library',
              'generate',
              'player',
              'imageFit',
              'credentials',
              'common',
              'labels',
            ),
            // These three don't need each other.
            ...mayNotImport('editor/player', 'editor/imageFit', 'editor/credentials'),
            ...mayNotImport('editor/imageFit', 'editor/credentials'),
            ...inOrder('editor/generate', '*.ts', 'batch', 'promptEditor', 'wizard', 'presets', 'submit'),
            // Only app.ts and tests know the families; everything else gets a Catalog.
            ...mayNotImport('editor/!(app.ts)/**', 'core/models/families'),
            ...mayNotImport('core/!(models)/**', 'core/models/families'),
            ...mayNotImport('core/*.ts', 'core/models/families'),
            ...mayNotImport('core/models/*.ts', 'core/models/families'),
            ...mayNotImport('extension.ts', 'api.ts'),
            ...mayNotImport('webview', 'editor', 'core/!(mp4)/**'),
            { target: './src', from: ['./test', './bench'], message: 'What ships must not know its tests.' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/core/**', 'src/webview/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { name: 'vscode', message: 'core and pages never import vscode: pass a small interface in.' },
      ],
    },
  },
  {
    // Mocha's style and the scripts' output need a little room.
    files: ['test/**', 'bench/**'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  {
    files: ['esbuild.js'],
    rules: { '@typescript-eslint/no-require-imports': 'off', 'no-console': 'off' },
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        require: 'readonly',
        module: 'writable',
        process: 'readonly',
        __dirname: 'readonly',
        console: 'readonly',
      },
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
  },
);
