import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../vscode/projectRoot';

/** A file that the page names as a proof, with the titles it cites of it. */
interface Proof {
  readonly file: string;
  readonly titles: readonly string[];
}

/** The proofs of a page: lines of the form - `file`: “title”, “title”. */
function proofsIn(page: string): Proof[] {
  return [...page.matchAll(/^ *- `(test\/[^`]+)`: (.+)$/gm)].map(([, file = '', cited = '']) => ({
    file,
    titles: [...cited.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title),
  }));
}

/** The titles of suites and tests in a file, as they are written there: with holes where something is filled in. */
function titlesIn(source: string): string[] {
  return [...source.matchAll(/\b(?:it|describe)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs)].map(
    ([, , title = '']) => title,
  );
}

/** Returns the incorrect statements of a page. */
function faultsOf(page: string, read: (file: string) => string | undefined): string[] {
  return proofsIn(page).flatMap(({ file, titles }) => {
    const source = read(file);
    if (source === undefined) return [`${file} is not there`];
    if (titles.length === 0) return [`nothing is cited of ${file}`];
    const there = titlesIn(source);
    return titles
      .filter((title) => !there.some((written) => written.includes(title)))
      .map((title) => `${file} has no “${title}”`);
  });
}

describe('docs/reliability.md', () => {
  const page = readFileSync(path.join(projectRoot, 'docs', 'reliability.md'), 'utf8');
  const read = (file: string) => {
    const place = path.join(projectRoot, file);
    return existsSync(place) ? readFileSync(place, 'utf8') : undefined;
  };

  it('names only tests that are there', () => assert.deepEqual(faultsOf(page, read), []));

  it('names a proof for every promise', () => {
    const [promises = ''] = page.split('## Figures');
    const claims = promises.split(/^- \*\*/m).slice(1);
    assert.ok(claims.length > 20);
    for (const claim of claims) assert.ok(proofsIn(claim).length > 0, claim.split('\n')[0]);
    // A test that is named in another form would not be looked for.
    assert.equal(proofsIn(page).length, (promises.match(/^ {2}- /gm) ?? []).length);
  });

  it('would be caught at a file or title that is not there', () => {
    const source = "describe('a suite', () => { it(`${name}: asked again`, () => {}); });";
    const faults = (line: string) =>
      faultsOf(`  - ${line}\n`, (file) => (file === 'test/a.ts' ? source : undefined));
    assert.deepEqual(faults('`test/a.ts`: “a suite”, “asked again”'), []);
    assert.deepEqual(faults('`test/a.ts`: “asked never”'), ['test/a.ts has no “asked never”']);
    assert.deepEqual(faults('`test/b.ts`: “a suite”'), ['test/b.ts is not there']);
    assert.deepEqual(faults('`test/a.ts`: nothing'), ['nothing is cited of test/a.ts']);
  });
});
