import { RequestError } from '../../../core/models/family';
import type { VideoRequest } from '../../../core/models/request';
import {
  canSendAgain,
  submitSequentially,
  type BatchReport,
  type SubmitResult,
} from '../../../core/tasks/submitSequentially';
import type { AppContext } from '../../common/appContext';
import { Rejection } from '../../common/rejection';
import type { ReadyRequest, RequestSender, Submit } from '../submit/requestSender';
import type { Answers } from '../wizard/wizard';

interface Dependencies extends Pick<AppContext, 'catalog' | 'notifications' | 'l10n'> {
  readonly sender: RequestSender;
}

/** Of so many faults the sentences are shown; the rest is counted. */
const MAX_LISTED_ERRORS = 3;

/** Several requests on their way to the gateway: checked as a whole, then sent one after another. */
export class BatchSubmitter {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Makes all of them ready to be sent; images that several have in common are fitted once.
   * @param fitsWith how their images are to be fitted, by the options
   * @throws {@link Rejection} that names what is at fault by number, when not all can be sent
   */
  async prepare(
    requests: readonly VideoRequest[],
    signal: AbortSignal,
    fitsWith: Answers['fitsWith'] = () => undefined,
  ): Promise<readonly ReadyRequest[]> {
    const ready: ReadyRequest[] = [];
    const byImages = new Map<string, ReadyRequest>();
    const faults: { readonly number: number; readonly sentence: string }[] = [];
    for (const [index, request] of requests.entries()) {
      const images = this.#imagesOf(request);
      try {
        const fits = fitsWith(request.options ?? {});
        const one = await this.#deps.sender.prepare(request, signal, { fits }, byImages.get(images));
        byImages.set(images, one);
        ready.push(one);
      } catch (error) {
        if (!(error instanceof Rejection) || error.code !== 'invalidRequest') throw error;
        const { message } = error.cause instanceof RequestError ? error.cause : error;
        faults.push({ number: index + 1, sentence: message });
      }
    }
    if (faults.length > 0)
      throw new Rejection('invalidRequest', this.#faultSentence(faults, requests.length));
    return ready;
  }

  /**
   * Sends them in their order, with a notification that can be cancelled between two of them.
   * @param onStored awaited once a request, named by its index, is stored as a task, and before it is sent: from then on
   * only its task may offer it. Must not reject
   * @param onUnsent called when such a request turns out not to have been sent or accepted
   * @throws {@link Rejection} before any of them is sent
   */
  async send(
    requests: readonly ReadyRequest[],
    onStored: (index: number) => Promise<void> = () => Promise.resolve(),
    onUnsent: (index: number) => void = () => undefined,
  ): Promise<BatchReport> {
    const { sender, notifications, l10n } = this.#deps;
    const stored = new Set<number>();
    const submit = await sender.admit(requests, 'person', new AbortController().signal);
    return notifications.longProgress(l10n.t('Sending requests'), async (tell, signal) =>
      submitSequentially({
        count: requests.length,
        onNext: (index) => tell(index, requests.length, l10n.t('{0} of {1}…', index + 1, requests.length)),
        send: async (index) => {
          const outcome = await sendOne(submit, requests[index], signal, async () => {
            stored.add(index);
            await onStored(index);
          });
          if (stored.has(index) && (outcome.kind === 'notSent' || canSendAgain(outcome.task)))
            onUnsent(index);
          return outcome;
        },
        signal,
      }),
    );
  }

  /** The same text for requests whose images become the same pixels. */
  #imagesOf({ model, images, options }: VideoRequest): string {
    const family = this.#deps.catalog.familyOf(model);
    return JSON.stringify([images, family?.imageLimits(options ?? {})]);
  }

  #faultSentence(
    faults: readonly { readonly number: number; readonly sentence: string }[],
    of: number,
  ): string {
    const { l10n } = this.#deps;
    const [first] = faults;
    const isSame = faults.length === of && faults.every(({ sentence }) => sentence === first?.sentence);
    if (first && isSame) return l10n.t('Nothing was sent. {0}', first.sentence);
    const told = faults.slice(0, MAX_LISTED_ERRORS).map(({ number, sentence }) => `${number}: ${sentence}`);
    const untold = faults.length - told.length;
    if (untold > 0) told.push(l10n.t('And {0} more.', untold));
    return l10n.t('Nothing was sent. Of {0} requests these can’t be sent: {1}', of, told.join(' '));
  }
}

async function sendOne(
  submit: Submit,
  request: ReadyRequest | undefined,
  signal: AbortSignal,
  onStored: () => Promise<void>,
): Promise<SubmitResult> {
  if (!request) throw new Error('there is no such request');
  try {
    return { kind: 'task', task: await submit(request, signal, { onStored }) };
  } catch (error) {
    // Whatever else it is, the request may have left.
    if (error instanceof Rejection) return { kind: 'notSent', reason: error };
    throw error;
  }
}
