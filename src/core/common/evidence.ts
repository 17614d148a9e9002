/** The exchange that a response belongs to. */
export type EvidenceStep = 'submit' | 'query' | 'download' | 'link';

/** How a response ended: complete, connection broken, timed out, or over the limit. */
export type ResponseEnd = 'whole' | 'cut' | 'timeout' | 'tooLong';

/**
 * A response that was unusual or caused a decision. Stored with the task, so that users can report it and later versions
 * can read it again. Already redacted; `body` has at most 64 KB.
 */
export interface Evidence {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly step: EvidenceStep;
  /** HTTP status; 0 if none arrived. */
  readonly status: number;
  /** The headers that matter: content type and length, retry-after, request IDs, via. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly end: ResponseEnd;
}
