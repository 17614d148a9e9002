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

/** The WebAssembly files, by the names under which the build lays them, packed, beside the worker (esbuild.js). */
export type WasmFile =
  | 'avif_dec.wasm.br'
  | 'mozjpeg_dec.wasm.br'
  | 'mozjpeg_enc.wasm.br'
  | 'qcms_bg.wasm.br'
  | 'squoosh_png_bg.wasm.br'
  | 'squoosh_resize_bg.wasm.br'
  | 'webp_dec.wasm.br';

/** What came of an image. */
export interface DecodedImage {
  /** In sRGB, as stored: orientation is not applied. */
  readonly pixels: Pixels;
  /** The file without all that is not needed; undefined when it must be written anew, because others show it differently. */
  readonly clean: Uint8Array | undefined;
}

/** Number of Lanczos with three lobes among the resampler's filters. */
const LANCZOS3 = 3;

type Decoder = (bytes: Uint8Array) => Pixels | null | Promise<Pixels>;

/**
 * What libjpeg says of coded data that is cut or changed; it goes on with gray all the same. Its other warnings are of
 * pictures that are whole.
 */
const JPEG_DAMAGE = /premature end|bad huffman|instead of RST/i;

/** Decoders and the encoder, each loaded when it is first needed. Whoever meets a fault should use a new thread. */
export class Codecs {
  readonly #readWasm: (file: WasmFile) => Promise<Uint8Array>;
  readonly #modules = new Map<WasmFile, Promise<unknown>>();
  #printed: string[] = [];

  /** @param readWasm gives the bytes of a file; nothing is ever fetched */
  constructor(readWasm: (file: WasmFile) => Promise<Uint8Array>) {
    this.#readWasm = readWasm;
  }

  /**
   * All pixels of a still image.
   * @throws ImageFileError when the file is damaged; another error when a codec can't be loaded
   */
  async decode(file: ImageFile): Promise<DecodedImage> {
    const [clean, profile] = [file.clean(), file.profile()];
    const isInks = file.info.format === 'jpeg' && !file.isPlain;
    const colors = isInks || profile ? await this.#colors() : undefined;
    const decode = isInks ? await inkDecoder(profile, colors) : await this.#decoder(file.info.format);
    this.#printed = [];
    try {
      const pixels = await decode(clean);
      const damage = this.#printed.find((line) => JPEG_DAMAGE.test(line));
      if (!pixels || damage !== undefined) {
        throw new ImageFileError('damaged', damage ?? 'its decoder found no picture');
      }
      const isConverted = !isInks && profile && colors?.convert(pixels, profile);
      // What this decoder complains of, another one may refuse.
      const isClean = file.isPlain && !isConverted && this.#printed.length === 0;
      return { pixels, clean: isClean ? clean : undefined };
    } catch (error) {
      const fault = error instanceof ImageFileError ? error : gaveUp(error);
      if (fault.reason !== 'damaged' || file.isEnded) throw fault;
      throw new ImageFileError('truncated', fault.message);
    }
  }

  /**
   * The same pixels and quality give the same bytes.
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
        // Texts in it may be packed a thousandfold; what it is given has none.
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
    const hear = (line: string) => void this.#printed.push(line);
    return this.#loadOnce(file, (wasm) =>
      make({ wasmBinary: wasm, noInitialRun: true, print: hear, printErr: hear }),
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

async function inkDecoder(
  profile: Uint8Array | undefined,
  colors: ColorConverter | undefined,
): Promise<Decoder> {
  // Large, rarely needed, and it changes globals when it is loaded.
  const { decodeCmykJpeg } = await import('./cmykJpeg');
  return (bytes) => {
    const { inks, ...size } = decodeCmykJpeg(bytes);
    return colors?.fromCmyk(inks, size, profile) ?? null;
  };
}

/** Codecs end in many ways: traps, exit codes, texts. */
function gaveUp(error: unknown): ImageFileError {
  const reason = error instanceof Error ? error.message : JSON.stringify(error);
  return new ImageFileError('damaged', `its decoder gave up: ${reason}`);
}
