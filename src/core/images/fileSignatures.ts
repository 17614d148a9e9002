import { hasText } from '../common/byteReader';

/** Files that people take for pictures, by how they begin. Names are as people call them. */
const KINDS: readonly (readonly [name: string, at: number, start: string])[] = [
  ['HEIC', 4, 'ftyphe'],
  ['HEIC', 4, 'ftypmif1'],
  ['HEIC', 4, 'ftypmsf1'],
  ['MP4', 4, 'ftyp'],
  ['JPEG XL', 0, '\xff\x0a'],
  ['JPEG XL', 4, 'JXL \r\n'],
  ['JPEG 2000', 4, 'jP  \r\n'],
  ['JPEG 2000', 0, '\xff\x4f\xff\x51'],
  ['TIFF', 0, 'II*\0'],
  ['TIFF', 0, 'MM\0*'],
  ['PDF', 0, '%PDF-'],
  ['PSD', 0, '8BPS'],
  ['ICO', 0, '\0\0\x01\0'],
  ['WebM', 0, '\x1a\x45\xdf\xa3'],
  ['ZIP', 0, 'PK\x03\x04'],
  ['Git LFS', 0, 'version https://git-lfs'],
];

/** So much of a text is looked at, in bytes: XML may begin with comments. */
const TEXT_START = 1024;

/** What a file is that is none of our pictures; undefined when its bytes say nothing. */
export function identifyFileType(bytes: Uint8Array): string | undefined {
  const kind = KINDS.find(([, at, start]) => hasText(bytes, at, start));
  if (kind) return kind[0];
  const text = Buffer.from(bytes.subarray(0, TEXT_START)).toString('utf8').trimStart();
  return /^(<\?xml[^]*|<!--[^]*|<!DOCTYPE svg[^]*)?<svg[\s/>]/i.test(text) ? 'SVG' : undefined;
}
