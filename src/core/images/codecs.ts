import jpegDecoder from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js';
import jpegEncoder from '@jsquash/jpeg/codec/enc/mozjpeg_enc.js';
import { defaultEncodeOptions } from '@jsquash/jpeg/meta.js';
import decodePng, { init as initPngDecoder } from '@jsquash/png/decode.js';
import webpDecoder from '@jsquash/webp/codec/dec/webp_dec.js';
import { decodeBmp } from './bmpFile';
import { decodeGif } from './gifFile';
import type { PictureFormat } from './inspect';
import { PictureFault } from './pictureFault';
import type { Pixels } from './pixels';
import { stripPng } from './pngFile';

/** The WebAssembly files, by the names under which the build lays them beside the worker (esbuild.js). */
export type WasmFile = 'mozjpeg_dec.wasm' | 'mozjpeg_enc.wasm' | 'squoosh_png_bg.wasm' | 'webp_dec.wasm';

/**
 * What libjpeg says of coded data that is cut or changed; it goes on with grey all the same. Its other warnings, such
 * as bytes too many before the end, are of pictures that are whole.
 */
const JPEG_DAMAGE = /premature end|bad huffman|instead of RST/i;

/** Decoders and the encoder, each loaded when it is first needed. Whoever meets a fault should use a new thread. */
export class Codecs {
  readonly #readWasm: (file: WasmFile) => Promise<Uint8Array>;
  readonly #modules = new Map<WasmFile, Promise<unknown>>();
  #printed: string[] = [];

  /** @param readWasm gives the bytes of a WebAssembly file; nothing is ever fetched */
  constructor(readWasm: (file: WasmFile) => Promise<Uint8Array>) {
    this.#readWasm = readWasm;
  }

  /**
   * All pixels of a still picture, as stored: orientation is not applied.
   * @throws PictureFault when the file is damaged
   */
  async decode(bytes: Uint8Array, format: PictureFormat): Promise<Pixels> {
    switch (format) {
      case 'gif':
        return decodeGif(bytes);
      case 'bmp':
        return decodeBmp(bytes);
      case 'jpeg':
        return this.#decodeJpeg(bytes);
      case 'png':
        return this.#decodePng(bytes);
      case 'webp':
        return this.#decodeWebp(bytes);
    }
  }

  /**
   * The same pixels and quality give the same bytes.
   * @param quality 0 to 100
   */
  async encodeJpeg({ data, width, height }: Pixels, quality: number): Promise<Uint8Array> {
    const codec = await this.#load('mozjpeg_enc.wasm', jpegEncoder);
    return codec.encode(data, width, height, { ...defaultEncodeOptions, quality });
  }

  async #decodeJpeg(bytes: Uint8Array): Promise<Pixels> {
    const codec = await this.#load('mozjpeg_dec.wasm', jpegDecoder);
    this.#printed = [];
    const pixels = orDamaged(() => codec.decode(bytes, false));
    const damage = this.#printed.find((line) => JPEG_DAMAGE.test(line));
    if (damage !== undefined) throw new PictureFault('damaged', damage);
    return pixels;
  }

  async #decodePng(bytes: Uint8Array): Promise<Pixels> {
    await this.#loadOnce('squoosh_png_bg.wasm', (wasm) => initPngDecoder(wasm));
    // Texts in it may be packed a thousandfold; only what the pixels need is given to the decoder.
    const needed = new Uint8Array(stripPng(bytes)).buffer;
    try {
      return await decodePng(needed);
    } catch (error) {
      throw gaveUp(error);
    }
  }

  async #decodeWebp(bytes: Uint8Array): Promise<Pixels> {
    const codec = await this.#load('webp_dec.wasm', webpDecoder);
    return orDamaged(() => codec.decode(bytes));
  }

  #load<T extends object>(file: WasmFile, make: EmscriptenWasm.ModuleFactory<T>): Promise<T> {
    const hear = (line: string) => void this.#printed.push(line);
    return this.#loadOnce(file, (wasm) =>
      make({ wasmBinary: wasm, noInitialRun: true, print: hear, printErr: hear }),
    );
  }

  #loadOnce<T>(file: WasmFile, init: (wasm: Uint8Array) => Promise<T>): Promise<T> {
    let module = this.#modules.get(file) as Promise<T> | undefined;
    if (!module) {
      module = this.#readWasm(file).then(init);
      this.#modules.set(file, module);
    }
    return module;
  }
}

function orDamaged(decode: () => Pixels | null): Pixels {
  let pixels: Pixels | null;
  try {
    pixels = decode();
  } catch (error) {
    throw gaveUp(error);
  }
  if (!pixels) throw new PictureFault('damaged', 'its decoder found no picture');
  return pixels;
}

/** Codecs end in many ways: traps, exit codes, texts. */
function gaveUp(error: unknown): PictureFault {
  const reason = error instanceof Error ? error.message : JSON.stringify(error);
  return new PictureFault('damaged', `its decoder gave up: ${reason}`);
}
