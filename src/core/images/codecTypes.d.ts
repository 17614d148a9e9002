/** Input and output of the codecs. Declared here because Node's types don't include it. */
interface ImageData {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** The used part of codecs built with Emscripten. */
declare namespace EmscriptenWasm {
  type Module = object;

  interface ModuleOpts {
    readonly wasmBinary: Uint8Array;
    /** True to skip the codec's main function. */
    readonly noInitialRun: boolean;
    print(line: string): void;
    printErr(line: string): void;
  }

  type ModuleFactory<T extends Module> = (options: ModuleOpts) => Promise<T>;
}

/** The used part of WebAssembly, which TypeScript declares only together with the DOM. */
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

/** The used part of PDF.js's decoders. */
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
