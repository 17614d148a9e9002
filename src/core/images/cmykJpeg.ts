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
 * The inks of a JPEG made for print, which libjpeg's build for the web does not decode.
 * @throws ImageFileError
 */
export function decodeCmykJpeg(bytes: Uint8Array): Inks {
  const image = new JpegImage();
  const complaints = withComplaints(() => image.parse(bytes));
  if (complaints[0] !== undefined) throw new ImageFileError('damaged', complaints[0]);
  const { width, height } = image;
  return { inks: image.getData({ width, height }), width, height };
}

/** Where coded data is missing, the decoder goes on and says so on the console, and nowhere else. */
function withComplaints(decode: () => void): string[] {
  const heard: string[] = [];
  const { console: real } = globalThis;
  setVerbosityLevel(VerbosityLevel.WARNINGS);
  globalThis.console = { ...real, warn: (line: string) => void heard.push(line) };
  try {
    decode();
  } finally {
    globalThis.console = real;
  }
  return heard;
}
