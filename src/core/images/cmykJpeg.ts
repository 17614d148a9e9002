import {
  JpegImage,
  setVerbosityLevel,
  VerbosityLevel,
} from 'pdfjs-dist/image_decoders/pdf.image_decoders.mjs';
import { ImageFileError } from './imageFileError';
import type { Size } from './pixels';

/** Amounts of cyan, magenta, yellow and black ink of each pixel, 0 to 255. */
interface Inks extends Size {
  readonly inks: Uint8ClampedArray;
}

/**
 * Decodes a CMYK JPEG to ink amounts. The WebAssembly build of libjpeg can't.
 * @throws ImageFileError
 */
export function decodeCmykJpeg(bytes: Uint8Array): Inks {
  const image = new JpegImage();
  const [warning] = collectWarnings(() => image.parse(bytes));
  if (warning !== undefined) throw new ImageFileError('damaged', warning);
  const { width, height } = image;
  return { inks: image.getData({ width, height }), width, height };
}

/** Collects what the decoder prints. It reports missing data only on the console, and continues. */
function collectWarnings(decode: () => void): string[] {
  const warnings: string[] = [];
  const { console: real } = globalThis;
  setVerbosityLevel(VerbosityLevel.WARNINGS);
  globalThis.console = { ...real, warn: (line: string) => void warnings.push(line) };
  try {
    decode();
  } finally {
    globalThis.console = real;
  }
  return warnings;
}
