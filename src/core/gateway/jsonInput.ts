export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;

/** Code units of escapes by letter (RFC 8259 section 7). */
export const ESCAPES = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, meaning]) => [letter.charCodeAt(0), meaning.charCodeAt(0)] as const,
  ),
);

/** The current chunk of a text, with a read position. */
export class JsonInput {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #ended = false;
  #chunk: Buffer = Buffer.alloc(0);
  #position = 0;
  #bytesBefore = 0;
  // Next quote and backslash in the chunk. Search again only after passing them, so that many backslashes don't rescan
  // for a distant quote.
  #quote = 0;
  #backslash = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#iterator = chunks[Symbol.asyncIterator]();
  }

  get consumed(): number {
    return this.#bytesBefore + this.#position;
  }

  get current(): number | undefined {
    return this.#chunk[this.#position];
  }

  skip(): void {
    this.#position++;
  }

  /** Moves to the next chunk that isn't empty. @returns false at the end of the text */
  async more(): Promise<boolean> {
    this.#bytesBefore += this.#chunk.length;
    this.#load(new Uint8Array(0));
    while (!this.#ended && this.#chunk.length === 0) {
      // An iterator that threw has ended: don't call its return method.
      this.#ended = true;
      const next = await this.#iterator.next();
      if (next.done === true) break;
      this.#ended = false;
      this.#load(next.value);
    }
    return this.#chunk.length > 0;
  }

  #load(chunk: Uint8Array): void {
    this.#chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#position = 0;
    this.#quote = this.#find(QUOTE);
    this.#backslash = this.#find(BACKSLASH);
  }

  #find(byte: number): number {
    const found = this.#chunk.indexOf(byte, this.#position);
    return found < 0 ? this.#chunk.length : found;
  }

  /** Takes the bytes before the next quote, backslash or end of the chunk. */
  takeRun(): Buffer {
    if (this.#quote < this.#position) this.#quote = this.#find(QUOTE);
    if (this.#backslash < this.#position) this.#backslash = this.#find(BACKSLASH);
    return this.#takeTo(Math.min(this.#quote, this.#backslash));
  }

  /** Takes a two-byte escape if both bytes are in the chunk. @returns its UTF-16 code unit */
  takeShortEscape(): number | undefined {
    const unit = ESCAPES.get(this.#chunk[this.#position + 1] ?? -1);
    if (unit !== undefined) this.#position += 2;
    return unit;
  }

  /** Takes a literal or number, up to the end of the chunk. */
  takeWord(): string {
    let end = this.#position;
    while (isLiteralByte(this.#chunk[end])) end++;
    return this.#takeTo(end).toString('latin1');
  }

  #takeTo(end: number): Buffer {
    const run = this.#chunk.subarray(this.#position, end);
    this.#position = end;
    return run;
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    try {
      await this.#iterator.return?.();
    } catch {
      // The result, or a more relevant error, is already known.
    }
  }
}

function isLiteralByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const isDigit = byte >= 0x30 && byte <= 0x39;
  const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  return isDigit || isLetter || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}
