import { readFile } from 'node:fs/promises';
import path from 'node:path';
import avifEncoder from '@jsquash/avif/codec/enc/avif_enc.js';
import { defaultOptions } from '@jsquash/avif/meta.js';
import type { Pixels } from '../../../src/core/images/pixels';
import { projectRoot } from '../../vscode/projectRoot';

/** Encodes an AVIF with libavif. */
export async function encodedAvif({ data, width, height }: Pixels): Promise<Buffer> {
  const file = 'node_modules/@jsquash/avif/codec/enc/avif_enc.wasm';
  const silent = () => undefined;
  const wasmBinary = await readFile(path.join(projectRoot, file));
  const codec = await avifEncoder({ wasmBinary, noInitialRun: true, print: silent, printErr: silent });
  const options = { ...defaultOptions, quality: 95, subsample: 3 };
  return Buffer.from(codec.encode(data, width, height, options) ?? []);
}

/** Adds a property to the primary image of a file from {@link encodedAvif}. */
export function withProperty(avif: Buffer, type: string, body: Buffer): Buffer {
  const box = Buffer.concat([Buffer.alloc(4), Buffer.from(type, 'latin1'), body]);
  box.writeUInt32BE(box.length);
  const cropPosition = (name: string) => avif.indexOf(name, 0, 'latin1') - 4;
  const [list, links] = [cropPosition('ipco'), cropPosition('ipma')];
  const listEnd = list + avif.readUInt32BE(list);
  let count = 0;
  for (let at = list + 8; at < listEnd; at += avif.readUInt32BE(at)) count += 1;
  const entry = links + 16;
  const entryEnd = entry + 3 + avif[entry + 2]!;
  const file = Buffer.from(avif);
  const grow = (at: number, by: number) => file.writeUInt32BE(file.readUInt32BE(at) + by, at);
  grow(list, box.length);
  grow(links, 1);
  for (const name of ['meta', 'iprp']) grow(cropPosition(name), box.length + 1);
  file[entry + 2]! += 1;
  const items = cropPosition('iloc') + 16;
  for (let index = 0; index < file.readUInt16BE(items - 2); index++) {
    grow(items + index * 14 + 6, box.length + 1);
  }
  return Buffer.concat([
    file.subarray(0, listEnd),
    box,
    file.subarray(listEnd, entryEnd),
    Buffer.from([count + 1]),
    file.subarray(entryEnd),
  ]);
}
