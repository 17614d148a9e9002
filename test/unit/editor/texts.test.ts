import { strict as assert } from 'node:assert';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import manifest from '../../../package.json';
import { projectRoot } from '../../vscode/projectRoot';

/** If set, the test writes the file of texts instead of failing: `NEBULA_UPDATE_L10N=1 npm test -- unit`. */
const UPDATE_VARIABLE = 'NEBULA_UPDATE_L10N';

const inProject = (...parts: string[]) => path.join(projectRoot, ...parts);
const readObject = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;

/** The first argument of every call of `t` on something called l10n, in a source file. */
function textsOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTranslation(node.expression)) {
      const [text] = node.arguments;
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      assert.ok(
        text && ts.isStringLiteralLike(text),
        `${file}:${line + 1}: only a text that is written out can be translated`,
      );
      texts.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return texts;
}

function isTranslation(callee: ts.Expression): boolean {
  if (!ts.isPropertyAccessExpression(callee) || callee.name.text !== 't') return false;
  const owner = callee.expression;
  const name = ts.isPropertyAccessExpression(owner)
    ? owner.name.text
    : ts.isIdentifier(owner)
      ? owner.text
      : '';
  return name.replace(/^#/, '') === 'l10n';
}

describe('the texts', () => {
  it('in the code are all in l10n/bundle.l10n.json, and no others', () => {
    const sources = readdirSync(inProject('src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => inProject('src', name));
    const texts = [...new Set(sources.flatMap(textsOf))].sort();
    assert.ok(texts.length > 50);
    const file = inProject('l10n', 'bundle.l10n.json');
    if (process.env[UPDATE_VARIABLE]) {
      const bundle = Object.fromEntries(texts.map((text) => [text, text]));
      writeFileSync(file, `${JSON.stringify(bundle, null, 2)}\n`);
    }
    const hint = `run the unit tests with ${UPDATE_VARIABLE}=1`;
    assert.deepEqual(Object.keys(readObject(file)).sort(), texts, hint);
  });

  it('of package.json are all in package.nls.json, and no others', () => {
    const used = new Set(JSON.stringify(manifest).match(/%[\w.]+%/g));
    const keys = Object.keys(readObject(inProject('package.nls.json')));
    assert.deepEqual([...used].sort(), keys.map((key) => `%${key}%`).sort());
  });

  it('that people read in package.json are never written out there', () => {
    const { contributes } = manifest;
    const texts = [
      manifest.displayName,
      manifest.description,
      manifest.capabilities.untrustedWorkspaces.description,
      contributes.configuration.title,
      ...contributes.commands.flatMap(({ title, category }) => [title, category]),
      ...Object.values(contributes.configuration.properties).flatMap((property) => [
        property.markdownDescription,
        ...('enumDescriptions' in property ? property.enumDescriptions : []),
      ]),
      ...contributes.viewsContainers.activitybar.map(({ title }) => title),
      ...contributes.views.nebulaVideo.map(({ name }) => name),
      ...contributes.viewsWelcome.map(({ contents }) => contents),
    ];
    for (const text of texts) assert.match(text, /^%[\w.]+%$/);
  });
});
