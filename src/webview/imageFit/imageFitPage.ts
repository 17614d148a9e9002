import { html, render } from 'lit';
import { toPage, type Choice, type EncodedImage, type Texts, type ToHost, type ToPage } from './protocol';
import { cardError, isBusy, applyMessage, objectUrls, setChoice, type CardState } from './cards';
import { renderPage } from './templates';

interface VsCodeApi {
  postMessage(message: ToHost): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/**
 * The page where the user chooses how each image is fitted. The host renders every choice and returns the exact
 * bytes, so the preview shows what is sent.
 */
export class ImageFitPage {
  readonly #root: HTMLElement;
  readonly #texts: Texts;
  readonly #api = acquireVsCodeApi();
  #states: readonly CardState[] = [];
  /** The user has confirmed. The host continues when the latest choices are rendered. */
  #isConfirmed = false;
  #announcement = '';

  constructor(root: HTMLElement, texts: Texts) {
    this.#root = root;
    this.#texts = texts;
  }

  /** Renders the page and requests its content from the host. */
  start(): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const parsed = toPage.safeParse(event.data);
      if (parsed.success) this.#onMessage(parsed.data);
    });
    this.#render();
    this.#api.postMessage({ type: 'ready' });
  }

  #onMessage(message: ToPage): void {
    const oldUrls = objectUrls(this.#states);
    this.#states = applyMessage(this.#states, message, createObjectUrl);
    const newUrls = objectUrls(this.#states);
    for (const url of oldUrls) if (!newUrls.has(url)) URL.revokeObjectURL(url);
    if (message.type === 'error') {
      this.#isConfirmed = false;
      this.#announcement = message.message;
    }
    this.#render();
  }

  #choose(index: number, change: Partial<Choice>): void {
    const state = this.#states[index];
    if (!state) return;
    const changed = setChoice(state, change);
    this.#states = this.#states.map((other, at) => (at === index ? changed : other));
    this.#isConfirmed = false;
    this.#announcement = '';
    const { choice, revision } = changed.card;
    this.#api.postMessage({ type: 'choose', index, revision, choice });
    this.#render();
  }

  #use(): void {
    const error = this.#states.map(cardError).find((text) => text !== undefined);
    this.#announcement = error ?? (this.#states.some(isBusy) ? this.#texts.preparing : '');
    if (error === undefined) {
      this.#isConfirmed = true;
      this.#api.postMessage({ type: 'use' });
    }
    this.#render();
  }

  #render(): void {
    this.#root.classList.toggle('loading', this.#states.length === 0);
    const handlers = {
      choose: (index: number, change: Partial<Choice>) => this.#choose(index, change),
      use: () => this.#use(),
      back: () => this.#api.postMessage({ type: 'back' }),
    };
    const model = { texts: this.#texts, states: this.#states, isConfirmed: this.#isConfirmed };
    render(
      html`${renderPage(model, handlers)}
        <div class="visually-hidden" role="status">${this.#announcement}</div>`,
      this.#root,
    );
  }
}

function createObjectUrl({ bytes, format }: EncodedImage): string {
  return URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: `image/${format}` }));
}
