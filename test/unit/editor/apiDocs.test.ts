import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../../vscode/projectRoot';

const api = path.join(projectRoot, 'src', 'api.ts');
/** The documented types, as a file that is only ever in memory. */
const documented = path.join(projectRoot, 'src', 'documentedApi.ts');
const check = path.join(projectRoot, 'src', 'documentedApiCheck.ts');

/** The types that docs/api.md shows, which its readers copy. */
function documentedTypes(): string {
  const page = readFileSync(path.join(projectRoot, 'docs', 'api.md'), 'utf8');
  const block = /```ts title="nebulaVideo\.d\.ts"\n(.*?)```/s.exec(page)?.[1];
  assert.ok(block, 'docs/api.md has no block of types');
  return block;
}

/** Compiles a program from files in memory and returns the compiler's messages. */
function complaints(files: ReadonlyMap<string, string>, root: string): string[] {
  const { config } = ts.readConfigFile(path.join(projectRoot, 'tsconfig.json'), (file) =>
    ts.sys.readFile(file),
  ) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, projectRoot);
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    readFile: (file) => files.get(path.normalize(file)) ?? disk.readFile(file),
    fileExists: (file) => files.has(path.normalize(file)) || disk.fileExists(file),
    getSourceFile: (file, language, ...rest) => {
      const text = files.get(path.normalize(file));
      return text === undefined
        ? disk.getSourceFile(file, language, ...rest)
        : ts.createSourceFile(file, text, language);
    },
  };
  const program = ts.createProgram([root], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('docs/api.md', () => {
  it('shows the types of src/api.ts', function () {
    this.timeout(60_000);
    const types = documentedTypes();
    const exported = [
      ...readFileSync(api, 'utf8').matchAll(/export (?:type \{([^}]*)\}|interface (\w+)|type (\w+))/g),
    ]
      .flatMap(([, list, first, second]) => (list ?? first ?? second ?? '').split(','))
      .map((name) => name.trim())
      .filter((name) => name !== '');
    assert.ok(exported.length >= 12);
    const text = [
      `import type * as real from './api';`,
      `import type * as shown from './documentedApi';`,
      `type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : never;`,
      // Both ways for each type, so that neither has more than the other.
      ...exported.map(
        (name) =>
          `export const ${name}There: (value: real.${name}) => shown.${name} = (value) => value;` +
          `export const ${name}Back: (value: shown.${name}) => real.${name} = (value) => value;` +
          `export const ${name}Keys: Same<keyof real.${name}, keyof shown.${name}> = true;`,
      ),
    ].join('\n');
    const files = new Map([
      [documented, types],
      [check, text],
    ]);
    assert.deepEqual(complaints(files, check), []);
    assert.deepEqual(
      [...types.matchAll(/export (?:interface|type) (\w+)/g)].map(([, name]) => name).sort(),
      exported.sort(),
    );
  });

  it('has examples that compile', function () {
    this.timeout(60_000);
    const page = readFileSync(path.join(projectRoot, 'docs', 'api.md'), 'utf8');
    const examples = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
    assert.ok(examples.length >= 2);
    for (const example of examples) {
      const file = path.join(projectRoot, 'src', 'documentedExample.ts');
      const files = new Map([
        [file, example],
        [path.join(projectRoot, 'src', 'nebulaVideo.d.ts'), documentedTypes()],
      ]);
      assert.deepEqual(complaints(files, file), [], example);
    }
  });

  it('names every phase, failure and rejection', () => {
    const page = readFileSync(path.join(projectRoot, 'docs', 'api.md'), 'utf8');
    const rows = new Set([...page.matchAll(/^\| `(\w+)` /gm)].map(([, word]) => word));
    const source = ['core/task/phases.ts', 'core/task/task.ts', 'editor/common/rejection.ts']
      .map((file) => readFileSync(path.join(projectRoot, 'src', file), 'utf8'))
      .join('\n');
    const unions = [
      /export type Phase =([^;]*);/,
      /FAILURE_KINDS = \[([^\]]*)\]/,
      /export type RejectionCode =([^;]*);/,
    ];
    for (const union of unions) {
      const words = [...(union.exec(source)?.[1] ?? '').matchAll(/'(\w+)'/g)].map(([, word]) => word);
      assert.ok(words.length > 5);
      for (const word of words) assert.ok(rows.has(word), `${String(word)} is not explained`);
    }
  });
});
