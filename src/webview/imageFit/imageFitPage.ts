import { html, render } from 'lit';
import { toPage, type Choice, type Picture, type Texts, type ToHost, type ToPage } from './protocol';
import { cardError, isBusy, applyMessage, objectUrls, setChoice, type CardState } from './cards';
import { page } from './templates';

/** What the editor gives a page. */
interface VsCodeApi {
  postMessage(message: ToHost): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/**
 * The page where a person decides what is sent of each image. Whatever is chosen is told to the host at once, which
 * makes the bytes and hands them over; the page shows those. It lives as long as its document.
 */
export class ImageFitPage {
  readonly #root: HTMLElement;
  readonly #texts: Texts;
  readonly #api = acquireVsCodeApi();
  #states: readonly CardState[] = [];
  /** Goes on as soon as the latest choices have been made to bytes. */
  #isLeaving = false;
  #announcement = '';

  constructor(root: HTMLElement, texts: Texts) {
    this.#root = root;
    this.#texts = texts;
  }

  /** Draws the page and asks the host for what is on it. */
  start(): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const parsed = toPage.safeParse(event.data);
      if (parsed.success) this.#hear(parsed.data);
    });
    this.#draw();
    this.#api.postMessage({ type: 'ready' });
  }

  #hear(message: ToPage): void {
    const before = objectUrls(this.#states);
    this.#states = applyMessage(this.#states, message, drawable);
    const still = objectUrls(this.#states);
    for (const url of before) if (!still.has(url)) URL.revokeObjectURL(url);
    if (message.type === 'fault') {
      this.#isLeaving = false;
      this.#announcement = message.sentence;
    }
    this.#draw();
  }

  #choose(index: number, change: Partial<Choice>): void {
    const state = this.#states[index];
    if (!state) return;
    const changed = setChoice(state, change);
    this.#states = this.#states.map((one, at) => (at === index ? changed : one));
    this.#isLeaving = false;
    this.#announcement = '';
    const { choice, revision } = changed.card;
    this.#api.postMessage({ type: 'choose', image: index, revision, choice });
    this.#draw();
  }

  #use(): void {
    const fault = this.#states.map(cardError).find((sentence) => sentence !== undefined);
    this.#announcement = fault ?? (this.#states.some(isBusy) ? this.#texts.preparing : '');
    if (fault === undefined) {
      this.#isLeaving = true;
      this.#api.postMessage({ type: 'use' });
    }
    this.#draw();
  }

  #draw(): void {
    this.#root.classList.toggle('loading', this.#states.length === 0);
    const handlers = {
      choose: (index: number, change: Partial<Choice>) => this.#choose(index, change),
      use: () => this.#use(),
      back: () => this.#api.postMessage({ type: 'back' }),
    };
    const model = { texts: this.#texts, states: this.#states, isLeaving: this.#isLeaving };
    render(
      html`${page(model, handlers)}
        <div class="visually-hidden" role="status">${this.#announcement}</div>`,
      this.#root,
    );
  }
}

function drawable({ bytes, format }: Picture): string {
  return URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: `image/${format}` }));
}
