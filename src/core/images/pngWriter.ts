import { crc32, deflateSync } from 'node:zlib';
import type { Pixels } from './pixels';

/**
 * Encodes opaque pixels as a PNG without an alpha channel (PNG third edition), because not all providers accept
 * transparency. The same pixels always give the same bytes.
 */
export function encodePng({ width, height, data }: Pixels): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = 2;
  const rowLength = width * 3;
  const rows = Buffer.alloc(height * (rowLength + 1));
  let above = new Uint8Array(rowLength);
  let row = new Uint8Array(rowLength);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 4;
      row[x * 3] = data[from] ?? 0;
      row[x * 3 + 1] = data[from + 1] ?? 0;
      row[x * 3 + 2] = data[from + 2] ?? 0;
    }
    writeRow(row, above, rows.subarray(y * (rowLength + 1), (y + 1) * (rowLength + 1)));
    [above, row] = [row, above];
  }
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, body: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + body.length);
  bytes.writeUInt32BE(body.length, 0);
  bytes.write(type, 4, 'latin1');
  body.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + body.length)), 8 + body.length);
  return bytes;
}

/** Filters: each byte minus its prediction from the neighbors (PNG third edition, 9). */
const FILTERS: readonly (readonly [type: number, predict: (left: number, up: number) => number])[] = [
  [0, () => 0],
  [1, (left) => left],
  [2, (_left, up) => up],
  [3, (left, up) => (left + up) >> 1],
];

/** Writes a row with the filter that gives the smallest numbers (PNG third edition, 12.7). */
function writeRow(row: Uint8Array, above: Uint8Array, into: Buffer): void {
  let best = Infinity;
  const filtered = new Uint8Array(row.length);
  for (const [type, predict] of FILTERS) {
    let sum = 0;
    for (let at = 0; at < row.length; at++) {
      const left = at < 3 ? 0 : (row[at - 3] ?? 0);
      const value = ((row[at] ?? 0) - predict(left, above[at] ?? 0)) & 0xff;
      filtered[at] = value;
      sum += value < 128 ? value : 256 - value;
    }
    if (sum >= best) continue;
    best = sum;
    into[0] = type;
    into.set(filtered, 1);
  }
}
