import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';
import { faultsOfPackage, loadedBytes } from '../../support/packageSearch';
import { unzip } from '../../support/zip';

/** Creates a zip archive: each file with its header, then the central directory, then its offset. */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  for (const [index, [name, text]] of Object.entries(files).entries()) {
    const isPacked = index % 2 === 0;
    const content = isPacked ? deflateRawSync(text) : Buffer.from(text);
    const offset = Buffer.concat(parts).length;
    const local = Buffer.alloc(30);
    local.write('PK\u0003\u0004', 'latin1');
    local.writeUInt16LE(name.length, 26);
    parts.push(local, Buffer.from(name), content);
    const entry = Buffer.alloc(46);
    entry.write('PK\u0001\u0002', 'latin1');
    entry.writeUInt16LE(isPacked ? 8 : 0, 10);
    entry.writeUInt32LE(content.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    list.push(entry, Buffer.from(name));
  }
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(Buffer.concat(parts).length, 16);
  return Buffer.concat([...parts, ...list, end]);
}

describe('the search of a package', () => {
  const good = {
    'extension.vsixmanifest': '<PackageManifest/>',
    'extension/dist/app.js': 'const prefix = /^sk-[A-Za-z0-9]+/;',
    'extension/readme.md': 'Your key looks like sk-your-own-nebula-key-here.',
  };
  const faults = (more: Readonly<Record<string, string>>) =>
    faultsOfPackage(unzip(zip({ ...good, ...more })), ['/home/somebody/project']);

  it('finds nothing in a clean package', () => assert.deepEqual(faults({}), []));

  for (const [what, name, content, fault] of [
    ['a test', 'extension/out/test/unit/a.test.js', '', /does not belong/],
    ['a source map', 'extension/dist/app.js.map', '', /does not belong/],
    ['a setting of a person’s own', 'extension/.env', '', /does not belong/],
    ['a key', 'extension/dist/more.js', 'const key = "sk-a8f3c0de9b7412e6f0";', /looks like a key/],
    ['a path', 'extension/dist/more.js', '// /home/somebody/project/src/a.ts', /folder of this machine/],
  ] as const) {
    it(`finds ${what}`, () => {
      const found = faults({ [name]: content });
      assert.equal(found.length, 1);
      assert.match(found[0]!, fault);
    });
  }

  it('counts a bundle with what it loads at once, but not with what it loads later', () => {
    const files = new Map(
      Object.entries({
        'dist/app.js': 'var a=require("./chunk-A.js");require("node:fs")',
        'dist/chunk-A.js':
          'var b=()=>Promise.resolve().then(()=>x(require("./later-B.js")));require("./app.js")',
        'dist/later-B.js': 'var c=require("./chunk-A.js")',
      }).map(([name, code]) => [name, Buffer.from(code)]),
    );
    const size = (name: string) => files.get(name)!.length;
    assert.equal(loadedBytes(files, 'dist/', 'app.js'), size('dist/app.js') + size('dist/chunk-A.js'));
    assert.throws(() => loadedBytes(files, 'dist/', 'gone.js'), /gone\.js is missing/);
  });

  it('reports that a file is no archive', () => {
    assert.throws(() => unzip(Buffer.from('not at all')), /no zip archive/);
  });
});
