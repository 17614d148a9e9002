import { hasText } from '../common/byteReader';
import { createPixels, type Pixels, type Size } from './pixels';

/** The used functions of qcms, the color management of Firefox and PDF.js, in WebAssembly (pdfjs-dist). */
interface Qcms {
  readonly memory: { readonly buffer: ArrayBuffer };
  __wbindgen_malloc(length: number, align: number): number;
  /** @returns 0 for a profile that can't be used */
  qcms_transformer_from_memory(profile: number, length: number, kind: number, intent: number): number;
  qcms_convert_array(transformer: number, numbers: number, length: number): void;
}

/** Input formats of qcms. The output is always red, green and blue of sRGB. */
const INPUTS = {
  'RGB ': { kind: 0, channels: 3 },
  GRAY: { kind: 3, channels: 1 },
  CMYK: { kind: 5, channels: 4 },
} as const;
type ColorSpace = keyof typeof INPUTS;

const PERCEPTUAL = 0;
/** Number of pixels converted at a time, to limit the WebAssembly memory. */
const STRIP_PIXELS = 1 << 18;
/** Maximum difference of a channel that is invisible. Profiles of sRGB differ that much. */
const MAX_INVISIBLE_DIFFERENCE = 3;

/** Converts colors to sRGB by ICC profiles. An unusable profile is ignored, as in viewers. */
export class ColorConverter {
  readonly #module: WebAssembly.Module;

  /** @param wasm the WebAssembly of qcms */
  constructor(wasm: Uint8Array) {
    this.#module = new WebAssembly.Module(wasm);
  }

  /** Converts an image in place, without its alpha. @returns true if the colors have changed */
  convert(pixels: Pixels, profile: Uint8Array): boolean {
    const { data } = pixels;
    const isGray = readColorSpace(profile) === 'GRAY';
    if (isGray && !hasOnlyGray(data)) return false;
    const channels = isGray ? 1 : 3;
    const convert = this.#open(profile, isGray ? 'GRAY' : 'RGB ');
    if (!convert || isIdentity(convert, channels)) return false;
    for (let start = 0; start < data.length; start += STRIP_PIXELS * 4) {
      const strip = data.subarray(start, start + STRIP_PIXELS * 4);
      const numbers = new Uint8Array((strip.length / 4) * channels);
      for (let from = 0, to = 0; from < strip.length; from += 4) {
        for (let channel = 0; channel < channels; channel++) numbers[to++] = strip[from + channel] ?? 0;
      }
      writeColors(convert(numbers), strip);
    }
    return true;
  }

  /** Converts ink amounts, 0 to 255. @param profile without a usable one, ideal inks are assumed */
  fromCmyk(inks: Uint8ClampedArray, { width, height }: Size, profile: Uint8Array | undefined): Pixels {
    const convert = (profile && this.#open(profile, 'CMYK')) ?? convertIdealInks;
    const pixels = createPixels(width, height);
    for (let start = 0; start < inks.length; start += STRIP_PIXELS * 4) {
      const strip = pixels.data.subarray(start, start + STRIP_PIXELS * 4).fill(255);
      writeColors(convert(new Uint8Array(inks.subarray(start, start + STRIP_PIXELS * 4))), strip);
    }
    return pixels;
  }

  #open(profile: Uint8Array, space: ColorSpace): ((numbers: Uint8Array) => Uint8Array) | undefined {
    if (readColorSpace(profile) !== space) return undefined;
    let result = new Uint8Array();
    const imports: Record<string, Record<string, () => void>> = {};
    for (const { module, name } of WebAssembly.Module.imports(this.#module)) {
      (imports[module] ??= {})[name] = /copy_?result/.test(name)
        ? (...[start = 0, length = 0]: number[]) => {
            result = new Uint8Array(qcms.memory.buffer, start >>> 0, length >>> 0).slice();
          }
        : () => {
            if (name.includes('throw')) throw new Error('qcms failed');
          };
    }
    // Use a new instance for each image, so that its allocations are released with it.
    const qcms = new WebAssembly.Instance(this.#module, imports).exports as Qcms;
    const copyIn = (bytes: Uint8Array): number => {
      const start = qcms.__wbindgen_malloc(bytes.length, 1) >>> 0;
      new Uint8Array(qcms.memory.buffer).set(bytes, start);
      return start;
    };
    const { kind } = INPUTS[space];
    try {
      const opened = qcms.qcms_transformer_from_memory(copyIn(profile), profile.length, kind, PERCEPTUAL);
      if (opened === 0) return undefined;
      const convert = (numbers: Uint8Array): Uint8Array => {
        qcms.qcms_convert_array(opened, copyIn(numbers), numbers.length);
        return result;
      };
      convert(new Uint8Array(INPUTS[space].channels));
      return convert;
    } catch {
      return undefined;
    }
  }
}

const readColorSpace = (profile: Uint8Array): ColorSpace | undefined =>
  hasText(profile, 36, 'acsp')
    ? (Object.keys(INPUTS) as ColorSpace[]).find((space) => hasText(profile, 16, space))
    : undefined;

function hasOnlyGray(data: Uint8ClampedArray): boolean {
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false;
  }
  return true;
}

/** Returns true if sample colors of the whole range stay the same. */
function isIdentity(convert: (numbers: Uint8Array) => Uint8Array, channels: 1 | 3): boolean {
  const steps = Array.from({ length: 9 }, (_, index) => Math.min(255, index * 32));
  const probe = new Uint8Array(
    channels === 1
      ? steps
      : steps.flatMap((red) => steps.flatMap((green) => steps.flatMap((blue) => [red, green, blue]))),
  );
  return convert(probe).every(
    (value, at) =>
      Math.abs(value - (probe[channels === 1 ? Math.floor(at / 3) : at] ?? 0)) <= MAX_INVISIBLE_DIFFERENCE,
  );
}

/** Converts inks as viewers do without a profile: each ink absorbs its color, and black absorbs all. */
function convertIdealInks(inks: Uint8Array): Uint8Array {
  const colors = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - (inks[from + 3] ?? 0);
    for (let ink = 0; ink < 3; ink++) colors[to++] = ((255 - (inks[from + ink] ?? 0)) * light + 127) / 255;
  }
  return colors;
}

function writeColors(colors: Uint8Array, strip: Uint8ClampedArray): void {
  for (let from = 0, to = 0; to < strip.length; to += 4) {
    for (let channel = 0; channel < 3; channel++) strip[to + channel] = colors[from++] ?? 0;
  }
}
