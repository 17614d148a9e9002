import { StringDecoder } from 'node:string_decoder';
import { GatewayError } from './errors';
import { ESCAPES, JsonInput } from './jsonInput';
import { SinkFeeder, SKIPPED, TextBuilder, type StringSink, type StringTaker } from './jsonStrings';

export type { StringSink } from './jsonStrings';

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
  /** For tolerant reading: asked after each complete document. True ends the reading early. */
  readonly isEnough?: (document: unknown) => boolean;
}

/** What {@link readTolerantJson} makes of a text. */
export interface TolerantJson {
  /** One for each JSON text in it, such as the events of a stream. The last one may be incomplete. */
  readonly documents: readonly unknown[];
  /** At least one document was read, and all of them to their ends. */
  readonly isComplete: boolean;
}

/** Maximum depth of nested objects and arrays. */
const MAX_DEPTH = 64;
/** Maximum number of documents in one text. */
const MAX_DOCUMENTS = 16;
/** Tolerant reading keeps this much of a string, enough for any link, and of a list once there is no more room. */
const MAX_STRING_BYTES = 16 * 1024;
const MAX_LATE_ITEMS = 64;
/** Tolerant reading keeps nothing after this many times `maxBytes`. */
const MAX_LATE_FACTOR = 4;

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
 * Reads what can be read of a response that may not be JSON, or not all of it. Beyond {@link readJson} it tolerates
 * whatever stands before, between and after JSON texts (the prefixes of an event stream), words such as NaN (absent from
 * the result), unknown escapes, an end in the middle and any length. Whole numbers too large for a number are kept as
 * text with all their digits. Of a string that isn't captured the first 16 KB are kept.
 *
 * @param isImportant keys that are still kept once `maxBytes` have been read
 * @throws whatever `chunks`, a sink or a callback throws
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

/** Ends the reading from any depth; never leaves this file. */
class StoppedEarly extends Error {}

type Container = unknown[] | Record<string, unknown>;

/** Follows the grammar of RFC 8259. Containers hang in their parents from the start, so a stop leaves a value. */
class Parser {
  readonly #input: JsonInput;
  readonly #options: JsonReaderOptions;
  /** Holds the root value once there is one. */
  readonly #root: unknown[] = [];
  readonly #path: (string | number)[] = [];
  readonly #decoder = new StringDecoder('utf8');
  /** Set for tolerant reading. */
  readonly #isImportant: ((key: string) => boolean) | undefined;
  /** Bytes inside captured and skipped strings: they do not count. */
  #freeBytes = 0;
  /** Tolerant reading has read more than `maxBytes`. */
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
    if (first === END) throw bad('the reply is empty');
    if (first === LESS_THAN) throw bad('the reply is a web page, not JSON');
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

  /** @returns false if the text is at fault */
  async #tolerate(work: Promise<void>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      if (error instanceof BadJson) return false;
      throw error;
    }
  }

  /** Skips what belongs to no JSON text. @returns false at the end */
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
    if (this.#path.length >= MAX_DEPTH) throw bad(`the reply is nested deeper than ${MAX_DEPTH} levels`);
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
    const key = await this.#text(this.#isImportant ? MAX_STRING_BYTES : Infinity);
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
    if (plan === undefined)
      put(holder, key, await this.#text(this.#isImportant ? MAX_STRING_BYTES : Infinity));
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

  /** A literal or a number. */
  async #word(): Promise<unknown> {
    let word = '';
    do {
      const part = this.#input.takeWord();
      // A word this long stands for nothing.
      if (!this.#isImportant || word.length < MAX_STRING_BYTES) word += part;
      this.#checkSize();
    } while (this.#input.current === undefined && (await this.#more()));
    // Within something that must go on, the next digit may be what is missing.
    if (this.#input.current === undefined && this.#path.length > 0) throw this.#unexpected();
    if (word === 'true') return true;
    if (word === 'false') return false;
    if (word === 'null') return null;
    if (NUMBER.test(word)) return this.#isImportant && isLargeInteger(word) ? word : Number(word);
    if (word !== '' && this.#isImportant) return undefined;
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
      this.#isFull = true;
      if (this.#isImportant) return;
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

/** An ID as a number: beyond 2^53 a number would be another ID. */
function isLargeInteger(word: string): boolean {
  return /^-?\d+$/.test(word) && !Number.isSafeInteger(Number(word));
}

/** Distinguishes a fault of the text from one of its source. */
class BadJson extends GatewayError {}

function bad(message: string): GatewayError {
  return new BadJson('badReply', message);
}
