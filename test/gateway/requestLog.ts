/**
 * What a request was for. `content` is the video itself on new-api, `site` the pages about status and money, `other`
 * anything the API does not have.
 */
export type RequestKind =
  'submit' | 'query' | 'download' | 'content' | 'models' | 'result' | 'site' | 'other';

/** One request as it arrived, whatever became of it. Never holds a key. */
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
  /** Did an Authorization header arrive at all? */
  readonly hadKey: boolean;
  readonly authorization: 'none' | 'accepted' | 'wrong';
  /** True when an accepted key stood anywhere but in the Authorization header: always a leak. */
  keyElsewhere: boolean;
  taskId?: string;
  model?: string;
  /** Body of a submit: parsed, or the text itself when it is not JSON. */
  body?: unknown;
  bodyBytes: number;
  /** Status line that left, absent when the connection died before one. */
  status?: number;
  /** Body bytes handed to the connection. */
  bytesSent: number;
  /** `pending` while it is being answered; `cut` when either side ended it before the reply was whole. */
  outcome: 'pending' | 'sent' | 'cut';
  /** Names of the faults that struck. */
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
