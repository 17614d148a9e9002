import { StringDecoder } from 'node:string_decoder';
import { GatewayError } from './errors';
import { BACKSLASH, ESCAPES, JsonInput, QUOTE } from './jsonInput';
import { SinkFeeder, SKIPPED, TextBuilder, type StringSink, type StringTaker } from './jsonStrings';

/** How to handle a string value. A skipped one is `undefined` in the result; undefined keeps it like any other. */
export type StringHandling = StringSink | 'skip' | undefined;

/** Keys and indexes from the root to a value. The array is reused: don't retain it. */
export type JsonPath = readonly (string | number)[];

export interface JsonReaderOptions {
  /** Maximum number of bytes outside captured and skipped strings. */
  readonly maxBytes: number;
  /** Called at the start of every string value (not of keys), with the root as built so far. */
  readonly capture?: (path: JsonPath, soFar: unknown) => StringHandling;
  /** Called after each chunk and each member; true stops reading. */
  readonly stop?: (soFar: unknown) => boolean;
  /** For tolerant reading: called after each complete document; true stops reading. */
  readonly isEnough?: (document: unknown) => boolean;
}

interface TolerantJson {
  /** JSON texts, such as the events of a stream. The last one may be incomplete. */
  readonly documents: readonly unknown[];
  /** True if at least one document was read, and all are complete. */
  readonly isComplete: boolean;
}

const MAX_DEPTH = 64;
const MAX_DOCUMENTS = 16;
/** Tolerant reading keeps this much of a string, enough for any link, and of a list after `maxBytes`. */
const MAX_STRING_BYTES = 16 * 1024;
const MAX_LATE_ITEMS = 64;
/** In tolerant mode, everything beyond this multiple of `maxBytes` is discarded. */
const MAX_LATE_FACTOR = 4;

const END = -1;
const COMMA = 0x2c;
const COLON = 0x3a;
const LEFT_BRACKET = 0x5b;
const RIGHT_BRACKET = 0x5d;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;
const LESS_THAN = 0x3c;
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LETTER_U = 0x75;

/**
 * Parses a JSON text as it arrives. Strings selected by `capture` are streamed to a sink, so that a video is never in
 * memory as a whole (DESIGN 4.6); in the result they are `undefined`. Beyond RFC 8259, it accepts a byte order mark, a
 * comma before `}` or `]` (API reference 6.0), control characters in strings, and invalid UTF-8 (replaced).
 * @returns the value; after an early stop, as built so far
 * @throws {@link GatewayError} `badReply` if the text is empty, not JSON, cut, nested deeper than 64 levels, or over
 *   `maxBytes`. Errors of `chunks`, a sink or a callback are rethrown
 */
export async function readJson(
  chunks: AsyncIterable<Uint8Array>,
  options: JsonReaderOptions,
): Promise<unknown> {
  const input = new JsonInput(chunks);
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

/**
 * Parses a response that may not be JSON, or only in part. Beyond {@link readJson}, it accepts any text around JSON texts
 * (such as the prefixes of an event stream), words such as NaN (absent from the result), unknown escapes, an early end,
 * and any length. Integers too large for a number are kept as text. Long strings are cut after 16 KB.
 * @param isImportant returns true for keys that are kept even after `maxBytes`
 * @throws errors of `chunks`, a sink or a callback
 */
export async function readTolerantJson(
  chunks: AsyncIterable<Uint8Array>,
  options: JsonReaderOptions,
  isImportant: (key: string) => boolean,
): Promise<TolerantJson> {
  const input = new JsonInput(chunks);
  const parser = new Parser(input, options, isImportant);
  try {
    return await parser.readDocuments();
  } finally {
    await input.close();
  }
}

/** Thrown to stop reading from any depth. Never reaches callers. */
class StoppedEarly extends Error {}

type Container = unknown[] | Record<string, unknown>;

/** Parser for RFC 8259. Containers are added to their parents when they open, so that an early stop leaves a value. */
class Parser {
  readonly #input: JsonInput;
  readonly #options: JsonReaderOptions;
  readonly #root: unknown[] = [];
  readonly #path: (string | number)[] = [];
  readonly #decoder = new StringDecoder('utf8');
  readonly #isImportant: ((key: string) => boolean) | undefined;
  /** Bytes inside captured and skipped strings, which don't count toward `maxBytes`. */
  #freeBytes = 0;
  /** True once tolerant reading exceeds `maxBytes`. */
  #isFull = false;

  constructor(input: JsonInput, options: JsonReaderOptions, isImportant?: (key: string) => boolean) {
    this.#input = input;
    this.#options = options;
    this.#isImportant = isImportant;
  }

  get soFar(): unknown {
    return this.#root[0];
  }

  async read(): Promise<unknown> {
    await this.#byteOrderMark();
    const first = await this.#token();
    if (first === END) throw jsonError('the response is empty');
    if (first === LESS_THAN) throw jsonError('the response is a web page, not JSON');
    await this.#value(this.#root, 0);
    if ((await this.#token()) !== END) throw this.#unexpected();
    return this.soFar;
  }

  async readDocuments(): Promise<TolerantJson> {
    const documents: unknown[] = [];
    let isComplete = await this.#tolerate(this.#byteOrderMark());
    const isPage = (await this.#token()) === LESS_THAN;
    while (!isPage && documents.length < MAX_DOCUMENTS && (await this.#skipToDocument())) {
      if (!(await this.#tolerate(this.#value(documents, documents.length)))) isComplete = false;
      else if (this.#options.isEnough?.(documents.at(-1))) return { documents, isComplete };
      this.#path.length = 0;
    }
    while (await this.#more());
    return { documents, isComplete: isComplete && documents.length > 0 };
  }

  /** @returns false if the text is invalid */
  async #tolerate(work: Promise<void>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      if (error instanceof BadJson) return false;
      throw error;
    }
  }

  /** Skips text outside JSON. @returns false at the end */
  async #skipToDocument(): Promise<boolean> {
    for (;;) {
      const byte = this.#input.current;
      if (byte === LEFT_BRACE || byte === LEFT_BRACKET) return true;
      if (byte !== undefined) this.#input.skip();
      else if (!(await this.#more())) return false;
    }
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
        setMember(holder, key, object);
        return this.#members(RIGHT_BRACE, () => this.#member(object));
      }
      case LEFT_BRACKET: {
        const array: unknown[] = [];
        setMember(holder, key, array);
        return this.#members(RIGHT_BRACKET, (index) => this.#at(index, array));
      }
      case QUOTE:
        return this.#stringValue(holder, key);
      default:
        setMember(holder, key, await this.#word());
    }
  }

  /** Reads comma-separated members up to the closing bracket or brace. A trailing comma is accepted. */
  async #members(close: number, readOne: (index: number) => Promise<void>): Promise<void> {
    if (this.#path.length >= MAX_DEPTH)
      throw jsonError(`the response is nested deeper than ${MAX_DEPTH} levels`);
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
    const key = await this.#text();
    if ((await this.#token()) !== COLON) throw this.#unexpected();
    this.#input.skip();
    await this.#at(key, object);
  }

  async #at(key: string | number, holder: Container): Promise<void> {
    this.#path.push(key);
    await this.#value(this.#hasRoomFor(key) ? holder : {}, key);
    this.#path.pop();
  }

  #hasRoomFor(key: string | number): boolean {
    if (!this.#isFull || this.#isImportant === undefined) return true;
    if (this.#input.consumed - this.#freeBytes > MAX_LATE_FACTOR * this.#options.maxBytes) return false;
    return typeof key === 'number' ? key < MAX_LATE_ITEMS : this.#isImportant(key);
  }

  async #stringValue(holder: Container, key: string | number): Promise<void> {
    const plan = this.#options.capture?.(this.#path, this.soFar);
    if (plan === undefined) setMember(holder, key, await this.#text());
    else {
      setMember(holder, key, undefined);
      await this.#string(plan === 'skip' ? SKIPPED : new SinkFeeder(plan), 0);
    }
  }

  async #text(): Promise<string> {
    const keepBytes = this.#isImportant ? MAX_STRING_BYTES : Infinity;
    const builder = new TextBuilder(this.#decoder, keepBytes);
    await this.#string(builder, keepBytes);
    return builder.text;
  }

  /** Reads a string with its quotes. At most `counted` of its bytes count toward `maxBytes`. */
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
      // Await only if needed: some servers escape every slash in a video's base64.
      const pendingUnit = taker.unit(this.#input.takeShortEscape() ?? (await this.#escape()));
      if (pendingUnit) await pendingUnit;
    }
    this.#input.skip();
    await taker.end();
  }

  /** Reads an escape. @returns its UTF-16 code unit */
  async #escape(): Promise<number> {
    this.#input.skip();
    const letter = await this.#byte();
    if (letter !== LETTER_U) {
      const unit = ESCAPES.get(letter) ?? (this.#isImportant && letter < 0x80 ? letter : undefined);
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

  async #word(): Promise<unknown> {
    let word = '';
    do {
      const part = this.#input.takeWord();
      // No valid word is this long.
      if (!this.#isImportant || word.length < MAX_STRING_BYTES) word += part;
      this.#checkSize();
    } while (this.#input.current === undefined && (await this.#more()));
    // Inside a container, the end of the text may have cut off digits.
    if (this.#input.current === undefined && this.#path.length > 0) throw this.#unexpected();
    if (word === 'true') return true;
    if (word === 'false') return false;
    if (word === 'null') return null;
    if (NUMBER.test(word)) return this.#isImportant && isLargeInteger(word) ? word : Number(word);
    if (word !== '' && this.#isImportant) return undefined;
    if (word !== '') throw jsonError('the response is not JSON, or cut in the middle of a word');
    throw this.#unexpected();
  }

  /** Peeks the next byte that isn't white space; END at the end of the text. */
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

  /** Peeks the next byte. @throws at the end of the text */
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
      this.#isFull = true;
      if (this.#isImportant) return;
      throw jsonError(`the response holds more than ${this.#options.maxBytes} bytes besides the video`);
    }
  }

  #unexpected(): GatewayError {
    if (this.#input.current === undefined) return jsonError('the response is cut in the middle');
    return jsonError(`the response is not JSON (at byte ${this.#input.consumed})`);
  }
}

/** Sets a member as JSON.parse does: `__proto__` doesn't change the prototype. */
function setMember(holder: Container, key: string | number, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
  } else (holder as Record<string | number, unknown>)[key] = value;
}

/** Returns true for integers beyond 2^53: parsed as a number, an ID would change. */
function isLargeInteger(word: string): boolean {
  return /^-?\d+$/.test(word) && !Number.isSafeInteger(Number(word));
}

/** Distinguishes errors of the text from errors of its source. */
class BadJson extends GatewayError {}

function jsonError(message: string): GatewayError {
  return new BadJson('badReply', message);
}
