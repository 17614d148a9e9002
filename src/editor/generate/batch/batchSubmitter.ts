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
import type { WizardResult } from '../wizard/wizardTypes';

interface Dependencies extends Pick<AppContext, 'catalog' | 'notifications' | 'l10n'> {
  readonly sender: RequestSender;
}

/** Checks several requests together, then sends them one after another. */
export class BatchSubmitter {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Prepares all requests. Images that several share are fitted once.
   * @param fitsWith returns how images are fitted with given options
   * @throws {@link Rejection} if any of them can't be sent
   */
  async prepare(
    requests: readonly VideoRequest[],
    signal: AbortSignal,
    fitsWith: WizardResult['fitsWith'] = () => undefined,
  ): Promise<readonly ReadyRequest[]> {
    const ready: ReadyRequest[] = [];
    const byImages = new Map<string, ReadyRequest>();
    const errors: { readonly number: number; readonly message: string }[] = [];
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
        errors.push({ number: index + 1, message });
      }
    }
    const [first] = errors;
    if (first !== undefined) {
      const { l10n } = this.#deps;
      const { number, message } = first;
      const isShared = errors.length === requests.length && errors.every((one) => one.message === message);
      throw new Rejection(
        'invalidRequest',
        isShared
          ? l10n.t('Nothing was sent. {0}', message)
          : l10n.t('Nothing was sent. Request {0}: {1}', number, message),
      );
    }
    return ready;
  }

  /**
   * Sends the requests in order. The user can cancel between two of them.
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
    return notifications.longProgress(l10n.t('Sending requests…'), async (tell, signal) =>
      submitSequentially({
        count: requests.length,
        onNext: (index) => tell(index, requests.length, `${index + 1}/${requests.length}`),
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
    // After any other error, the request may have been sent.
    if (error instanceof Rejection) return { kind: 'notSent', reason: error };
    throw error;
  }
}
