export interface HttpLimits {
  /** For connecting, including a proxy and TLS. */
  readonly connectMs: number;
  /** For sending each chunk of the request. */
  readonly uploadIdleMs: number;
  /** For sending the whole request. */
  readonly uploadMs: number;
  /** For the head of the response, from the end of the request. */
  readonly responseMs: number;
  /** For each chunk of the response's body. */
  readonly idleMs: number;
  /** Timeout for the whole response, from the end of the request. */
  readonly totalMs: number;
  /** Replaces `totalMs` after {@link MAX_RESPONSE_BYTES}: such a response contains a video. */
  readonly videoTotalMs?: number;
  /** For the decompressed body of the response. If undefined, the reader decides. */
  readonly maxBytes?: number;
}

/** Limit for responses without a video. */
export const MAX_RESPONSE_BYTES = 1024 * 1024;

/** Maximum size of a response's head. Node's default of 16 KB could drop a response with an ID in its body. */
export const MAX_HEAD_BYTES = 256 * 1024;

const MINUTE_MS = 60_000;
export const MAX_VIDEO_BYTES = 4 * 1024 ** 3;
const MAX_VIDEO_MS = 120 * MINUTE_MS;

const common = {
  connectMs: 15_000,
  uploadIdleMs: MINUTE_MS,
  uploadMs: 60 * MINUTE_MS,
  idleMs: MINUTE_MS,
} as const;

/** The limits of each kind of call (API reference 12 and 6.0). */
export const LIMITS = {
  submit: { ...common, responseMs: 2 * MINUTE_MS, totalMs: 10 * MINUTE_MS },
  /** The gateway uploads large images to the provider before it responds. */
  submitWithImages: { ...common, responseMs: 5 * MINUTE_MS, totalMs: 10 * MINUTE_MS },
  query: {
    ...common,
    responseMs: 30_000,
    totalMs: 2 * MINUTE_MS,
    videoTotalMs: MAX_VIDEO_MS,
    maxBytes: MAX_VIDEO_BYTES,
  },
  /** The gateway may download from the provider for eight minutes before it responds. */
  download: {
    ...common,
    responseMs: 10 * MINUTE_MS,
    totalMs: MAX_VIDEO_MS,
    maxBytes: MAX_VIDEO_BYTES,
  },
} as const satisfies Readonly<Record<string, HttpLimits>>;
