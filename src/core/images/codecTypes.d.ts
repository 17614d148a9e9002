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
