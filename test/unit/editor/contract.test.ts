import { strict as assert } from 'node:assert';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import manifest from '../../../package.json';
import { CONTEXT_KEYS, SETTINGS, SETTINGS_SECTION, VIEWS } from '../../../src/editor/common/ids';
import { projectRoot } from '../../vscode/projectRoot';

const { contributes } = manifest;
const commandIds = contributes.commands.map(({ command }) => command);
const settingIds = Object.keys(contributes.configuration.properties);
const viewIds = contributes.views.nebulaVideo.map(({ id }) => id);
const clauses = [...Object.values(contributes.menus).flat(), ...contributes.viewsWelcome].map(
  ({ when }) => when,
);
const contextKeys = clauses.flatMap((clause) => clause.match(/nebulaVideo\.\w+/g) ?? []);

/** IDs that the manifest doesn't name in these places. */
const EXCEPTIONS = new Set([
  // View types of webview panels; only the first one is in the manifest, as an activation event.
  'nebulaVideo.player',
  'nebulaVideo.imageFit',
  // Names in SecretStorage.
  'nebulaVideo.apiKey',
  'nebulaVideo.environmentKeys',
]);

/** Calls back for each node of each source file. */
function visitSources(visit: (node: ts.Node, file: string) => void): void {
  const root = path.join(projectRoot, 'src');
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const text = readFileSync(path.join(root, name), 'utf8');
    if (!text.includes('nebulaVideo.')) continue;
    const walk = (node: ts.Node): void => {
      visit(node, name);
      ts.forEachChild(node, walk);
    };
    walk(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true));
  }
}

describe('package.json and the code', () => {
  it('have the same commands, and each belongs to one feature', function () {
    this.timeout(60_000);
    const keys: string[] = [];
    visitSources((node) => {
      if (!ts.isPropertyAssignment(node) || !ts.isStringLiteral(node.name)) return;
      if (node.name.text.startsWith('nebulaVideo.')) keys.push(node.name.text);
    });
    assert.deepEqual(keys.sort(), [...commandIds].sort());
  });

  it('name the same views and settings', () => {
    assert.deepEqual(Object.values(VIEWS), viewIds);
    assert.deepEqual(
      Object.values(SETTINGS).map((name) => `${SETTINGS_SECTION}.${name}`),
      settingIds,
    );
  });

  it('know each ID that the code writes out', function () {
    this.timeout(60_000);
    const known = new Set<string>([...commandIds, ...settingIds, ...viewIds, ...contextKeys, ...EXCEPTIONS]);
    let count = 0;
    visitSources((node, file) => {
      if (!ts.isStringLiteralLike(node)) return;
      for (const id of node.text.match(/\bnebulaVideo\.\w+/g) ?? []) {
        count++;
        assert.ok(known.has(id), `${file}: ${id}`);
      }
    });
    assert.ok(count > 50);
  });

  it('ask only for context keys that are set, and offer only commands that exist', () => {
    const known: string[] = [...Object.values(CONTEXT_KEYS), ...viewIds];
    for (const key of contextKeys) assert.ok(known.includes(key), key);
    for (const { command } of Object.values(contributes.menus).flat())
      assert.ok(commandIds.includes(command));
  });
});
