import { brotliDecompressSync } from 'node:zlib';
import avifDecoder from '@jsquash/avif/codec/dec/avif_dec.js';
import jpegDecoder from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js';
import jpegEncoder from '@jsquash/jpeg/codec/enc/mozjpeg_enc.js';
import { defaultEncodeOptions } from '@jsquash/jpeg/meta.js';
import decodePng, { init as initPngDecoder } from '@jsquash/png/decode.js';
import initResize, { resize } from '@jsquash/resize/lib/resize/pkg/squoosh_resize.js';
import webpDecoder from '@jsquash/webp/codec/dec/webp_dec.js';
import { decodeBmp } from './bmpFile';
import { ColorConverter } from './colors';
import { decodeGif } from './gifFile';
import type { ImageFile, ImageFormat } from './inspectImage';
import { ImageFileError } from './imageFileError';
import type { Pixels } from './pixels';
import type { Resampler } from './resample';

/** Names of the compressed WebAssembly files, which the build puts next to the worker (esbuild.js). */
export type WasmFile =
  | 'avif_dec.wasm.br'
  | 'mozjpeg_dec.wasm.br'
  | 'mozjpeg_enc.wasm.br'
  | 'qcms_bg.wasm.br'
  | 'squoosh_png_bg.wasm.br'
  | 'squoosh_resize_bg.wasm.br'
  | 'webp_dec.wasm.br';

export interface DecodedImage {
  /** In sRGB, as stored: orientation is not applied. */
  readonly pixels: Pixels;
  /** The file without metadata; undefined if it must be encoded again because decoders disagree about it. */
  readonly clean: Uint8Array | undefined;
}

/** Number of Lanczos with three lobes among the resampler's filters. */
const LANCZOS3 = 3;

type Decoder = (bytes: Uint8Array) => Pixels | null | Promise<Pixels>;

/**
 * Warnings of libjpeg about missing or changed data, for which it substitutes gray. Its other warnings concern complete
 * images.
 */
const JPEG_DAMAGE = /premature end|bad huffman|instead of RST/i;

/**
 * Decoders, the encoder and the resampler, each loaded on first use. After an error, use a new thread: a codec that
 * failed may have corrupted its memory.
 */
export class Codecs {
  readonly #readWasm: (file: WasmFile) => Promise<Uint8Array>;
  readonly #modules = new Map<WasmFile, Promise<unknown>>();
  /** Lines that the current decoder has printed. */
  #warnings: string[] = [];

  /** @param readWasm reads a file from the disk; nothing is downloaded */
  constructor(readWasm: (file: WasmFile) => Promise<Uint8Array>) {
    this.#readWasm = readWasm;
  }

  /**
   * Decodes a still image.
   * @throws ImageFileError if the file is damaged; another error if a codec can't be loaded
   */
  async decode(file: ImageFile): Promise<DecodedImage> {
    const [clean, profile] = [file.clean(), file.profile()];
    const isCmyk = file.info.format === 'jpeg' && !file.isPlain;
    const colors = isCmyk || profile ? await this.#colors() : undefined;
    const decode = isCmyk ? await cmykDecoder(profile, colors) : await this.#decoder(file.info.format);
    this.#warnings = [];
    try {
      const pixels = await decode(clean);
      const damage = this.#warnings.find((line) => JPEG_DAMAGE.test(line));
      if (!pixels || damage !== undefined) {
        throw new ImageFileError('damaged', damage ?? 'its decoder found no image');
      }
      const isConverted = !isCmyk && profile && colors?.convert(pixels, profile);
      // Other decoders may refuse what this one warns about.
      const isClean = file.isPlain && !isConverted && this.#warnings.length === 0;
      return { pixels, clean: isClean ? clean : undefined };
    } catch (error) {
      const fileError = error instanceof ImageFileError ? error : toFileError(error);
      if (fileError.reason !== 'damaged' || file.isEnded) throw fileError;
      throw new ImageFileError('truncated', fileError.message);
    }
  }

  /**
   * Encodes a JPEG. The same pixels and quality always give the same bytes.
   * @param quality 0 to 100
   */
  async encodeJpeg({ data, width, height }: Pixels, quality: number): Promise<Uint8Array> {
    const codec = await this.#load('mozjpeg_enc.wasm.br', jpegEncoder);
    return codec.encode(data, width, height, { ...defaultEncodeOptions, quality });
  }

  /** Loads the resampler. */
  async resampler(): Promise<Resampler> {
    await this.#loadOnce('squoosh_resize_bg.wasm.br', (wasm) => initResize(wasm));
    return (image, { width, height }) => {
      const bytes = new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.byteLength);
      // Opaque pixels need no premultiplying, and scaling them in linear light takes several times as long.
      return {
        width,
        height,
        data: resize(bytes, image.width, image.height, width, height, LANCZOS3, false, false),
      };
    };
  }

  async #decoder(format: ImageFormat): Promise<Decoder> {
    switch (format) {
      case 'gif':
        return decodeGif;
      case 'bmp':
        return decodeBmp;
      case 'jpeg': {
        const codec = await this.#load('mozjpeg_dec.wasm.br', jpegDecoder);
        return (bytes) => codec.decode(bytes, false);
      }
      case 'png':
        await this.#loadOnce('squoosh_png_bg.wasm.br', (wasm) => initPngDecoder(wasm));
        // Safe from decompression bombs in text chunks: clean() has removed them.
        return (bytes) => decodePng(new Uint8Array(bytes).buffer);
      case 'webp': {
        const codec = await this.#load('webp_dec.wasm.br', webpDecoder);
        return (bytes) => codec.decode(bytes);
      }
      case 'avif': {
        const codec = await this.#load('avif_dec.wasm.br', avifDecoder);
        return (bytes) => codec.decode(bytes, 8);
      }
    }
  }

  #colors(): Promise<ColorConverter> {
    return this.#loadOnce('qcms_bg.wasm.br', (wasm) => Promise.resolve(new ColorConverter(wasm)));
  }

  #load<T extends object>(file: WasmFile, make: EmscriptenWasm.ModuleFactory<T>): Promise<T> {
    const print = (line: string) => void this.#warnings.push(line);
    return this.#loadOnce(file, (wasm) =>
      make({ wasmBinary: wasm, noInitialRun: true, print, printErr: print }),
    );
  }

  #loadOnce<T>(file: WasmFile, init: (wasm: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T> {
    let module = this.#modules.get(file) as Promise<T> | undefined;
    if (!module) {
      module = this.#readWasm(file).then((packed) => init(new Uint8Array(brotliDecompressSync(packed))));
      this.#modules.set(file, module);
    }
    return module;
  }
}

async function cmykDecoder(
  profile: Uint8Array | undefined,
  colors: ColorConverter | undefined,
): Promise<Decoder> {
  // Load only if needed: it's large, and loading it changes globals.
  const { decodeCmykJpeg } = await import('./cmykJpeg');
  return (bytes) => {
    const { inks, ...size } = decodeCmykJpeg(bytes);
    return colors?.fromCmyk(inks, size, profile) ?? null;
  };
}

/** Converts what a codec throws: a trap, an exit code or a text. */
function toFileError(error: unknown): ImageFileError {
  const reason = error instanceof Error ? error.message : JSON.stringify(error);
  return new ImageFileError('damaged', `its decoder failed: ${reason}`);
}
