import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { warningIcon } from '../common/icon';
import type { Choice, Rgb, Texts } from './protocol';
import { cardError, isBusy, type CardState } from './cards';
import { largestCrop, maxZoom, zoomCrop, zoomOf } from './cropFrame';
import { cropOverlay } from './cropOverlay';

type Piece = TemplateResult | typeof nothing;

/** All that a drawing of the page depends on. */
export interface Model {
  readonly texts: Texts;
  readonly states: readonly CardState[];
  readonly isLeaving: boolean;
}

/** What a person does on the page. */
export interface Handlers {
  choose(index: number, change: Partial<Choice>): void;
  use(): void;
  back(): void;
}

/** What a person does with one image. */
type Change = (change: Partial<Choice>) => void;

/** The whole page. */
export function page({ texts, states, isLeaving }: Model, handlers: Handlers): TemplateResult {
  return html`<main aria-busy=${states.length === 0 ? 'true' : 'false'}>
    <header>
      <h1>${texts.title}</h1>
      <p class="intro">
        ${texts.step === '' ? nothing : html`<span>${texts.step}</span>`}<span>${texts.intro}</span>
      </p>
    </header>
    ${states.map((state, index) => card({ state, index, texts }, (change) => handlers.choose(index, change)))}
    <footer>
      <vscode-button
        class="use"
        aria-busy=${isLeaving ? 'true' : 'false'}
        @keydown=${keepStill}
        @click=${() => handlers.use()}
        >${isLeaving ? texts.preparing : texts.use}</vscode-button
      >
      <vscode-button secondary class="back" @keydown=${keepStill} @click=${() => handlers.back()}
        >${texts.back}</vscode-button
      >
    </footer>
  </main>`;
}

interface Shown {
  readonly state: CardState;
  readonly index: number;
  readonly texts: Texts;
}

function card(shown: Shown, change: Change): TemplateResult {
  const { state, index } = shown;
  const { title, facts, need } = state.card;
  return html`<section class="card" aria-labelledby="title-${index}">
    <div class="head">
      <h2 id="title-${index}">${title}</h2>
      <p class="facts">${facts}</p>
      <p>${need}</p>
    </div>
    ${choices(shown, change)}
    <div class="columns">${original(shown, change)} ${sent(shown)}</div>
  </section>`;
}

// ── what can be chosen ────────────────────────────────────────────────────────────────────────────

function choices(shown: Shown, change: Change): TemplateResult {
  const { state, texts } = shown;
  const { choice, hasAlpha } = state.card;
  return html`<div class="choices">
    ${wayChoice(shown, change)} ${choice.way === 'crop' ? zoomChoice(shown, change) : nothing}
    ${
      choice.way === 'pad'
        ? colorChoice(shown, { name: 'color', legend: texts.color, value: choice.color }, (color) =>
            change({ color }),
          )
        : nothing
    }
    ${
      hasAlpha
        ? colorChoice(
            shown,
            { name: 'background', legend: texts.background, value: choice.background },
            (background) => change({ background }),
          )
        : nothing
    }
  </div>`;
}

function wayChoice({ state: { card: shown }, index, texts }: Shown, change: Change): Piece {
  if (shown.ways.length === 1) return nothing;
  return html`<fieldset class="segments">
    <legend>${texts.way}</legend>
    <div>
      ${shown.ways.map(
        (way) =>
          html`<label
            ><input
              type="radio"
              name="way-${index}"
              value=${way}
              .checked=${live(way === shown.choice.way)}
              @change=${() => change({ way })}
            /><span>${texts.ways[way]}</span></label
          >`,
      )}
    </div>
  </fieldset>`;
}

function original(shown: Shown, change: Change): TemplateResult {
  const { state, texts } = shown;
  const { card: of, original: picture } = state;
  const isCropped = of.choice.way === 'crop';
  return html`<div class="side">
    <h3>${texts.original}</h3>
    <div class="picture" aria-busy=${picture ? 'false' : 'true'}>
      ${
        picture
          ? html`<img
              src=${picture.url}
              width=${of.width}
              height=${of.height}
              alt="${of.title}: ${texts.original}"
            />`
          : busyBar(texts)
      }
      ${picture && isCropped ? cropOverlay(of, texts, (part) => change({ part })) : nothing}
    </div>
    <p class="hint">${texts.hints[of.choice.way]}</p>
  </div>`;
}

function zoomChoice({ state: { card: of }, index, texts }: Shown, change: Change): Piece {
  const most = maxZoom(of);
  if (most <= 1) return nothing;
  const part = of.choice.part ?? largestCrop(of);
  const percent = Math.round(zoomOf(part, of) * 100);
  const onInput = (event: Event): void => {
    if (event.currentTarget instanceof HTMLInputElement) {
      change({ part: zoomCrop(part, Number(event.currentTarget.value) / 100, of) });
    }
  };
  // Never out of reach: a button that is disabled while it has the focus would lose it.
  const reset = () => (of.choice.part === null ? undefined : change({ part: null }));
  return html`<div class="zoom">
    <label for="zoom-${index}">${texts.zoom}</label>
    <div>
      <input
        id="zoom-${index}"
        type="range"
        min="100"
        max=${Math.floor(most * 100)}
        step="5"
        .value=${live(String(percent))}
        aria-valuetext="${percent} %"
        @input=${onInput}
      />
      <output for="zoom-${index}">${percent} %</output>
      <vscode-button secondary class="reset" @keydown=${keepStill} @click=${reset}
        >${texts.reset}</vscode-button
      >
    </div>
  </div>`;
}

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

interface ColorQuestion {
  readonly name: string;
  readonly legend: string;
  readonly value: Rgb;
}

function colorChoice(
  { index, texts }: Shown,
  { name, legend, value }: ColorQuestion,
  choose: (color: Rgb) => void,
): TemplateResult {
  const [isBlack, isWhite] = [hex(value) === hex(BLACK), hex(value) === hex(WHITE)];
  const preset = (label: string, color: Rgb, isChosen: boolean) =>
    html`<label
      ><input
        type="radio"
        name="${name}-${index}"
        .checked=${live(isChosen)}
        @change=${() => choose(color)}
      /><span>${label}</span></label
    >`;
  const onColor = (event: Event): void => {
    if (event.currentTarget instanceof HTMLInputElement) choose(rgbOf(event.currentTarget.value));
  };
  return html`<fieldset class="segments">
    <legend>${legend}</legend>
    <div>
      ${preset(texts.black, BLACK, isBlack)} ${preset(texts.white, WHITE, isWhite)}
      <label class="other ${isBlack || isWhite ? '' : 'chosen'}"
        ><span>${texts.other}</span
        ><input
          type="color"
          aria-label=${texts.otherColor.replace('{0}', legend)}
          .value=${live(hex(value))}
          @input=${onColor}
      /></label>
    </div>
  </fieldset>`;
}

function hex(color: Rgb): string {
  return `#${color.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

function rgbOf(text: string): Rgb {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16) || 0);
  return [red ?? 0, green ?? 0, blue ?? 0];
}

// ── what is sent ──────────────────────────────────────────────────────────────────────────────────

function sent({ state, texts }: Shown): TemplateResult {
  const { card: of, preview } = state;
  const fault = cardError(state);
  const busy = isBusy(state);
  return html`<div class="side sent">
    <h3>${texts.sent}</h3>
    <div class="picture" ?hidden=${fault !== undefined} aria-busy=${busy ? 'true' : 'false'}>
      ${preview ? html`<img src=${preview.url} alt="${of.title}: ${texts.sent}" />` : nothing}
      ${busy ? busyBar(texts) : nothing}
    </div>
    ${
      fault === undefined
        ? html`<p class="hint caption">${preview?.caption ?? ''}</p>`
        : html`<p class="fault">${warningIcon}<span>${fault}</span></p>`
    }
  </div>`;
}

function busyBar({ preparing }: Texts): TemplateResult {
  return html`<vscode-progress-bar class="busy" aria-label=${preparing}></vscode-progress-bar>`;
}

/** The library's button acts on Space, but does not keep the page from scrolling by it. */
function keepStill(event: KeyboardEvent): void {
  if (event.key === ' ') event.preventDefault();
}
