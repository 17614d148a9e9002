/** What codecs take and give; a page has it, Node's types don't. */
interface ImageData {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Codecs made with Emscripten, as far as they are used. */
declare namespace EmscriptenWasm {
  type Module = object;

  interface ModuleOpts {
    readonly wasmBinary: Uint8Array;
    /** Their main function is not called. */
    readonly noInitialRun: boolean;
    print(line: string): void;
    printErr(line: string): void;
  }

  type ModuleFactory<T extends Module> = (options: ModuleOpts) => Promise<T>;
}

/** WebAssembly, as far as it is used; it is in no library for programs without pages. */
declare namespace WebAssembly {
  interface Module {
    readonly brand: unique symbol;
  }
  const Module: {
    new (bytes: Uint8Array): Module;
    imports(module: Module): readonly { readonly module: string; readonly name: string }[];
  };
  class Instance {
    constructor(module: Module, imports: object);
    readonly exports: object;
  }
}

/** The decoders of PDF.js, as far as they are used. */
declare module 'pdfjs-dist/image_decoders/pdf.image_decoders.mjs' {
  const VerbosityLevel: { readonly WARNINGS: number };
  function setVerbosityLevel(level: number): void;

  class JpegImage {
    readonly width: number;
    readonly height: number;
    parse(bytes: Uint8Array): void;
    getData(size: { readonly width: number; readonly height: number }): Uint8ClampedArray;
  }
}
