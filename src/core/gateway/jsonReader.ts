import { StringDecoder } from 'node:string_decoder';
import { GatewayError } from './errors';

/** Takes the content of one JSON string: unescaped UTF-8, in pieces of any size. */
export interface StringSink {
  /** `bytes` belong to the reader again as soon as this returns or resolves: do not retain them. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** The string is complete. Not called when reading ends inside it. */
  end(): void | Promise<void>;
}

/** What becomes of a string value; `undefined` means: built like any other. */
export type StringPlan =
  | StringSink
  /** Read over; absent from the result as far as it can be, see {@link readJson}. */
  | 'skip'
  /** Built from its first bytes only, however long it is; the rest is read over. */
  | { readonly keepBytes: number }
  | undefined;

/** Keys and indexes from the root down to a value. A live array: do not retain it. */
export type JsonPath = readonly (string | number)[];

export interface JsonReaderOptions {
  /** Most bytes of the text that are not inside captured or skipped strings. */
  readonly maxBytes: number;
  /** Asked at the start of every string value (not of keys), with what was built of the root so far. */
  readonly capture?: (path: JsonPath, soFar: unknown) => StringPlan;
  /** Asked after each chunk and after each member: true ends the reading early. */
  readonly stop?: (soFar: unknown) => boolean;
}

/** How deep objects and arrays may lie in each other. */
const DEEPEST = 64;

/** Shorter runs of a captured string are gathered up to so many bytes before the sink gets them. */
const GATHERED = 8 * 1024;

const END = -1;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const LEFT_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const RIGHT_BRACKET = 0x5d;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;
const LESS_THAN = 0x3c;
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Letter after a backslash to the code unit it stands for (RFC 8259 section 7). */
const ESCAPES = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, meaning]) => [letter.charCodeAt(0), meaning.charCodeAt(0)] as const,
  ),
);
const LETTER_U = 0x75;

/**
 * Reads a JSON text as it arrives and builds its value, except for the strings that `capture` picks: their
 * content goes to a sink piece by piece, so that a video inside never lies in memory (DESIGN 4.6). A captured
 * or skipped string is `undefined` in the result, which no other JSON value is.
 *
 * Beyond RFC 8259 it tolerates a byte order mark, a comma before `}` or `]` (API reference 6.0), bare control
 * characters in strings and broken UTF-8 (replaced). Of equal keys the last one counts.
 *
 * @returns the value; after an early stop what was built until then
 * @throws {@link GatewayError} `badReply` when the text is empty, not JSON, cut, nested deeper than 64 or over
 * `maxBytes`; whatever `chunks`, a sink or a callback throws goes through. Left early, `chunks` is told to end.
 */
export async function readJson(
  chunks: AsyncIterable<Uint8Array>,
  options: JsonReaderOptions,
): Promise<unknown> {
  const input = new Input(chunks);
  const parser = new Parser(input, options);
  try {
    return await parser.read();
  } catch (error) {
    if (error instanceof StoppedEarly) return parser.soFar;
    throw error;
  } finally {
    await input.close();
  }
}

/** Ends the reading from any depth; never leaves this file. */
class StoppedEarly extends Error {}

/** The bytes that are here, with a reading position. */
class Input {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #ended = false;
  #chunk: Buffer = Buffer.alloc(0);
  #position = 0;
  #bytesBefore = 0;
  // Where the next quote and backslash of the chunk are; found again only once passed, so that many
  // backslashes do not mean many searches for the far away quote.
  #quote = 0;
  #backslash = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#iterator = chunks[Symbol.asyncIterator]();
  }

  /** Bytes read so far. */
  get consumed(): number {
    return this.#bytesBefore + this.#position;
  }

  /** The byte to read next; undefined at the end of the chunk. */
  get current(): number | undefined {
    return this.#chunk[this.#position];
  }

  skip(): void {
    this.#position++;
  }

  /** Moves on to the next chunk with bytes in it; false at the end of the text. */
  async more(): Promise<boolean> {
    this.#bytesBefore += this.#chunk.length;
    this.#load(new Uint8Array(0));
    while (!this.#ended && this.#chunk.length === 0) {
      // An iterator that threw is over: it must not be told to return.
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

  /** Position of the next such byte, or the chunk's end. */
  #find(byte: number): number {
    const found = this.#chunk.indexOf(byte, this.#position);
    return found < 0 ? this.#chunk.length : found;
  }

  /** Takes what comes before the next quote, backslash or chunk end. */
  takeRun(): Buffer {
    if (this.#quote < this.#position) this.#quote = this.#find(QUOTE);
    if (this.#backslash < this.#position) this.#backslash = this.#find(BACKSLASH);
    return this.#takeTo(Math.min(this.#quote, this.#backslash));
  }

  /** Takes an escape of two bytes, if it is one and both are here, and gives its UTF-16 code unit. */
  takeShortEscape(): number | undefined {
    const unit = ESCAPES.get(this.#chunk[this.#position + 1] ?? END);
    if (unit !== undefined) this.#position += 2;
    return unit;
  }

  /** Takes the letters, digits and signs that literals and numbers are made of, as far as the chunk goes. */
  takeWord(): string {
    let end = this.#position;
    while (isWordByte(this.#chunk[end])) end++;
    return this.#takeTo(end).toString('latin1');
  }

  #takeTo(end: number): Buffer {
    const run = this.#chunk.subarray(this.#position, end);
    this.#position = end;
    return run;
  }

  /** Tells the source to end, unless it has. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    try {
      await this.#iterator.return?.();
    } catch {
      // We have what we came for, or a better error: how the rest ends is nobody's concern.
    }
  }
}

function isWordByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const isDigit = byte >= 0x30 && byte <= 0x39;
  const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  return isDigit || isLetter || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}

type Container = unknown[] | Record<string, unknown>;

/** Follows the grammar of RFC 8259. Containers hang in their parents from the start, so a stop leaves a value. */
class Parser {
  readonly #input: Input;
  readonly #options: JsonReaderOptions;
  /** Holds the root value once there is one. */
  readonly #root: unknown[] = [];
  readonly #path: (string | number)[] = [];
  readonly #decoder = new StringDecoder('utf8');
  /** Bytes inside captured and skipped strings: they do not count. */
  #freeBytes = 0;

  constructor(input: Input, options: JsonReaderOptions) {
    this.#input = input;
    this.#options = options;
  }

  get soFar(): unknown {
    return this.#root[0];
  }

  async read(): Promise<unknown> {
    await this.#byteOrderMark();
    const first = await this.#token();
    if (first === END) throw bad('the reply is empty');
    if (first === LESS_THAN) throw bad('the reply is a web page, not JSON');
    await this.#value(this.#root, 0);
    if ((await this.#token()) !== END) throw this.#unexpected();
    return this.soFar;
  }

  async #byteOrderMark(): Promise<void> {
    if (!(await this.#more()) || this.#input.current !== BYTE_ORDER_MARK[0]) return;
    for (const byte of BYTE_ORDER_MARK) {
      if ((await this.#byte()) !== byte) throw this.#unexpected();
      this.#input.skip();
    }
  }

  async #value(holder: Container, key: string | number): Promise<void> {
    switch (await this.#token()) {
      case LEFT_BRACE: {
        const object = {};
        put(holder, key, object);
        return this.#members(RIGHT_BRACE, () => this.#member(object));
      }
      case LEFT_BRACKET: {
        const array: unknown[] = [];
        put(holder, key, array);
        return this.#members(RIGHT_BRACKET, (index) => this.#at(index, array));
      }
      case QUOTE:
        return this.#stringValue(holder, key);
      default:
        put(holder, key, await this.#word());
    }
  }

  /** What stands between brackets or braces, a comma after each but the last, or there too. */
  async #members(close: number, readOne: (index: number) => Promise<void>): Promise<void> {
    if (this.#path.length >= DEEPEST) throw bad(`the reply is nested deeper than ${DEEPEST} levels`);
    this.#input.skip();
    for (let index = 0; (await this.#token()) !== close; index++) {
      await readOne(index);
      if (this.#options.stop?.(this.soFar)) throw new StoppedEarly();
      const next = await this.#token();
      if (next !== COMMA && next !== close) throw this.#unexpected();
      if (next === COMMA) this.#input.skip();
    }
    this.#input.skip();
  }

  async #member(object: Record<string, unknown>): Promise<void> {
    if ((await this.#token()) !== QUOTE) throw this.#unexpected();
    const key = await this.#text(Infinity);
    if ((await this.#token()) !== COLON) throw this.#unexpected();
    this.#input.skip();
    await this.#at(key, object);
  }

  async #at(key: string | number, holder: Container): Promise<void> {
    this.#path.push(key);
    await this.#value(holder, key);
    this.#path.pop();
  }

  async #stringValue(holder: Container, key: string | number): Promise<void> {
    const plan = this.#options.capture?.(this.#path, this.soFar);
    if (plan === undefined) put(holder, key, await this.#text(Infinity));
    else if (plan !== 'skip' && 'keepBytes' in plan) put(holder, key, await this.#text(plan.keepBytes));
    else {
      put(holder, key, undefined);
      await this.#string(plan === 'skip' ? SKIPPED : new SinkFeeder(plan), 0);
    }
  }

  async #text(keepBytes: number): Promise<string> {
    const builder = new TextBuilder(this.#decoder, keepBytes);
    await this.#string(builder, keepBytes);
    return builder.text;
  }

  /** Reads a string with its quotes. Of its bytes at most `counted` count towards the cap. */
  async #string(taker: StringTaker, counted: number): Promise<void> {
    const start = this.#input.consumed;
    const alreadyFree = this.#freeBytes;
    this.#input.skip();
    for (;;) {
      const pending = taker.bytes(this.#input.takeRun());
      if (pending) await pending;
      this.#freeBytes = alreadyFree + Math.max(0, this.#input.consumed - start - counted);
      this.#checkSize();
      const next = this.#input.current ?? (await this.#byte());
      if (next === QUOTE) break;
      if (next !== BACKSLASH) continue;
      // Awaited only where it must be: some write a backslash before every slash of a video's base64.
      const unit = this.#input.takeShortEscape() ?? (await this.#escape());
      const pendingUnit = taker.unit(unit);
      if (pendingUnit) await pendingUnit;
    }
    this.#input.skip();
    await taker.end();
  }

  /** Reads an escape and gives its UTF-16 code unit. */
  async #escape(): Promise<number> {
    this.#input.skip();
    const letter = await this.#byte();
    if (letter !== LETTER_U) {
      const unit = ESCAPES.get(letter);
      if (unit === undefined) throw this.#unexpected();
      this.#input.skip();
      return unit;
    }
    let unit = 0;
    for (let digits = 0; digits < 4; digits++) {
      this.#input.skip();
      const digit = Number.parseInt(String.fromCharCode(await this.#byte()), 16);
      if (Number.isNaN(digit)) throw this.#unexpected();
      unit = unit * 16 + digit;
    }
    this.#input.skip();
    return unit;
  }

  /** A literal or a number. */
  async #word(): Promise<unknown> {
    let word = '';
    do {
      word += this.#input.takeWord();
      this.#checkSize();
    } while (this.#input.current === undefined && (await this.#more()));
    // Within something that must go on, the next digit may be what is missing.
    if (this.#input.current === undefined && this.#path.length > 0) throw this.#unexpected();
    if (word === 'true') return true;
    if (word === 'false') return false;
    if (word === 'null') return null;
    if (NUMBER.test(word)) return Number(word);
    if (word !== '') throw bad('the reply is not JSON, or cut in the middle of a word');
    throw this.#unexpected();
  }

  /** The next byte that is not white space, still to be read; END at the end of the text. */
  async #token(): Promise<number> {
    for (;;) {
      this.#checkSize();
      const byte = this.#input.current;
      if (byte === undefined) {
        if (!(await this.#more())) return END;
      } else if (SPACES.has(byte)) this.#input.skip();
      else return byte;
    }
  }

  /** The next byte, still to be read, of something that must go on. */
  async #byte(): Promise<number> {
    for (;;) {
      const byte = this.#input.current;
      if (byte !== undefined) return byte;
      if (!(await this.#more())) throw this.#unexpected();
    }
  }

  async #more(): Promise<boolean> {
    if (this.#input.consumed > 0 && this.#options.stop?.(this.soFar)) throw new StoppedEarly();
    return this.#input.more();
  }

  #checkSize(): void {
    if (this.#input.consumed - this.#freeBytes > this.#options.maxBytes) {
      throw bad(`the reply holds more than ${this.#options.maxBytes} bytes beside the video`);
    }
  }

  /** The error for what stands at the reading position. */
  #unexpected(): GatewayError {
    if (this.#input.current === undefined) return bad('the reply is cut in the middle');
    return bad(`the reply is not JSON (at byte ${this.#input.consumed})`);
  }
}

/** Sets a member as JSON.parse does: `__proto__` is a key like any other and changes no prototype. */
function put(holder: Container, key: string | number, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
  } else (holder as Record<string | number, unknown>)[key] = value;
}

/** Takes a string as it is read: runs of bytes, and the code units of escapes between them. */
interface StringTaker {
  bytes(run: Buffer): Promise<void> | undefined;
  unit(codeUnit: number): Promise<void> | undefined;
  end(): Promise<void> | undefined;
}

const SKIPPED: StringTaker = { bytes: () => undefined, unit: () => undefined, end: () => undefined };

/** Builds a text. Works on code units, so that lone surrogates survive as they do in JSON.parse. */
class TextBuilder implements StringTaker {
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
    // What is left of a broken UTF-8 sequence must not join with bytes after the escape.
    this.end();
    if (this.#room > 0) this.text += String.fromCharCode(codeUnit);
    this.#room = Math.max(0, this.#room - 1);
  }

  end(): undefined {
    this.text += this.#decoder.end();
  }
}

/** Hands a string to a sink as UTF-8: long runs as they are, short ones and escapes gathered. */
class SinkFeeder implements StringTaker {
  readonly #sink: StringSink;
  #gathered: Buffer | undefined;
  #length = 0;
  /** First half of a surrogate pair whose second half should come next. */
  #high = 0;

  constructor(sink: StringSink) {
    this.#sink = sink;
  }

  bytes(run: Buffer): Promise<void> | undefined {
    if (run.length === 0) return undefined;
    if (this.#high !== 0) return this.#afterLoneHigh(() => this.bytes(run));
    if (this.#length + run.length > GATHERED) return this.#flushThen(run);
    this.#gathered ??= Buffer.allocUnsafeSlow(GATHERED);
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
    if (codeUnit < 0x80 && this.#gathered && this.#length < GATHERED) {
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

  /** A first half alone has no UTF-8: it becomes the replacement character, like any lone half. */
  async #afterLoneHigh(next: () => Promise<void> | undefined): Promise<void> {
    this.#high = 0;
    await this.bytes(Buffer.from('\ufffd'));
    await next();
  }

  async #flushThen(run: Buffer): Promise<void> {
    await this.#flush();
    if (run.length > GATHERED / 2) await this.#sink.write(run);
    else await this.bytes(run);
  }

  async #flush(): Promise<void> {
    if (this.#length === 0 || this.#gathered === undefined) return;
    const full = this.#gathered.subarray(0, this.#length);
    this.#length = 0;
    await this.#sink.write(full);
  }
}

function bad(message: string): GatewayError {
  return new GatewayError('badReply', message);
}
