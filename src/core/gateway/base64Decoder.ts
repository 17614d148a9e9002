import { GatewayError } from './errors';

const MAX_PREFIX_BYTES = 1024;

const EMPTY = Buffer.alloc(0);
/** Minimum buffer size: decoded size of a typical chunk from the network. */
const MIN_BUFFER_BYTES = 48 * 1024;
const LEADING_SPACES = /^[\t\n\v\f\r ]+/;
const SPACES = /[\t\n\v\f\r ]+/g;
const LETTERS = /^[A-Za-z0-9+/_-]*$/;
const DATA_SCHEME = 'data:';
const DATA_URI_PREFIX = /^data:[^,]*;\s*base64\s*$/i;

/**
 * Decodes base64 that arrives in chunks (RFC 4648 sections 4 and 5: both alphabets, padding optional). White space is
 * allowed anywhere, and a `data:<mime>;base64,` prefix at the start (API reference 9.3, 14).
 *
 * Every method throws {@link GatewayError} `badReply` for invalid text: another character, data after the padding, an
 * impossible length, or no data. Don't use the decoder after an error.
 */
export class Base64Decoder {
  /** The text so far while it may still be a data URI's prefix; undefined afterward. */
  #start: string | undefined = '';
  /** Up to three characters of an incomplete group of four. */
  #carry = '';
  #padding = 0;
  #isEmpty = true;
  /** Reused in turn: a new buffer per chunk of a long video would pile up until garbage collection. */
  #buffers: readonly [next: Buffer, last: Buffer] = [EMPTY, EMPTY];
  readonly #needsPrefix: boolean;

  /** @param needsPrefix requires a data URI; other text throws with the code `noDataUri` */
  constructor(needsPrefix = false) {
    this.#needsPrefix = needsPrefix;
  }

  /**
   * Decodes the next chunk of ASCII text and returns the bytes that are complete now. They stay valid during the next
   * call that returns bytes, so that they can be written meanwhile, and are overwritten by the one after it.
   */
  push(bytes: Uint8Array): Uint8Array {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#decode(this.#start === undefined ? piece : this.#withoutPrefix(this.#start, piece));
  }

  /** Ends the text and returns the remaining bytes. */
  finish(): Uint8Array {
    const start = this.#start ?? '';
    if (start.length >= DATA_SCHEME.length) throw bad('the video is a data URI without data');
    if (this.#start !== undefined) this.#checkPrefix(false);
    const decoded = this.#decode(Buffer.from(start, 'latin1'));
    const missing = (4 - this.#carry.length) % 4;
    if (this.#isEmpty) throw bad('the video is empty');
    if (missing === 3) throw bad('the video is not base64: its length is impossible');
    if (this.#padding > missing) throw bad('the video is not base64: too much padding');
    return Buffer.concat([decoded, Buffer.from(this.#carry, 'base64')]);
  }

  /** The text after the prefix, or all of it if there is none; empty while undecided. */
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
      throw bad('the video is not a base64 data URI');
    }
    return Buffer.from(text.slice(comma + 1), 'latin1');
  }

  #checkPrefix(isDataUri: boolean): void {
    if (isDataUri || !this.#needsPrefix) return;
    throw new GatewayError('badReply', 'the text is no data URI', { code: 'noDataUri' });
  }

  #decode(piece: Buffer): Buffer {
    if (piece.length === 0) return EMPTY;
    return this.#decodeLetters(piece) ?? this.#decodeMixed(piece);
  }

  /**
   * Fast path for text without white space or padding. Returns undefined and changes nothing for other text: Node skips
   * unknown characters, so it decodes fewer bytes than expected.
   */
  #decodeLetters(piece: Buffer): Buffer | undefined {
    const open = (this.#carry.length + piece.length) % 4;
    const groupEnd = (4 - this.#carry.length) % 4;
    if (this.#padding > 0 || piece.length < groupEnd + open) return undefined;
    const carry = piece.toString('latin1', piece.length - open);
    if (!LETTERS.test(carry)) return undefined;
    const bytes = ((this.#carry.length + piece.length - open) / 4) * 3;
    const [next, last] = this.#buffers;
    const room = next.length < bytes ? Buffer.allocUnsafeSlow(Math.max(bytes, MIN_BUFFER_BYTES)) : next;
    const decoded = room.subarray(0, bytes);
    let length = decoded.write(this.#carry + piece.toString('latin1', 0, groupEnd), 'base64');
    length += decoded.write(piece.toString('latin1', groupEnd, piece.length - open), length, 'base64');
    if (length !== bytes) return undefined;
    this.#carry = carry;
    this.#isEmpty = false;
    // If no bytes are returned, the previous ones may still be in use.
    if (bytes > 0) this.#buffers = [last, room];
    return decoded;
  }

  /** Slow path: white space, padding, or invalid text. */
  #decodeMixed(piece: Buffer): Buffer {
    const text = piece.toString('latin1').replace(SPACES, '');
    const paddingAt = text.indexOf('=');
    const letters = paddingAt < 0 ? text : text.slice(0, paddingAt);
    const padding = text.slice(letters.length);
    if (!LETTERS.test(letters)) throw bad('the video is not base64: it holds other characters');
    if (/[^=]/.test(padding) || (this.#padding > 0 && letters !== '')) {
      throw bad('the video is not base64: something follows its padding');
    }
    this.#padding += padding.length;
    if (text !== '') this.#isEmpty = false;
    const all = this.#carry + letters;
    const whole = all.length - (all.length % 4);
    this.#carry = all.slice(whole);
    return Buffer.from(all.slice(0, whole), 'base64');
  }
}

function bad(message: string): GatewayError {
  return new GatewayError('badReply', message);
}
