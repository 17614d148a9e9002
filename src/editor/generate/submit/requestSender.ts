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
import type { Task } from '../../../core/task/task';
import type { AppContext } from '../../common/appContext';
import type { Keychain } from '../../credentials/keychain';
import type { OriginApproval, Requester } from '../../credentials/originApproval';
import { describeOptions, describeSources } from '../../labels/optionLabels';
import {
  KeyLockedError,
  Rejection,
  invalidBaseUrlMessage,
  keyLockedSentence,
  noKeyMessage,
  notApprovedSentence,
  priceMessage,
  readOnlyMessage,
} from '../../common/rejection';
import type { RequestImages, RequestWithImages } from '../../imageFit/requestImages';
import { formatAge } from '../../labels/taskLabels';
import type { ChosenFit } from '../../imageFit/imagesStep';

interface Dependencies extends Pick<AppContext, 'catalog' | 'engine' | 'settings' | 'dialogs' | 'l10n'> {
  readonly keychain: Keychain;
  readonly approval: OriginApproval;
  readonly images: Pick<RequestImages, 'fit'>;
  /** Hears of every request that was sent from this window, when its outcome is known. */
  readonly onSent: (task: Task, requester: Requester) => void;
}

/** What is said of a request beside it. */
export interface SendContext {
  /** How a person has chosen to fit its images. */
  readonly fits?: readonly ChosenFit[] | undefined;
  /** The earlier task that it asks for again, by our id. */
  readonly basedOn?: string | undefined;
  /** Awaited once the request is stored as a task, before anything is sent. Must not reject. */
  readonly onStored?: () => Promise<void>;
}

/** Stands for an image that is read when it is sent. */
const ANY_IMAGE = 'data:image/png;base64,AA==';

/** A request that can be sent. */
export interface ReadyRequest {
  readonly prepared: PreparedRequest;
  /** Keeps its images. @returns it with the kept copies as sources @throws DiskError */
  readonly keep: () => Promise<PreparedRequest>;
  /** Its images as they are sent. */
  readonly withImages: RequestWithImages;
}

/**
 * Sends a request, once, and resolves when its outcome is known.
 * @throws {@link Rejection} when there is no task; any other error when nobody knows
 */
export type Submit = (
  request: ReadyRequest,
  signal: AbortSignal,
  beside?: Pick<SendContext, 'basedOn' | 'onStored'>,
) => Promise<Task>;

const remix = z.object({ remixOf: z.string() });

/** Of a prompt, so much is shown in a dialog, in characters. */
const MAX_SHOWN_PROMPT_LENGTH = 400;

/** Maximum length of a model ID or an address in a dialog, in characters. */
const MAX_MODEL_LENGTH = 100;

/** Of an option that is free text, so much, in characters. */
const MAX_SHOWN_OPTION_LENGTH = 80;

/**
 * The one way to a paid request, for people and for code alike. Each check comes before anything is stored or sent,
 * in the order that docs/api.md promises.
 */
export class RequestSender {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Sends a request, once, and resolves when its outcome is known.
   * @param input a VideoRequest, as far as anybody knows
   * @param requester who confirms it: a person has done so before, for code the setting says whether one is asked
   * @param signal calls it off as long as no byte has left
   * @param beside what belongs to it, but is no part of the request
   * @throws {@link Rejection} when there is no task
   */
  async send(
    input: unknown,
    requester: Requester,
    signal: AbortSignal,
    beside: SendContext = {},
  ): Promise<Task> {
    const request = await this.prepare(input, signal, beside);
    const submit = await this.admit([request], requester, signal);
    return submit(request, signal, beside);
  }

  /**
   * Makes a request ready to be sent: its images are fitted, and it is checked. Nothing is stored or sent.
   * @param like one with the same images for the same model and size, which then need not be fitted again
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
   * Sees to all that has to be there and to be answered before requests may be sent, once for all of them.
   * @param requester who confirms it; several at once are a person's
   * @returns sends one of them, once
   * @throws {@link Rejection} when none may be sent
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
   * Says before a person has typed anything what would be in the way of sending it.
   * @throws {@link Rejection}
   */
  async checkReady(): Promise<void> {
    await this.#writableEngine();
    await this.#needKeyAndAddress();
  }

  /**
   * Says whether a request that was kept could be sent as it is, but for its images, which are files until then.
   * @throws {@link Rejection}
   */
  check(request: VideoRequest): void {
    const images = request.images?.map(({ role }) => ({ role, source: ANY_IMAGE }));
    this.#prepare({ ...request, ...(images ? { images } : {}) }, undefined);
  }

  /** Only for a remix must the tasks be known; whatever else is wrong with a request is said without them. */
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
      throw error instanceof RequestError ? new Rejection('invalidRequest', error.message, error) : error;
    }
  }

  /** Comes before any other check: their messages quote the text. */
  async #rejectKeys(input: unknown): Promise<void> {
    const { keychain, l10n } = this.#deps;
    // A key is known only once it was read.
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
      throw error instanceof RequestError ? new Rejection('invalidRequest', error.message, error) : error;
    }
  }

  async #writableEngine(): Promise<Engine> {
    const engine = this.#deps.engine.current;
    try {
      await engine.ready();
    } catch (error) {
      throw this.#asRejection(error);
    }
    if (engine.readOnly) throw new Rejection('readOnly', readOnlyMessage(engine.readOnly, this.#deps.l10n));
    return engine;
  }

  async #needKeyAndAddress(): Promise<string> {
    const { keychain, settings, l10n } = this.#deps;
    const place = await keychain.place();
    if (place === undefined) throw new Rejection('noKey', noKeyMessage(l10n));
    if (place === 'locked') throw new KeyLockedError(keyLockedSentence(l10n));
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
        throw new KeyLockedError(keyLockedSentence(l10n));
      case 'notApproved':
        throw new Rejection('originNotApproved', notApprovedSentence(origin, l10n));
    }
  }

  async #confirm(
    requests: readonly ReadyRequest[],
    baseUrl: string,
    engine: Engine,
    requester: Requester,
  ): Promise<void> {
    const { settings, l10n } = this.#deps;
    let yes = true;
    if (requester === 'person') {
      const twins = await Promise.all(
        requests.map(({ prepared }) => engine.recentDuplicate(prepared, baseUrl)),
      );
      yes = await this.#askAboutTwins(twins);
    } else if (settings.confirm() === 'always') {
      for (const { prepared } of requests) yes &&= await this.#askForCode(prepared, baseUrl);
    }
    if (!yes) throw new Rejection('declined', l10n.t('The request was declined. Nothing was sent.'));
  }

  async #askForCode(request: PreparedRequest, baseUrl: string): Promise<boolean> {
    const { dialogs, catalog, l10n } = this.#deps;
    return dialogs.confirm({
      message: l10n.t('Generate a video with {0}?', visibleLine(request.request.model, MAX_MODEL_LENGTH)),
      // The price and the address come first: text of the request could pass for either.
      detail: l10n.t(
        'Another extension or a command asks for it. {0}\n\nSent to: {1}\nPrompt: {2}\n{3}',
        priceMessage(l10n),
        visibleLine(originOf(baseUrl), MAX_MODEL_LENGTH),
        visibleLine(request.request.prompt, MAX_SHOWN_PROMPT_LENGTH),
        describeRequest(request, catalog, l10n),
      ),
      action: l10n.t('Generate Video'),
    });
  }

  /** @param twins of each request the one that was sent before, if there is one */
  async #askAboutTwins(twins: readonly (Task | undefined)[]): Promise<boolean> {
    const { dialogs, l10n } = this.#deps;
    const [newest, ...others] = twins
      .filter((twin) => twin !== undefined)
      .sort((one, other) => other.createdAt - one.createdAt);
    if (!newest) return true;
    const age = formatAge(Date.now() - newest.createdAt, l10n);
    return dialogs.confirm({
      message:
        twins.length === 1
          ? l10n.t('Generate the same video again?')
          : l10n.t('Generate the same videos again?'),
      detail:
        twins.length === 1
          ? l10n.t(
              'Exactly this request was sent before ({0}). It would be made, and charged, a second time.',
              age,
            )
          : l10n.t(
              'Of these {0} requests {1} were sent before, exactly so ({2}). They would be made, and charged, a second time.',
              twins.length,
              others.length + 1,
              age,
            ),
      action: l10n.t('Generate Again'),
    });
  }

  /** What an error of the engine means for whoever asked. */
  #asRejection(error: unknown): unknown {
    const { l10n } = this.#deps;
    if (error instanceof RequestError) return new Rejection('invalidRequest', error.message, error);
    if (error instanceof SubmitCancelledError) return this.#cancelled();
    if (error instanceof KeyUnavailableError) {
      if (error.reason === 'locked') return new KeyLockedError(keyLockedSentence(l10n));
      const sentence = l10n.t('The API key was removed or replaced before the request was sent.');
      return new Rejection('noKey', sentence, error);
    }
    if (error instanceof ReadOnlyStoreError) {
      return new Rejection('readOnly', readOnlyMessage(error.reason, l10n), error);
    }
    if (error instanceof DiskError) {
      const sentence = l10n.t(
        "The images couldn't be stored, so nothing was sent. Check the disk's free space and permissions.",
      );
      return new Rejection('readOnly', sentence, error);
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
    return cancelledRejection(this.#deps.l10n);
  }
}

/** The request with the images of another one, as they are sent. */
function withImagesOf(input: unknown, { prepared, withImages }: ReadyRequest): RequestWithImages {
  const { images } = prepared.request;
  return {
    input: typeof input === 'object' && images ? { ...input, images } : input,
    keep: (other) => withImages.keep(other),
  };
}

/** Somebody cancelled before there was an answer. */
export function cancelledRejection(l10n: L10n): Rejection {
  return new Rejection('cancelled', l10n.t('The request was cancelled.'));
}

/** What a request is made from besides its prompt, and its options, in one line. */
function describeRequest(
  { request }: Pick<PreparedRequest, 'request'>,
  catalog: Catalog,
  l10n: L10n,
): string {
  const show = (text: string) => visibleLine(text, MAX_SHOWN_OPTION_LENGTH);
  return [...describeSources(request, l10n), ...describeOptions(request, catalog, l10n, show)].join(' · ');
}
