import { ImageFileError } from './imageFileError';

/** X, Y and Z of red, green and blue, relative to the white point of ICC profiles (D50). */
type Columns = readonly (readonly [x: number, y: number, z: number])[];

const SRGB: Columns = [
  [0.43607, 0.22249, 0.01392],
  [0.38515, 0.71687, 0.09708],
  [0.14307, 0.06061, 0.7141],
];
const BT2020: Columns = [
  [0.67348, 0.27904, -0.00194],
  [0.16566, 0.67534, 0.02998],
  [0.12505, 0.04561, 0.79686],
];
const DISPLAY_P3: Columns = [
  [0.51512, 0.2412, -0.00105],
  [0.29198, 0.69225, 0.04189],
  [0.1571, 0.06657, 0.78407],
];

/** Primaries by their numbers in ITU-T H.273. All others count as sRGB. */
const PRIMARIES: Readonly<Record<number, Columns>> = { 9: BT2020, 12: DISPLAY_P3 };
/** Transfer functions that are exponents. Those for video count as sRGB, as in viewers. */
const GAMMAS: Readonly<Record<number, number>> = { 4: 2.2, 5: 2.8, 8: 1 };
/** Transfer functions of high dynamic range: PQ and HLG. */
const HDR: readonly number[] = [16, 18];

/**
 * Creates the ICC profile for the numbers of ITU-T H.273 that AVIF and PNG store. Returns undefined for sRGB.
 * @throws ImageFileError for a high dynamic range, because its appearance depends on the screen
 */
export function profileOfCicp(primaries: number, transfer: number): Uint8Array | undefined {
  if (HDR.includes(transfer)) throw new ImageFileError('otherKind', `transfer ${transfer}`, 'HDR');
  const gamma = GAMMAS[transfer];
  const columns = PRIMARIES[primaries];
  return columns || gamma !== undefined ? createProfile(columns ?? SRGB, gamma) : undefined;
}

/** Creates the ICC profile for sRGB's primaries with another exponent. */
export const profileOfGamma = (gamma: number): Uint8Array => createProfile(SRGB, gamma);

/** Creates an ICC profile (ICC.1:2022). @param gamma undefined for the curve of sRGB */
function createProfile(columns: Columns, gamma: number | undefined): Uint8Array {
  const curve = gamma === undefined ? SRGB_CURVE : numbersTag('para', [0, 0], [gamma]);
  const bodies = [...columns.map((column) => numbersTag('XYZ ', [], column)), curve, curve, curve];
  const head = Buffer.alloc(132 + bodies.length * 12);
  head.writeUInt32BE(
    bodies.reduce((sum, body) => sum + body.length, head.length),
    0,
  );
  head.writeUInt32BE(0x0420_0000, 8);
  head.write('mntrRGB XYZ ', 12, 'latin1');
  head.write('acsp', 36, 'latin1');
  head.writeUInt32BE(bodies.length, 128);
  let at = head.length;
  for (const [index, body] of bodies.entries()) {
    const entry = 132 + index * 12;
    head.write(['rXYZ', 'gXYZ', 'bXYZ', 'rTRC', 'gTRC', 'bTRC'][index] ?? '', entry, 'latin1');
    head.writeUInt32BE(at, entry + 4);
    head.writeUInt32BE(body.length, entry + 8);
    at += body.length;
  }
  return Buffer.concat([head, ...bodies]);
}

/** An exponent that starts with a linear part. */
const SRGB_CURVE = numbersTag('para', [3, 0], [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]);

function numbersTag(type: string, shorts: readonly number[], values: readonly number[]): Buffer {
  const start = 8 + shorts.length * 2;
  const body = Buffer.alloc(start + values.length * 4);
  body.write(type, 0, 'latin1');
  shorts.forEach((value, at) => body.writeUInt16BE(value, 8 + at * 2));
  values.forEach((value, at) => body.writeInt32BE(Math.round(value * 65_536), start + at * 4));
  return body;
}
