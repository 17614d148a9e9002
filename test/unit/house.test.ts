import { strict as assert } from 'node:assert';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../vscode/projectRoot';

const source = path.join(projectRoot, 'src');

/** The import of one folder by another, with an example. */
interface FolderImport {
  readonly from: string;
  readonly to: string;
  readonly example: string;
}

/** Reads the imports between folders, type imports included. */
function folderImports(): readonly FolderImport[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  const known = new Set(files);
  const found = files.flatMap((file) => {
    const text = readFileSync(path.join(source, file), 'utf8');
    return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].flatMap(([, specifier = '']) => {
      const target = path.posix.join(path.posix.dirname(file), specifier);
      const imported = [`${target}.ts`, `${target}/index.ts`].find((name) => known.has(name));
      if (imported === undefined) return [];
      const [from, to] = [path.posix.dirname(file), path.posix.dirname(imported)];
      return from === to ? [] : [{ from, to, example: `${file} -> ${imported}` }];
    });
  });
  return [...new Map(found.map((one) => [`${one.from} ${one.to}`, one])).values()];
}

/** Finds the shortest way from one folder to another. */
function findPath(imports: readonly FolderImport[], from: string, to: string): readonly FolderImport[] {
  const steps = new Map<string, FolderImport | undefined>([[from, undefined]]);
  for (const folder of steps.keys()) {
    if (folder === to) break;
    for (const step of imports) if (step.from === folder && !steps.has(step.to)) steps.set(step.to, step);
  }
  const found: FolderImport[] = [];
  for (let step = steps.get(to); step; step = steps.get(step.from)) found.unshift(step);
  return found;
}

describe('the folders of src', () => {
  it('import each other without a cycle', () => {
    const imports = folderImports();
    assert.ok(imports.length > 100);
    const cycles = imports.flatMap((step) => {
      const back = findPath(imports, step.to, step.from);
      return back.length > 0 ? [[step, ...back].map(({ example }) => example).join(', and ')] : [];
    });
    assert.deepEqual(cycles.slice(0, 1), []);
  });
});
