import type { StringDecoder } from 'node:string_decoder';

const SINK_BUFFER_BYTES = 8 * 1024;

/** Receives the content of one JSON string: unescaped UTF-8, in chunks of any size. */
export interface StringSink {
  /** `bytes` are reused once this returns or resolves: don't retain them. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** Called when the string is complete. Not called if reading stops inside it. */
  end(): void | Promise<void>;
}

/** Receives runs of bytes of a string, and the code units of the escapes between them. */
export interface StringTaker {
  bytes(run: Buffer): Promise<void> | undefined;
  unit(codeUnit: number): Promise<void> | undefined;
  end(): Promise<void> | undefined;
}

export const SKIPPED: StringTaker = { bytes: () => undefined, unit: () => undefined, end: () => undefined };

/** Builds a text from code units, so that lone surrogates are kept as in JSON.parse. */
export class TextBuilder implements StringTaker {
  readonly #decoder: StringDecoder;
  #room: number;
  text = '';

  constructor(decoder: StringDecoder, keepBytes: number) {
    this.#decoder = decoder;
    this.#room = keepBytes;
  }

  bytes(run: Buffer): undefined {
    this.text += this.#decoder.write(run.length > this.#room ? run.subarray(0, this.#room) : run);
    this.#room = Math.max(0, this.#room - run.length);
  }

  unit(codeUnit: number): undefined {
    // Flush an incomplete UTF-8 sequence, so that it doesn't join with bytes after the escape.
    this.end();
    if (this.#room > 0) this.text += String.fromCharCode(codeUnit);
    this.#room = Math.max(0, this.#room - 1);
  }

  end(): undefined {
    this.text += this.#decoder.end();
  }
}

/** Passes a string to a sink as UTF-8: long runs directly, short ones and escapes buffered. */
export class SinkFeeder implements StringTaker {
  readonly #sink: StringSink;
  #gathered: Buffer | undefined;
  #length = 0;
  /** High surrogate that waits for its low surrogate; 0 if none. */
  #high = 0;

  constructor(sink: StringSink) {
    this.#sink = sink;
  }

  bytes(run: Buffer): Promise<void> | undefined {
    if (run.length === 0) return undefined;
    if (this.#high !== 0) return this.#afterLoneHigh(() => this.bytes(run));
    if (this.#length + run.length > SINK_BUFFER_BYTES) return this.#flushThen(run);
    this.#gathered ??= Buffer.allocUnsafeSlow(SINK_BUFFER_BYTES);
    this.#length += run.copy(this.#gathered, this.#length);
    return undefined;
  }

  unit(codeUnit: number): Promise<void> | undefined {
    const isLow = (codeUnit & 0xfc00) === 0xdc00;
    if (this.#high !== 0 && !isLow) return this.#afterLoneHigh(() => this.unit(codeUnit));
    if ((codeUnit & 0xfc00) === 0xd800) {
      this.#high = codeUnit;
      return undefined;
    }
    if (codeUnit < 0x80 && this.#gathered && this.#length < SINK_BUFFER_BYTES) {
      this.#gathered[this.#length++] = codeUnit;
      return undefined;
    }
    const text = this.#high === 0 ? '' : String.fromCharCode(this.#high);
    this.#high = 0;
    return this.bytes(Buffer.from(text + String.fromCharCode(codeUnit)));
  }

  async end(): Promise<void> {
    if (this.#high !== 0) await this.#afterLoneHigh(() => undefined);
    await this.#flush();
    await this.#sink.end();
  }

  /** Replaces a lone high surrogate, which has no UTF-8 form, with the replacement character. */
  async #afterLoneHigh(next: () => Promise<void> | undefined): Promise<void> {
    this.#high = 0;
    await this.bytes(Buffer.from('\ufffd'));
    await next();
  }

  async #flushThen(run: Buffer): Promise<void> {
    await this.#flush();
    if (run.length > SINK_BUFFER_BYTES / 2) await this.#sink.write(run);
    else await this.bytes(run);
  }

  async #flush(): Promise<void> {
    if (this.#length === 0 || this.#gathered === undefined) return;
    const full = this.#gathered.subarray(0, this.#length);
    this.#length = 0;
    await this.#sink.write(full);
  }
}
