/** What ends an exchange that the other side never ends. Times in ms; all but `totalMs` are for idle time. */
export interface HttpLimits {
  /** For the connection to stand, a proxy and TLS included. */
  readonly connectMs: number;
  /** For the next piece of the request to leave. */
  readonly uploadIdleMs: number;
  /** For the whole request to leave. */
  readonly uploadMs: number;
  /** For the head of the response, counted from when the whole request has left. */
  readonly responseMs: number;
  /** For each next piece of the response's body. */
  readonly idleMs: number;
  /** For the whole response, counted from when the whole request has left. */
  readonly totalMs: number;
  /** Takes the place of `totalMs` once more than {@link MAX_RESPONSE_BYTES} have come: then it carries a video. */
  readonly videoTotalMs?: number;
  /** For the body of the response, decompressed. Without it, the reader decides. */
  readonly maxBytes?: number;
}

/** Maximum size of a response that isn't a video. */
export const MAX_RESPONSE_BYTES = 1024 * 1024;

/** Maximum size of a response's head. Node's own limit of 16 KB would drop a response with an ID in its body. */
export const MAX_HEAD_BYTES = 256 * 1024;

const MINUTE_MS = 60_000;
/** Maximum size of a video. */
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
  /** The gateway passes large images on before it answers. */
  submitWithImages: { ...common, responseMs: 5 * MINUTE_MS, totalMs: 10 * MINUTE_MS },
  query: {
    ...common,
    responseMs: 30_000,
    totalMs: 2 * MINUTE_MS,
    videoTotalMs: MAX_VIDEO_MS,
    maxBytes: MAX_VIDEO_BYTES,
  },
  /** The gateway may fetch from its own upstream for eight minutes before it answers. */
  download: {
    ...common,
    responseMs: 10 * MINUTE_MS,
    totalMs: MAX_VIDEO_MS,
    maxBytes: MAX_VIDEO_BYTES,
  },
} as const satisfies Readonly<Record<string, HttpLimits>>;
