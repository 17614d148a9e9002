import { hasText } from '../common/byteReader';

/** Signatures of files that users may mistake for supported images, with the names that users know. */
const SIGNATURES: readonly (readonly [name: string, at: number, start: string])[] = [
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

/** Number of bytes that are searched for an SVG's root element, because XML may begin with comments. */
const SVG_SEARCH_BYTES = 1024;

/** Names the type of an unsupported file; undefined if unknown. */
export function identifyFileType(bytes: Uint8Array): string | undefined {
  const kind = SIGNATURES.find(([, at, start]) => hasText(bytes, at, start));
  if (kind) return kind[0];
  const text = Buffer.from(bytes.subarray(0, SVG_SEARCH_BYTES)).toString('utf8').trimStart();
  return /^(<\?xml[^]*|<!--[^]*|<!DOCTYPE svg[^]*)?<svg[\s/>]/i.test(text) ? 'SVG' : undefined;
}
