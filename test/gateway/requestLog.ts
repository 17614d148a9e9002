/**
 * The call that a request makes. `content` is the video itself on new-api, `site` are the pages about status
 * and billing, and `other` is anything outside the API.
 */
export type RequestKind =
  'submit' | 'query' | 'download' | 'content' | 'models' | 'result' | 'site' | 'other';

/** A request as it arrived, whatever its outcome. Never holds a key. */
export interface RequestRecord {
  readonly seq: number;
  /** Gateway time, milliseconds since 1970. */
  readonly at: number;
  /** Wall time, milliseconds since 1970. */
  readonly wallAt: number;
  readonly origin: 'api' | 'results';
  readonly kind: RequestKind;
  readonly method: string;
  /** Path and query as they arrived. */
  readonly path: string;
  readonly requestId: string;
  /** Whether an Authorization header arrived. */
  readonly hadKey: boolean;
  readonly authorization: 'none' | 'accepted' | 'wrong';
  /** True if an accepted key was anywhere except in the Authorization header. That's always a leak. */
  keyElsewhere: boolean;
  taskId?: string;
  model?: string;
  /** Body of a submit: parsed, or the text itself if it isn't JSON. */
  body?: unknown;
  bodyBytes: number;
  /** Absent if the connection broke before a status was sent. */
  status?: number;
  /** Body bytes written to the connection. */
  bytesSent: number;
  /** `pending` until the response ends; `cut` if either side closed the connection before that. */
  outcome: 'pending' | 'sent' | 'cut';
  /** Names of the injected faults. */
  fault?: string;
}

export type NewRecord = Omit<RequestRecord, 'seq' | 'bytesSent' | 'bodyBytes' | 'outcome' | 'keyElsewhere'>;

/** Every request in order of arrival. */
export class RequestLog {
  readonly #records: RequestRecord[] = [];

  get records(): readonly RequestRecord[] {
    return this.#records;
  }

  add(record: NewRecord): RequestRecord {
    const added: RequestRecord = {
      ...record,
      seq: this.#records.length + 1,
      bodyBytes: 0,
      bytesSent: 0,
      outcome: 'pending',
      keyElsewhere: false,
    };
    this.#records.push(added);
    return added;
  }
}
