import { GatewayError } from './errors';

const MAX_PREFIX_BYTES = 1024;

const EMPTY = Buffer.alloc(0);
/** Minimum number of bytes to return, because each write to the disk has a fixed cost. */
const OUTPUT_BYTES = 128 * 1024;
/** `OUTPUT_BYTES` and the decoded size of a typical chunk from the network. */
const BUFFER_BYTES = OUTPUT_BYTES + 48 * 1024;
const LEADING_SPACES = /^[\t\n\v\f\r ]+/;
const SPACES = /[\t\n\v\f\r ]+/g;
const LETTERS = /^[A-Za-z0-9+/_-]*$/;
const DATA_SCHEME = 'data:';
const DATA_URI_PREFIX = /^data:[^,]*;\s*base64\s*$/i;

/**
 * Decodes base64 that arrives in chunks (RFC 4648 sections 4 and 5: both alphabets, padding optional). White space is
 * allowed anywhere, and a `data:<mime>;base64,` prefix at the start (API reference 9.3, 14). Every method throws
 * {@link GatewayError} `badReply` for invalid or empty text. Don't use the decoder after an error.
 */
export class Base64Decoder {
  /** The text so far while it may still be a data URI's prefix; undefined afterward. */
  #start: string | undefined = '';
  /** Incomplete group of four characters. */
  #carry = '';
  #padding = 0;
  #isEmpty = true;
  /** Reused in turn: new buffers would pile up until garbage collection. */
  #buffer: Buffer = EMPTY;
  #returnedBuffer: Buffer = EMPTY;
  #filledBytes = 0;
  readonly #needsPrefix: boolean;

  /** @param needsPrefix requires a data URI; other text throws with the code `noDataUri` */
  constructor(needsPrefix = false) {
    this.#needsPrefix = needsPrefix;
  }

  /**
   * Decodes the next chunk of ASCII text. Returns decoded bytes once there are enough for a write. They stay valid until
   * the next call that returns bytes has ended.
   */
  push(bytes: Uint8Array): Uint8Array {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#decode(this.#start === undefined ? piece : this.#withoutPrefix(this.#start, piece));
    return this.#filledBytes < OUTPUT_BYTES ? EMPTY : this.#takeFilled();
  }

  finish(): Uint8Array {
    const start = this.#start ?? '';
    if (start.length >= DATA_SCHEME.length) throw decodeError('the video is a data URI without data');
    if (this.#start !== undefined) this.#checkPrefix(false);
    this.#decode(Buffer.from(start, 'latin1'));
    const missing = (4 - this.#carry.length) % 4;
    if (this.#isEmpty) throw decodeError('the video is empty');
    if (missing === 3) throw decodeError('the video is not base64: its length is impossible');
    if (this.#padding > missing) throw decodeError('the video is not base64: too much padding');
    this.#append(this.#carry);
    return this.#takeFilled();
  }

  /** Removes the prefix, if any. Returns nothing while undecided. */
  #withoutPrefix(start: string, piece: Buffer): Buffer {
    const text = (start + piece.toString('latin1')).replace(LEADING_SPACES, '');
    const scheme = text.slice(0, DATA_SCHEME.length).toLowerCase();
    const isDataUri = scheme === DATA_SCHEME;
    const prefix = text.slice(0, MAX_PREFIX_BYTES);
    const comma = isDataUri ? prefix.indexOf(',') : -1;
    const isOpen = isDataUri ? comma < 0 && text.length < MAX_PREFIX_BYTES : DATA_SCHEME.startsWith(scheme);
    this.#start = isOpen ? text : undefined;
    if (isOpen) return EMPTY;
    this.#checkPrefix(isDataUri);
    if (isDataUri && !DATA_URI_PREFIX.test(prefix.slice(0, Math.max(0, comma)))) {
      throw decodeError('the video is not a base64 data URI');
    }
    return Buffer.from(text.slice(comma + 1), 'latin1');
  }

  #checkPrefix(isDataUri: boolean): void {
    if (isDataUri || !this.#needsPrefix) return;
    throw new GatewayError('badReply', 'the text is no data URI', { code: 'noDataUri' });
  }

  #decode(piece: Buffer): void {
    if (piece.length > 0 && !this.#decodeLetters(piece)) this.#decodeMixed(piece);
  }

  /**
   * Fast path for text without white space or padding. Returns false and changes nothing for other text: Node skips
   * unknown characters, so it decodes fewer bytes than expected.
   */
  #decodeLetters(piece: Buffer): boolean {
    const open = (this.#carry.length + piece.length) % 4;
    const groupEnd = (4 - this.#carry.length) % 4;
    if (this.#padding > 0 || piece.length < groupEnd + open) return false;
    const carry = piece.toString('latin1', piece.length - open);
    if (!LETTERS.test(carry)) return false;
    const expected = ((this.#carry.length + piece.length - open) / 4) * 3;
    const before = this.#filledBytes;
    if (groupEnd > 0) this.#append(this.#carry + piece.toString('latin1', 0, groupEnd));
    this.#append(piece.toString('latin1', groupEnd, piece.length - open));
    if (this.#filledBytes - before !== expected) {
      this.#filledBytes = before;
      return false;
    }
    this.#carry = carry;
    this.#isEmpty = false;
    return true;
  }

  #decodeMixed(piece: Buffer): void {
    const text = piece.toString('latin1').replace(SPACES, '');
    const paddingAt = text.indexOf('=');
    const letters = paddingAt < 0 ? text : text.slice(0, paddingAt);
    const padding = text.slice(letters.length);
    if (!LETTERS.test(letters)) throw decodeError('the video is not base64: it holds other characters');
    if (/[^=]/.test(padding) || (this.#padding > 0 && letters !== '')) {
      throw decodeError('the video is not base64: something follows its padding');
    }
    this.#padding += padding.length;
    if (text !== '') this.#isEmpty = false;
    const all = this.#carry + letters;
    const whole = all.length - (all.length % 4);
    this.#carry = all.slice(whole);
    this.#append(all.slice(0, whole));
  }

  #append(text: string): void {
    const needed = this.#filledBytes + Math.ceil(text.length / 4) * 3;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, BUFFER_BYTES));
      this.#buffer.copy(larger, 0, 0, this.#filledBytes);
      this.#buffer = larger;
    }
    this.#filledBytes += this.#buffer.write(text, this.#filledBytes, 'base64');
  }

  #takeFilled(): Buffer {
    const taken = this.#buffer;
    const length = this.#filledBytes;
    this.#buffer = this.#returnedBuffer;
    this.#returnedBuffer = taken;
    this.#filledBytes = 0;
    return taken.subarray(0, length);
  }
}

function decodeError(message: string): GatewayError {
  return new GatewayError('badReply', message);
}
