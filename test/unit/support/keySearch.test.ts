import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { assertNoLeak, filesWithKey, hasKey, leaks } from '../../support/keySearch';

const KEY = 'sk-marker-0123456789abcdef';

/** A search without findings proves something only if it would have found the key. */
describe('the search for a leaked key', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'nebula-key-'));
    mkdirSync(path.join(folder, 'a', 'b'), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const found = (content: string | Buffer, name = path.join('a', 'b', 'file')) => {
    writeFileSync(path.join(folder, name), content);
    return filesWithKey(folder, KEY, ['kept']).length > 0;
  };

  for (const [how, content] of Object.entries({
    'as it is': `{"authorization":"Bearer ${KEY}"}`,
    'without its beginning': `token ${KEY.slice(3)}`,
    'cut off': `the key ${KEY.slice(0, -8)}…`,
    'in two-byte characters': Buffer.from(`x${KEY}`, 'utf16le'),
    'as base64': Buffer.from(KEY).toString('base64'),
    'as base64, one byte on': Buffer.from(`:${KEY}`).toString('base64'),
    'as base64, two bytes on': Buffer.from(`a:${KEY} and more`).toString('base64'),
  })) {
    it(`finds the key ${how}`, () => {
      assert.equal(found(content), true);
      if (typeof content === 'string') assert.equal(hasKey(content, KEY), true);
    });
  }

  it('finds nothing in clean files, and skips the excluded folders', () => {
    assert.equal(found('sk-marker-0***def and the rest'), false);
    mkdirSync(path.join(folder, 'kept'));
    assert.equal(found(KEY, path.join('kept', 'file')), false);
  });

  it('names each place of a run, and never the key', () => {
    const file = path.join(folder, 'a', 'b', 'file');
    writeFileSync(file, KEY);
    const traces = {
      folder,
      texts: { 'the log': ['well', `Bearer ${KEY}`], 'the rows': ['well'] },
      requests: [
        { path: '/v1/models', keyElsewhere: false },
        { path: '/v1/video', keyElsewhere: true },
      ],
    };
    assert.deepEqual(leaks(KEY, traces), [file, 'the log', 'the request /v1/video']);
    assert.throws(
      () => assertNoLeak(KEY, traces),
      ({ message }: Error) => message.includes('the log') && !message.includes(KEY),
    );
    assertNoLeak('sk-another-0123456789abcdef', { ...traces, requests: [] });
  });
});
