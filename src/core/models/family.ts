import type { L10n } from '../common/l10n';
import type { VideoRequest } from './request';

/** How the finished video is reached (API reference 9.1). */
export type ResultRoute = 'download' | 'link';

/** One choice of an option, as the wire wants it. */
export interface OptionChoices {
  /** The wire name. */
  readonly name: string;
  readonly values: readonly string[];
  readonly initial: string;
}

/** A group of models that share one request shape (API reference 7). */
export interface Family {
  readonly id: string;
  /** What the ids of its models begin with. */
  readonly prefix: string;
  readonly result: ResultRoute;
  /** The options a person chooses from, in the order in which they are asked. */
  readonly choices: readonly OptionChoices[];
  /**
   * Checks the family's part of a request and writes its body.
   * @throws {@link RequestError} with a sentence for the user.
   */
  prepare(request: VideoRequest, l10n: L10n): PreparedRequest;
}

/** A request that the service will take as it is. */
export interface PreparedRequest {
  /** What was asked, with every default made explicit: the record of what is paid for. */
  readonly request: VideoRequest;
  readonly family: Family;
  /** The JSON text to send. */
  readonly body: string;
}

/** A request that must not be sent; the message is a sentence for the user, with what to do. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}
