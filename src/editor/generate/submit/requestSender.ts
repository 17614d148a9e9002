import * as z from 'zod/mini';
import { visibleLine } from '../../../core/common/displayText';
import type { L10n } from '../../../core/common/l10n';
import type { Engine } from '../../../core/engine';
import type { ApiKey } from '../../../core/gateway/apiKey';
import { originOf } from '../../../core/gateway/baseUrl';
import { DiskError } from '../../../core/common/fileSystem';
import type { Catalog } from '../../../core/models/catalog';
import { RequestError, type PreparedRequest } from '../../../core/models/family';
import { prepareRequest, type GatewayIdOf } from '../../../core/models/prepareRequest';
import type { VideoRequest } from '../../../core/models/request';
import { rejectKeys } from '../../../core/tasks/keyGuard';
import { ReadOnlyStoreError } from '../../../core/store/storeState';
import { KeyUnavailableError, SubmitCancelledError } from '../../../core/tasks/submitter';
import { keyLockedMessage, noKeyMessage, notApprovedMessage } from '../../../core/task/failureMessage';
import type { Task } from '../../../core/task/task';
import type { AppContext } from '../../common/appContext';
import type { Keychain } from '../../credentials/keychain';
import type { OriginApproval, Requester } from '../../credentials/originApproval';
import { describeOptions, describeSources } from '../../labels/optionLabels';
import {
  ImageRejection,
  KeyLockedError,
  NotApprovedError,
  Rejection,
  invalidBaseUrlMessage,
  notSentRejection,
} from '../../common/rejection';
import type { RequestImages, RequestWithImages } from '../../imageFit/requestImages';
import type { ChosenFit } from '../../imageFit/wizardImages';

interface Dependencies extends Pick<
  AppContext,
  'catalog' | 'engine' | 'settings' | 'dialogs' | 'commandTitles' | 'l10n'
> {
  readonly keychain: Keychain;
  readonly approval: OriginApproval;
  readonly images: Pick<RequestImages, 'fit'>;
  /** Called when a request from this window has an outcome. */
  readonly onSent: (task: Task, requester: Requester) => void;
}

/** Accompanies a request. */
export interface SendContext {
  /** The user's choices for its images. */
  readonly fits?: readonly ChosenFit[] | undefined;
  /** Local ID of the task that this request repeats. */
  readonly basedOn?: string | undefined;
  /** Awaited once the request is stored as a task, before anything is sent. Must not reject. */
  readonly onStored?: () => Promise<void>;
}

/** Placeholder for an image that is read later. */
const ANY_IMAGE = 'data:image/png;base64,AA==';

/** A request that can be sent. */
export interface ReadyRequest {
  readonly prepared: PreparedRequest;
  /** Stores its images. @returns the request with the stored copies as sources @throws DiskError */
  readonly keep: () => Promise<PreparedRequest>;
  /** Its images as they are sent. */
  readonly withImages: RequestWithImages;
}

/**
 * Sends a request once. Resolves when its outcome is known.
 * @throws {@link Rejection} if there is no task. After any other error the outcome is unknown.
 */
export type Submit = (
  request: ReadyRequest,
  signal: AbortSignal,
  context?: Pick<SendContext, 'basedOn' | 'onStored'>,
) => Promise<Task>;

const remix = z.object({ remixOf: z.string() });

/** Maximum length of a prompt in a dialog, in characters. */
const MAX_SHOWN_PROMPT_LENGTH = 400;

/** Maximum length of a model ID or an address in a dialog, in characters. */
const MAX_MODEL_LENGTH = 100;

/** Maximum length of a free-text option in a dialog, in characters. */
const MAX_SHOWN_OPTION_LENGTH = 80;

/**
 * Sends every paid request, from the user or from code. All checks come before anything is stored or sent, in the order
 * that docs/api.md promises.
 */
export class RequestSender {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Sends a request once. Resolves when its outcome is known.
   * @param input an unvalidated VideoRequest
   * @param requester the user has already confirmed; requests from code are confirmed if the setting says so
   * @param signal cancels the request until the first byte is sent
   * @throws {@link Rejection} if there is no task
   */
  async send(
    input: unknown,
    requester: Requester,
    signal: AbortSignal,
    context: SendContext = {},
  ): Promise<Task> {
    try {
      const request = await this.prepare(input, signal, context);
      const submit = await this.admit([request], requester, signal);
      return await submit(request, signal, context);
    } catch (error) {
      if (!(error instanceof ImageRejection)) throw error;
      const sentence = this.#deps.l10n.t('Nothing was sent. {0}', error.message);
      throw new Rejection(error.code, sentence, error);
    }
  }

  /**
   * Fits the images of a request and validates it. Nothing is stored or sent.
   * @param like a request with the same images for the same model and size, which aren't fitted again
   * @throws {@link Rejection} `invalidRequest` or `cancelled`
   */
  async prepare(
    input: unknown,
    signal: AbortSignal,
    { fits }: Pick<SendContext, 'fits'> = {},
    like?: ReadyRequest,
  ): Promise<ReadyRequest> {
    await this.#rejectKeys(input);
    const withImages = like ? withImagesOf(input, like) : await this.#fitImages(input, signal, fits);
    const prepared = this.#prepare(withImages.input, await this.#gatewayIds(input));
    return { prepared, keep: async () => withImages.keep(prepared), withImages };
  }

  /**
   * Checks and asks everything that's needed before requests can be sent, once for all of them.
   * @param requester several requests at once are always the user's
   * @returns a function that sends one of them, once
   * @throws {@link Rejection} if none can be sent
   */
  async admit(requests: readonly ReadyRequest[], requester: Requester, signal: AbortSignal): Promise<Submit> {
    const engine = await this.#writableEngine();
    const baseUrl = await this.#needKeyAndAddress();
    this.#stopIf(signal);
    const key = await this.#unlessCanceled(this.#approvedKey(baseUrl, requester), signal);
    await this.#unlessCanceled(this.#confirm(requests, baseUrl, engine, requester), signal);
    return async (request, stop, { basedOn, onStored } = {}) => {
      try {
        const task = await engine.submit(await request.keep(), { baseUrl, key }, stop, basedOn, onStored);
        this.#deps.onSent(task, requester);
        return task;
      } catch (error) {
        throw this.#asRejection(error);
      }
    };
  }

  /**
   * Checks whether a request could be sent, before the user enters one.
   * @throws {@link Rejection}
   */
  async checkReady(): Promise<void> {
    await this.#writableEngine();
    await this.#needKeyAndAddress();
  }

  /**
   * Validates a stored request, except for its images, which are still files.
   * @throws {@link Rejection}
   */
  check(request: VideoRequest): void {
    const images = request.images?.map(({ role }) => ({ role, source: ANY_IMAGE }));
    this.#prepare({ ...request, ...(images ? { images } : {}) }, undefined);
  }

  /** Loads the tasks only for a remix, so that other errors are reported even if they can't be loaded. */
  async #gatewayIds(input: unknown): Promise<GatewayIdOf | undefined> {
    if (!remix.safeParse(input).success) return undefined;
    const engine = await this.#deps.engine.open().catch((error: unknown) => {
      throw this.#asRejection(error);
    });
    return (id) => engine.task(id)?.gatewayTaskId;
  }

  async #fitImages(
    input: unknown,
    signal: AbortSignal,
    fits: SendContext['fits'],
  ): Promise<RequestWithImages> {
    try {
      return await this.#deps.images.fit(input, signal, fits);
    } catch (error) {
      this.#stopIf(signal);
      throw error;
    }
  }

  /** Runs before all other checks, because their messages quote the text. */
  async #rejectKeys(input: unknown): Promise<void> {
    const { keychain, l10n } = this.#deps;
    // The key must have been read to be recognized.
    await keychain.place();
    try {
      rejectKeys(input, (text) => keychain.looksLikeKey(text), l10n);
    } catch (error) {
      throw this.#asRejection(error);
    }
  }

  #prepare(input: unknown, gatewayIdOf: GatewayIdOf | undefined): PreparedRequest {
    const { catalog, l10n } = this.#deps;
    try {
      return prepareRequest(input, catalog, l10n, gatewayIdOf);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      throw new Rejection('invalidRequest', l10n.t("The request isn't valid: {0}", error.message), error);
    }
  }

  async #writableEngine(): Promise<Engine> {
    const engine = this.#deps.engine.current;
    try {
      await engine.ready();
    } catch (error) {
      throw this.#asRejection(error);
    }
    if (engine.readOnly) throw notSentRejection(engine.readOnly, this.#deps.l10n);
    return engine;
  }

  async #needKeyAndAddress(): Promise<string> {
    const { keychain, settings, l10n } = this.#deps;
    const place = await keychain.place();
    if (place === undefined) throw new Rejection('noKey', noKeyMessage(l10n));
    if (place === 'locked') throw new KeyLockedError(keyLockedMessage(l10n));
    const baseUrl = settings.baseUrl();
    if (baseUrl === undefined) throw new Rejection('originNotApproved', invalidBaseUrlMessage(l10n));
    return baseUrl;
  }

  async #approvedKey(baseUrl: string, requester: Requester): Promise<ApiKey> {
    const { approval, l10n } = this.#deps;
    const origin = originOf(baseUrl);
    const answer = await approval.keyFor(origin, requester);
    switch (answer.kind) {
      case 'key':
        return answer.key;
      case 'none':
        throw new Rejection('noKey', noKeyMessage(l10n));
      case 'locked':
        throw new KeyLockedError(keyLockedMessage(l10n));
      case 'notApproved':
        throw new NotApprovedError(notApprovedMessage(new URL(baseUrl).host, l10n));
    }
  }

  async #confirm(
    requests: readonly ReadyRequest[],
    baseUrl: string,
    engine: Engine,
    requester: Requester,
  ): Promise<void> {
    const { settings } = this.#deps;
    let yes = true;
    if (requester === 'person') {
      const duplicates = await Promise.all(
        requests.map(({ prepared }) => engine.recentDuplicate(prepared, baseUrl)),
      );
      yes = await this.#confirmDuplicates(duplicates);
    } else if (settings.confirm() === 'always') {
      for (const { prepared } of requests) yes &&= await this.#askForCode(prepared, baseUrl);
    }
    if (!yes) throw new Rejection('declined', 'Declined. Nothing was sent.');
  }

  async #askForCode(request: PreparedRequest, baseUrl: string): Promise<boolean> {
    const { dialogs, catalog, commandTitles, l10n } = this.#deps;
    return dialogs.confirm({
      message: l10n.t('Generate a video with {0}?', visibleLine(request.request.model, MAX_MODEL_LENGTH)),
      // The address comes first: text of the request could pass for it.
      detail: [
        l10n.t('Requested by another extension or a key binding. The video is charged to your account.'),
        '',
        `${l10n.t('Gateway')}: ${visibleLine(originOf(baseUrl), MAX_MODEL_LENGTH)}`,
        `${l10n.t('Prompt')}: ${visibleLine(request.request.prompt, MAX_SHOWN_PROMPT_LENGTH)}`,
        ...describeSources(request.request, l10n),
        `${l10n.t('Options')}: ${describeRequestOptions(request, catalog, l10n) || l10n.t('Default')}`,
      ].join('\n'),
      action: commandTitles.plain('nebulaVideo.generate'),
    });
  }

  /** @param duplicates for each request, an earlier identical one, if any */
  async #confirmDuplicates(duplicates: readonly (Task | undefined)[]): Promise<boolean> {
    const { dialogs, commandTitles, l10n } = this.#deps;
    const count = duplicates.filter((duplicate) => duplicate !== undefined).length;
    if (count === 0) return true;
    return dialogs.confirm({
      message: l10n.t('Generate again?'),
      detail:
        duplicates.length === 1
          ? l10n.t("You just sent the same request. You'd be charged again.")
          : l10n.t(
              "{0} of {1} requests are the same as ones you just sent. You'd be charged again.",
              count,
              duplicates.length,
            ),
      action: commandTitles.plain('nebulaVideo.generateAgain'),
    });
  }

  /** Converts an error of the engine. */
  #asRejection(error: unknown): unknown {
    const { l10n } = this.#deps;
    if (error instanceof RequestError) return new Rejection('invalidRequest', error.message, error);
    if (error instanceof SubmitCancelledError) return this.#cancelled();
    if (error instanceof KeyUnavailableError) {
      if (error.reason === 'locked') return new KeyLockedError(keyLockedMessage(l10n));
      const sentence = l10n.t('The API key was removed or replaced before the request was sent.');
      return new Rejection('noKey', sentence, error);
    }
    if (error instanceof ReadOnlyStoreError) {
      return notSentRejection(error.reason, l10n, error);
    }
    if (error instanceof DiskError) {
      const sentence = l10n.t("Couldn't store the images. Check disk space and permissions.");
      return new ImageRejection('readOnly', sentence, error);
    }
    return error;
  }

  /** A dialog can't be closed from here, so its answer isn't waited for. Nothing is sent after a late yes. */
  async #unlessCanceled<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
    const waiting = new AbortController();
    const canceled = new Promise<never>((_, reject) => {
      const onAbort = () => reject(this.#cancelled());
      // Canceled before anyone listened, for instance by the question itself.
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true, signal: waiting.signal });
    });
    try {
      const result = await Promise.race([answer, canceled]);
      this.#stopIf(signal);
      return result;
    } finally {
      waiting.abort();
    }
  }

  #stopIf(signal: AbortSignal): void {
    if (signal.aborted) throw this.#cancelled();
  }

  #cancelled(): Rejection {
    return cancelledRejection();
  }
}

/** @returns the request with the fitted images of another one */
function withImagesOf(input: unknown, { prepared, withImages }: ReadyRequest): RequestWithImages {
  const { images } = prepared.request;
  return {
    input: typeof input === 'object' && images ? { ...input, images } : input,
    keep: (other) => withImages.keep(other),
  };
}

/** For callers in code. The user isn't notified. */
export function cancelledRejection(): Rejection {
  return new Rejection('cancelled', 'The request was canceled.');
}

/** Describes the options of a request in one line. */
function describeRequestOptions(
  { request }: Pick<PreparedRequest, 'request'>,
  catalog: Catalog,
  l10n: L10n,
): string {
  const show = (text: string) => visibleLine(text, MAX_SHOWN_OPTION_LENGTH);
  return describeOptions(request, catalog, l10n, show).join(' · ');
}
