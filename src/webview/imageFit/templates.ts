import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { warningIcon } from '../common/icon';
import type { Choice, Rgb, Texts } from './protocol';
import { cardError, isBusy, type CardState } from './cards';
import { largestCrop, maxZoom, zoomCrop, getZoom } from './cropFrame';
import { cropOverlay } from './cropOverlay';

type Piece = TemplateResult | typeof nothing;

export interface Model {
  readonly texts: Texts;
  readonly states: readonly CardState[];
  readonly isConfirmed: boolean;
}

export interface Handlers {
  choose(index: number, change: Partial<Choice>): void;
  use(): void;
  back(): void;
}

type Change = (change: Partial<Choice>) => void;

export function renderPage({ texts, states, isConfirmed }: Model, handlers: Handlers): TemplateResult {
  return html`<main aria-busy=${states.length === 0 ? 'true' : 'false'}>
    <header>
      <h1>${texts.title}</h1>
      <p class="intro">
        <span>${texts.intro}</span>
      </p>
    </header>
    ${states.map((state, index) => renderCard({ state, index, texts }, (change) => handlers.choose(index, change)))}
    <footer>
      <vscode-button
        class="use"
        aria-busy=${isConfirmed ? 'true' : 'false'}
        @keydown=${preventScroll}
        @click=${() => handlers.use()}
        >${isConfirmed ? texts.preparing : texts.use}</vscode-button
      >
      <vscode-button secondary class="back" @keydown=${preventScroll} @click=${() => handlers.back()}
        >${texts.back}</vscode-button
      >
    </footer>
  </main>`;
}

interface CardProps {
  readonly state: CardState;
  readonly index: number;
  readonly texts: Texts;
}

function renderCard(props: CardProps, change: Change): TemplateResult {
  const { state, index } = props;
  const { title, facts, need } = state.card;
  return html`<section class="card" aria-labelledby="title-${index}">
    <div class="head">
      <h2 id="title-${index}">${title}</h2>
      <p class="facts">${facts}</p>
      <p>${need}</p>
    </div>
    ${choices(props, change)}
    <div class="columns">${original(props, change)} ${result(props)}</div>
  </section>`;
}

// ── choices ───────────────────────────────────────────────────────────────────────────────────────

function choices(props: CardProps, change: Change): TemplateResult {
  const { state, texts } = props;
  const { choice, hasAlpha } = state.card;
  return html`<div class="choices">
    ${modeChoice(props, change)} ${choice.mode === 'crop' ? zoomChoice(props, change) : nothing}
    ${
      choice.mode === 'pad'
        ? colorChoice(props, { name: 'color', legend: texts.color, value: choice.color }, (color) =>
            change({ color }),
          )
        : nothing
    }
    ${
      hasAlpha
        ? colorChoice(
            props,
            { name: 'background', legend: texts.background, value: choice.background },
            (background) => change({ background }),
          )
        : nothing
    }
  </div>`;
}

function modeChoice({ state: { card }, index, texts }: CardProps, change: Change): Piece {
  if (card.modes.length === 1) return nothing;
  return html`<fieldset class="segments">
    <legend>${texts.mode}</legend>
    <div>
      ${card.modes.map(
        (mode) =>
          html`<label
            ><input
              type="radio"
              name="mode-${index}"
              value=${mode}
              .checked=${live(mode === card.choice.mode)}
              @change=${() => change({ mode })}
            /><span>${texts.modes[mode]}</span></label
          >`,
      )}
    </div>
  </fieldset>`;
}

function original(props: CardProps, change: Change): TemplateResult {
  const { state, texts } = props;
  const { card, original: image } = state;
  const isCropped = card.choice.mode === 'crop';
  return html`<div class="side">
    <h3>${texts.original}</h3>
    <div class="image" aria-busy=${image ? 'false' : 'true'}>
      ${
        image
          ? html`<img
              src=${image.url}
              width=${card.width}
              height=${card.height}
              alt="${card.title}: ${texts.original}"
            />`
          : busyBar(texts)
      }
      ${image && isCropped ? cropOverlay(card, texts, (part) => change({ part })) : nothing}
    </div>
    <p class="hint">${isCropped ? texts.cropHint : ''}</p>
  </div>`;
}

function zoomChoice({ state: { card }, index, texts }: CardProps, change: Change): Piece {
  const max = maxZoom(card);
  if (max <= 1) return nothing;
  const part = card.choice.part ?? largestCrop(card);
  const percent = Math.round(getZoom(part, card) * 100);
  const onInput = (event: Event): void => {
    if (event.currentTarget instanceof HTMLInputElement) {
      change({ part: zoomCrop(part, Number(event.currentTarget.value) / 100, card) });
    }
  };
  // Don't disable the button: a focused button that becomes disabled loses focus.
  const reset = () => (card.choice.part === null ? undefined : change({ part: null }));
  return html`<div class="zoom">
    <label for="zoom-${index}">${texts.zoom}</label>
    <div>
      <input
        id="zoom-${index}"
        type="range"
        min="100"
        max=${Math.floor(max * 100)}
        step="5"
        .value=${live(String(percent))}
        aria-valuetext="${percent}%"
        @input=${onInput}
      />
      <output for="zoom-${index}">${percent}%</output>
      <vscode-button secondary class="reset" @keydown=${preventScroll} @click=${reset}
        >${texts.reset}</vscode-button
      >
    </div>
  </div>`;
}

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

interface ColorField {
  readonly name: string;
  readonly legend: string;
  readonly value: Rgb;
}

function colorChoice(
  { index, texts }: CardProps,
  { name, legend, value }: ColorField,
  choose: (color: Rgb) => void,
): TemplateResult {
  const [isBlack, isWhite] = [
    toHexColor(value) === toHexColor(BLACK),
    toHexColor(value) === toHexColor(WHITE),
  ];
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
    if (event.currentTarget instanceof HTMLInputElement) choose(parseHexColor(event.currentTarget.value));
  };
  return html`<fieldset class="segments">
    <legend>${legend}</legend>
    <div>
      ${preset(texts.black, BLACK, isBlack)} ${preset(texts.white, WHITE, isWhite)}
      <label class="other ${isBlack || isWhite ? '' : 'chosen'}"
        ><span>${texts.other}</span><input type="color" .value=${live(toHexColor(value))} @input=${onColor}
      /></label>
    </div>
  </fieldset>`;
}

function toHexColor(color: Rgb): string {
  return `#${color.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

function parseHexColor(text: string): Rgb {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16) || 0);
  return [red ?? 0, green ?? 0, blue ?? 0];
}

// ── result ────────────────────────────────────────────────────────────────────────────────────────

function result({ state, texts }: CardProps): TemplateResult {
  const { card, preview } = state;
  const error = cardError(state);
  const busy = isBusy(state);
  return html`<div class="side result">
    <h3>${texts.result}</h3>
    <div class="image" ?hidden=${error !== undefined} aria-busy=${busy ? 'true' : 'false'}>
      ${preview ? html`<img src=${preview.url} alt="${card.title}: ${texts.result}" />` : nothing}
      ${busy ? busyBar(texts) : nothing}
    </div>
    ${
      error === undefined
        ? html`<p class="hint caption">${preview?.caption ?? ''}</p>`
        : html`<p class="error">${warningIcon}<span>${error}</span></p>`
    }
  </div>`;
}

function busyBar({ preparing }: Texts): TemplateResult {
  return html`<vscode-progress-bar class="busy" aria-label=${preparing}></vscode-progress-bar>`;
}

/** vscode-button handles Space but doesn't prevent the page from scrolling. */
function preventScroll(event: KeyboardEvent): void {
  if (event.key === ' ') event.preventDefault();
}
