import assert from 'node:assert/strict';
import { boxesIn, boxReader, findBoxes, findPath, Mp4Error, topBoxes } from '../../../src/core/mp4/boxes';
import { sourceFromBytes } from '../support/byteSource';

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const isDamaged = (error: unknown) => error instanceof Mp4Error && error.reason === 'damaged';

async function topOf(text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const box of topBoxes(sourceFromBytes(bytes(text))))
    found.push(`${box.type} ${box.bodyStart}-${box.end}`);
  return found;
}

describe('MP4 boxes', () => {
  it('are read at the top of a file: short, 64-bit and open-ended', async () => {
    const text = '\0\0\0\x0aaaaa..' + '\0\0\0\x01bbbb\0\0\0\0\0\0\0\x12..' + '\0\0\0\0cccc....';
    assert.deepEqual(await topOf(text), ['aaaa 8-10', 'bbbb 26-28', 'cccc 36-40']);
  });

  it('are absent in an empty file', async () => {
    assert.deepEqual(await topOf(''), []);
  });

  it('end at the first bytes that are no box', async () => {
    assert.deepEqual(await topOf('\0\0\0\x08aaaa' + '\0\0\0\x01bbbb\0\0\0\0\0\0\0\x0f'), ['aaaa 8-8']);
    for (const rest of ['\n', '\0\0\0\0\0\0\0\0\0', '\0\0\0\x07cccc', '\0\0\0\x10\0\0\0\x01'])
      assert.deepEqual(await topOf(`\0\0\0\x08aaaa${rest}`), ['aaaa 8-8']);
  });

  it('may declare an end beyond the file', async () => {
    assert.deepEqual(await topOf('\0\0\0\x20aaaa'), ['aaaa 8-32']);
  });

  it('are found by type inside a box', () => {
    const fields = boxReader(bytes('\0\0\0\x20root' + '\0\0\0\x0cleaf1111' + '\0\0\0\x0cleaf2222'));
    const [root] = boxesIn(fields, 0, fields.length);
    assert.ok(root);
    assert.deepEqual(
      findBoxes(fields, root, 'leaf').map((leaf) => fields.text(leaf.bodyStart, 4)),
      ['1111', '2222'],
    );
    assert.equal(findPath(fields, root, 'leaf')?.start, 8);
    assert.equal(findPath(fields, root, 'leaf', 'none'), undefined);
  });

  it('may be followed by four zeros inside a box, as in QuickTime files', () => {
    const fields = boxReader(bytes('\0\0\0\x08leaf\0\0\0\0'));
    assert.deepEqual(
      [...boxesIn(fields, 0, fields.length)].map((box) => box.type),
      ['leaf'],
    );
  });

  it('may be larger than their parent', () => {
    const fields = boxReader(bytes('\0\0\0\x09leaf'));
    assert.throws(() => [...boxesIn(fields, 0, fields.length)], isDamaged);
  });

  it('have fields that are read only within their bytes', () => {
    const fields = boxReader(bytes('\x80\0\0\0\0\0\0\x02'));
    assert.equal(fields.u8(7), 2);
    assert.equal(fields.u16(6), 2);
    assert.equal(fields.u32(0), 0x80000000);
    assert.equal(fields.i32(0), -0x80000000);
    assert.equal(fields.u64(0), 2 ** 63);
    for (const read of [
      () => fields.u8(8),
      () => fields.u8(-1),
      () => fields.u16(7),
      () => fields.u32(5),
      () => fields.i32(5),
      () => fields.u64(1),
      () => fields.text(5, 4),
      () => fields.slice(0, 9),
      () => fields.u32(NaN),
    ]) {
      assert.throws(read, isDamaged);
    }
  });
});
