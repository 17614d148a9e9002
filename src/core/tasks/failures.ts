import type { L10n } from '../common/l10n';
import { GatewayError } from '../gateway/errors';
import { knownRefusal, withMeaning } from './knownWords';
import { LONG_SILENCE } from './schedule';
import type { Charged, Failure, FailureKind } from '../task/task';

/** What the other side said when something did not work. */
export interface Trouble {
  /** HTTP status; 0 when none arrived. */
  readonly status: number;
  readonly message: string;
  readonly code?: string | undefined;
}

/** Patterns over code and message, most telling first (API reference 1, 10.4; F2 in 5.3). */
const SIGNS: readonly (readonly [FailureKind, RegExp])[] = [
  [
    'moderation',
    /content_policy|moderation|safety|(?<!case.?)sensitive|DataInspection|policy_violation|violat.{0,40}polic|敏感|违规|审核/i,
  ],
  ['quota', /quota|insufficient(?!.{0,3}(permission|privilege|scope))|额度|余额|billing/i],
  [
    'modelGone',
    /无可用渠道|no available channel|no longer available|model.{0,40}not (found|exist)|invalid_api_platform/i,
  ],
  ['image', /InvalidParameter\.Image|image.{0,30}(format|size|invalid|unsupported)|unsupported image/i],
  ['rateLimit', /rate.?limit|throttl|饱和|too many requests/i],
  ['key', /invalid_api_key|InvalidApiKey|无效的令牌|未提供令牌|令牌已过期|令牌状态不可用/i],
];

const ABOUT_THE_USER: ReadonlySet<FailureKind> = new Set(['key', 'quota', 'permission']);

/** Sorts a trouble by what the user can do about it. */
export function kindOf({ status, message, code }: Trouble): FailureKind {
  const text = `${code ?? ''} ${message}`;
  const kind = SIGNS.find(([, sign]) => sign.test(text))?.[0];
  // Who has asked too often hears of quotas too, mostly the provider's; an empty account is 401 to 403 (10.4).
  if (status === 429 && kind === 'quota') return 'rateLimit';
  if (kind) return kind;
  if (status === 401) return 'key';
  if (status === 402) return 'quota';
  if (status === 403) return 'permission';
  if (status === 429) return 'rateLimit';
  if (status >= 500) return 'upstream';
  if (status >= 400) return 'parameter';
  return status === 0 ? 'network' : 'upstream';
}

export function asTrouble(error: unknown): Trouble {
  if (error instanceof GatewayError)
    return { status: error.status ?? 0, message: error.message, code: error.code };
  return { status: 0, message: error instanceof Error ? error.message : String(error) };
}

/** A failure's message in its parts. */
export interface FailureParts {
  readonly sentence: string;
  /** The other side's own words. */
  readonly details?: string;
}

/**
 * Takes a failure's message apart again: what happened, and what the other side said of it; what is known about the
 * charge stands in `charged`. A message that was written in another language stays whole.
 */
export function failureParts({ message, charged }: Failure, l10n: L10n): FailureParts {
  const marker = ` ${detailsOf('', l10n).trimEnd()}`;
  const at = message.indexOf(marker);
  let sentence = at < 0 ? message : message.slice(0, at);
  const nothing = ` ${nothingCharged(l10n)}`;
  if (charged === 'no' && sentence.endsWith(nothing)) sentence = sentence.slice(0, -nothing.length);
  const details = at < 0 ? '' : message.slice(at + marker.length).trim();
  return { sentence, ...(details === '' ? {} : { details }) };
}

function nothingCharged(l10n: L10n): string {
  return l10n.t('Nothing was charged.');
}

function detailsOf(words: string, l10n: L10n): string {
  return l10n.t('Details: {0}', words);
}

/** Writes the sentences that a user reads of failures: what happened, what it cost, what to do. */
export class Failures {
  readonly #l10n: L10n;
  readonly #language: string | undefined;

  /** @param language in which times are written, as a language tag; that of the host unless told */
  constructor(l10n: L10n, language?: string) {
    this.#l10n = l10n;
    this.#language = language;
  }

  /** The gateway said no to a submit. */
  refused(trouble: Trouble): Failure {
    const kind = kindOf(trouble);
    return this.#failure(kind, this.#refusal(kind, trouble), 'no', trouble);
  }

  /** The gateway asked to wait; the request is sent again by itself, so nobody should send another. */
  askedToWait(trouble: Trouble): Failure {
    const sentence = this.#l10n.t(
      'The gateway has too much to do and asked to wait. The request is sent again by itself.',
    );
    return this.#failure('rateLimit', sentence, 'no', trouble);
  }

  /** A submit could not be brought to the gateway. */
  unreachable(trouble: Trouble, host: string): Failure {
    const sentence = this.#l10n.t(
      '{0} could not be reached. Check your connection and the setting "nebulaVideo.baseUrl", then generate again.',
      host,
    );
    return this.#failure('network', sentence, 'no', trouble);
  }

  /** The window ended before anything was sent. */
  neverSent(): Failure {
    const sentence = this.#l10n.t(
      'The window closed before the request was sent. Generate it again if you still want it.',
    );
    return this.#failure('unknown', sentence, 'no', undefined, 'interrupted');
  }

  /** Sent, and nobody knows what became of it. */
  outcomeUnknown(trouble: Trouble | undefined): Failure {
    const sentence = this.#l10n.t(
      'The request was sent, but no clear answer came back. The gateway may be making the video. Look at your usage at Nebula before you generate it again.',
    );
    const kind = trouble
      ? trouble.status >= 500
        ? 'upstream'
        : trouble.status === 0
          ? 'network'
          : 'badReply'
      : 'unknown';
    return this.#failure(kind, sentence, 'unknown', trouble);
  }

  /** The gateway's task failed. */
  taskFailed(trouble: Trouble): Failure {
    const said = kindOf({ ...trouble, status: 500 });
    // The gateway took the request: a key or balance that is wrong now is its own at the provider, not the user's.
    const kind = ABOUT_THE_USER.has(said) ? 'upstream' : said;
    const sentence =
      kind === 'moderation'
        ? this.#l10n.t(
            'The provider’s safety filter stopped this video. Change the prompt and generate again.',
          )
        : kind === 'upstream'
          ? this.#l10n.t('The provider could not make this video. Generate it again, or change the prompt.')
          : this.#refusal(kind, trouble);
    return this.#failure(kind, sentence, 'no', trouble);
  }

  /** Every video of the task was held back. */
  filtered(count: number): Failure {
    const sentence = this.#l10n.t(
      'The provider’s safety filter held back the finished video ({0}). Change the prompt and generate again.',
      count,
    );
    // The gateway says "succeeded", and what succeeds is charged; whether it makes an exception is not documented.
    return this.#failure('moderation', sentence, 'unknown', undefined);
  }

  /** Some of several videos were held back, for the timeline of the others (API reference 9.2). */
  someFiltered(count: number): string {
    return this.#l10n.t('The provider’s safety filter held back videos of this task: {0}.', count);
  }

  /** The gateway says that the video was thrown away, or its link is dead. */
  expired(succeeded: boolean, trouble?: Trouble): Failure {
    const sentence = this.#l10n.t('The video is no longer on the gateway.');
    return this.#failure('expired', sentence, succeeded ? 'yes' : 'unknown', trouble);
  }

  /** The gateway no longer knows the task. */
  taskGone(succeeded: boolean, trouble: Trouble): Failure {
    const sentence = this.#l10n.t(
      'The gateway no longer knows this task. Look again later, or ask Nebula about it.',
    );
    return this.#failure('expired', sentence, succeeded ? 'yes' : 'unknown', trouble);
  }

  /** The gateway does not know an id that the user attached: what became of the request stays open. */
  idNotKnown(trouble: Trouble): Failure {
    const sentence = this.#l10n.t(
      'The gateway does not know the task id you attached. Check it on Nebula’s usage page, then attach it again.',
    );
    return this.#failure('unknown', sentence, 'unknown', trouble);
  }

  /** Done, but nowhere does it say where the video is. */
  noVideo(): Failure {
    const sentence = this.#l10n.t(
      'The gateway says the video is done, but does not say where it is. Look again later.',
    );
    return this.#failure('badReply', sentence, 'yes', undefined);
  }

  /** The key was refused while watching a task. */
  keyRefused(trouble: Trouble): Failure {
    const kind = kindOf(trouble);
    const sentence =
      kind === 'quota'
        ? this.#l10n.t(
            'The key’s quota is used up, so the gateway does not say how the task is doing. It goes on at the gateway.',
          )
        : this.#l10n.t(
            'The gateway did not accept the key, so it does not say how the task is doing. Set a valid key; the task goes on at the gateway.',
          );
    return this.#failure(kind, sentence, 'unknown', trouble);
  }

  /** No key is there to ask with. */
  noKey(): Failure {
    const sentence = this.#l10n.t(
      'There is no key to ask the gateway with. Set your key; the task goes on at the gateway.',
    );
    return this.#failure('key', sentence, 'unknown', undefined);
  }

  /** The key is another one than the task was made with, so the gateway hides it. */
  otherKey(): Failure {
    const sentence = this.#l10n.t(
      'This task was made with another key. Set that key again to see how it is doing.',
    );
    return this.#failure('key', sentence, 'unknown', undefined);
  }

  /**
   * Asking about a task did not work this time.
   * @param silence since when it has failed, and what time it is, in ms since 1970
   */
  blip(trouble: Trouble, silence?: { readonly since: number; readonly now: number }): Failure {
    const kind = trouble.status === 0 ? 'network' : trouble.status === 429 ? 'rateLimit' : 'upstream';
    const sentence =
      !silence || silence.now - silence.since < LONG_SILENCE
        ? this.#l10n.t(
            'The gateway does not answer at the moment. It is asked again by itself; the task goes on there.',
          )
        : this.#l10n.t(
            'The gateway has not answered since {0}. It is asked again by itself; the task goes on there.',
            new Date(silence.since).toLocaleString(this.#language, {
              dateStyle: 'medium',
              timeStyle: 'short',
            }),
          );
    const failure = this.#failure(kind, sentence, 'unknown', trouble);
    return silence ? { ...failure, since: silence.since } : failure;
  }

  /** Fetching the video did not work this time. */
  fetchFailed(error: unknown): Failure {
    const trouble = asTrouble(error);
    const kind = this.#fetchKind(error);
    const sentence = this.#l10n.t(
      'The video is done, but fetching it did not work yet. It is tried again by itself.',
    );
    return this.#failure(kind, sentence, 'yes', trouble);
  }

  #fetchKind(error: unknown): FailureKind {
    if (!(error instanceof GatewayError) || error.kind === 'badReply') return 'badReply';
    if (error.kind !== 'refused') return 'network';
    const said = kindOf(asTrouble(error));
    // A result host knows nothing of the user's key or balance.
    return error.elsewhere && ABOUT_THE_USER.has(said) ? 'upstream' : said;
  }

  /** The disk did not take the video. */
  diskFailed(error: Error): Failure {
    const sentence = this.#l10n.t(
      'The video is done, but could not be written to the disk. Make room or check the folder; it is tried again by itself.',
    );
    return this.#failure('disk', sentence, 'yes', asTrouble(error));
  }

  /** Some of several videos are here; the others can't be had any more. */
  someGone(missing: number, total: number, trouble: Trouble): Failure {
    const sentence = this.#l10n.t(
      '{0} of {1} videos are no longer on the gateway; the others are here.',
      missing,
      total,
    );
    return this.#failure('expired', sentence, 'yes', trouble);
  }

  /** Some of several videos are here; the others are not looked for any more. @param reason why, unless the user said so */
  othersMissing(reason: Failure | undefined): Failure {
    const sentence = this.#l10n.t(
      'Other videos of this task are not here. Look Again tries once more to fetch them.',
    );
    const details = reason && failureParts(reason, this.#l10n).details;
    const trouble = details === undefined ? undefined : { status: 0, message: details, code: reason?.code };
    return this.#failure(reason?.kind ?? 'unknown', sentence, 'yes', trouble);
  }

  /** Fetching was given up when the gateway's own time for it was over. */
  neverFetched(last: Failure): Failure {
    const sentence = this.#l10n.t(
      'The video was done, but could not be fetched while the gateway kept it. Look Again tries once more.',
    );
    return { ...last, message: sentence, charged: 'yes' };
  }

  #refusal(kind: FailureKind, { status, message }: Trouble): string {
    const known = knownRefusal(message, this.#l10n);
    if (known !== undefined) return known;
    if (status === 413) {
      return this.#l10n.t(
        'The request is too large for the gateway. Use smaller images, then generate again.',
      );
    }
    switch (kind) {
      case 'moderation':
        return this.#l10n.t('A safety filter refused the prompt or an image. Change it and generate again.');
      case 'quota':
        return this.#l10n.t(
          'The balance of the account or key is too low. Top it up at Nebula, then generate again.',
        );
      case 'key':
        return this.#l10n.t('The gateway did not accept the key. Set a valid key, then generate again.');
      case 'permission':
        return this.#l10n.t(
          'This key may not do that. Use a key that may use this model, or ask Nebula to allow it.',
        );
      case 'modelGone':
        return this.#l10n.t('This model is not available on Nebula right now. Choose another model.');
      case 'rateLimit':
        return this.#l10n.t('The gateway has too much to do. Generate again in a few minutes.');
      case 'image':
        return this.#l10n.t(
          'The gateway did not accept an image. Use a JPEG or PNG of the size of the video.',
        );
      case 'parameter':
        return this.#l10n.t(
          'The gateway did not accept the request. Change what it complains about and generate again.',
        );
      default:
        return this.#l10n.t('The gateway did not accept the request. Generate it again later.');
    }
  }

  /** Puts together the sentence, what is known about the charge, and the gateway's own words. */
  #failure(
    kind: FailureKind,
    sentence: string,
    charged: Charged,
    trouble?: Trouble,
    ownCode?: string,
  ): Failure {
    const parts = [sentence];
    // In this order: failureParts takes them apart again.
    if (charged === 'no') parts.push(nothingCharged(this.#l10n));
    if (trouble && trouble.message !== '')
      parts.push(detailsOf(withMeaning(trouble.message, this.#l10n), this.#l10n));
    const code = ownCode ?? trouble?.code;
    return { kind, message: parts.join(' '), charged, ...(code === undefined ? {} : { code }) };
  }
}
