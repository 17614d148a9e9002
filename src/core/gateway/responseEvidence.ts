import type { Evidence, EvidenceStep, ResponseEnd } from '../common/evidence';
import type { ApiKey } from './apiKey';
import { GatewayError } from './errors';
import type { HttpResponse } from './http';
import { redact, redactTruncated } from './redaction';

export const MAX_EVIDENCE_BYTES = 64 * 1024;
const EVIDENCE_HEADERS =
  /^(content-(type|length|encoding|range)|location|retry-after|via|server|.*request-id|.*trace-id|cf-ray|x-new-api-.*)$/;
const BASE64 = String.raw`[A-Za-z0-9+/_=\\-]`;
/** Base64, also broken into lines, that is longer than any task ID. */
const ENCODED_MEDIA = new RegExp(`${BASE64}{2001,}|(?:${BASE64}{60,}\\s+){10,}`, 'g');
/** In a response to a download, which may be cut in the middle of a video. */
const ENCODED_VIDEO = new RegExp(`${BASE64}{257,}|(?<=data:video[^,"]{0,100},)${BASE64}+`, 'g');

/** Records the first 64 KB of a body while it's read, and how it ended. */
export class RecordedBody implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  end: ResponseEnd = 'whole';

  constructor(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#chunks = chunks;
  }

  get text(): string {
    return Buffer.concat(this.#head).toString('utf8');
  }

  // Not a generator: it would add several turns of the microtask queue to each chunk.
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const iterator =
      Symbol.asyncIterator in this.#chunks
        ? this.#chunks[Symbol.asyncIterator]()
        : this.#chunks[Symbol.iterator]();
    return {
      next: async () => {
        try {
          const next = await iterator.next();
          if (next.done !== true) this.#record(next.value);
          return next;
        } catch (error) {
          const kind = error instanceof GatewayError ? error.kind : undefined;
          this.end = kind === 'timeout' || kind === 'tooLong' ? kind : 'cut';
          throw error;
        }
      },
      return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
    };
  }

  #record(chunk: Uint8Array): void {
    const left = MAX_EVIDENCE_BYTES - this.#headBytes;
    if (left > 0) this.#head.push(Buffer.from(chunk.subarray(0, left)));
    this.#headBytes += chunk.length;
  }
}

interface EvidenceContext {
  readonly step: EvidenceStep;
  readonly key: ApiKey | undefined;
  /** Ms since 1970. */
  readonly now: number;
}

/** Converts a response to evidence, without the key and without the bytes of a video. */
export function toEvidence(
  { status, headers }: Pick<HttpResponse, 'status' | 'headers'>,
  { text, end }: Pick<RecordedBody, 'text' | 'end'>,
  { step, key, now }: EvidenceContext,
): Evidence {
  const clean = (value: string) => (key ? redactTruncated(value, key.value) : redact(value));
  const kept = Object.entries(headers).filter(([name]) => EVIDENCE_HEADERS.test(name));
  const isDownload = step === 'download' || step === 'link';
  // The recorded text may end within a character.
  const isMedia = isDownload && /[\0\ufffd]/.test(text.replace(/\ufffd{1,3}$/, ''));
  const legible = text.replace(ENCODED_MEDIA, '…');
  return {
    at: now,
    step,
    status,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, clean(String(value))])),
    body: isMedia ? '' : clean(isDownload ? legible.replace(ENCODED_VIDEO, '…') : legible),
    end,
  };
}
