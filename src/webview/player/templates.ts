import { html, nothing, type TemplateResult } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';
import { keyed } from 'lit/directives/keyed.js';
import { ref } from 'lit/directives/ref.js';
import type { Action, ActionButton, Stage, Take, View } from './protocol';
import { toIsoDuration, PLAYBACK_RATES, formatDuration } from './format';
import { icons, toneIcon } from './icons';
import { currentTake, type Handlers, type Model } from './pageModel';

type Piece = TemplateResult | typeof nothing;

export function renderPage(model: Model, handlers: Handlers): TemplateResult {
  const { view, error } = model;
  return html`<main>
    <header>
      <h1>${view.title}</h1>
      <p class="summary">
        ${
          view.state === ''
            ? nothing
            : html`<span class="state ${view.tone}">${toneIcon(view.tone)}${view.state}</span>`
        }
        ${view.summary.map((piece) => html`<span>${piece}</span>`)}
      </p>
    </header>
    <div class="columns">
      <div class="stage">
        ${stage(model, handlers)} ${actionButtons(model, handlers)}
        ${error === '' ? nothing : html`<p class="error-message">${toneIcon('error')}<span>${error}</span></p>`}
      </div>
      <div class="information">${prompt(model, handlers)} ${details(model, handlers)} ${timeline(model)}</div>
    </div>
  </main>`;
}

// ── stage ─────────────────────────────────────────────────────────────────────────────────────────

function stage(model: Model, handlers: Handlers): TemplateResult {
  const shown = model.view.stage;
  switch (shown.kind) {
    case 'video':
      return video(model, handlers, shown.takes);
    case 'working':
      return working(model, shown);
    case 'message':
      return message(shown);
  }
}

function video(model: Model, handlers: Handlers, takes: readonly Take[]): TemplateResult {
  const { texts, view, loading } = model;
  const take = currentTake(view, model.state);
  if (!take) return html``;
  const failed = loading === 'failed';
  // Use a new element for each file: a video element keeps errors of its last source.
  return html`<section class="video" aria-label=${texts.video}>
    <div class="screen" ?hidden=${failed}>
      ${keyed(
        take.url,
        html`<video
          src=${take.url}
          width=${take.width}
          height=${take.height}
          controls
          controlslist="nodownload noplaybackrate noremoteplayback"
          preload="auto"
          playsinline
          aria-label=${view.title}
          ${ref(handlers.onVideo)}
        ></video>`,
      )}
      <vscode-progress-bar class="loading-bar" aria-label=${texts.loading}></vscode-progress-bar>
    </div>
    ${failed ? failedMessage(model) : controls(model, handlers, takes)} ${soundNote(model, handlers)}
    ${takesNote(model, handlers)}
  </section>`;
}

function failedMessage({ texts }: Model): TemplateResult {
  const { failed: title } = texts;
  return message({ kind: 'message', tone: 'warning', title, sentence: '', charge: null, details: null });
}

function controls(model: Model, handlers: Handlers, takes: readonly Take[]): TemplateResult {
  const { texts, state } = model;
  const onSpeed = (event: Event): void => {
    if (event.currentTarget instanceof HTMLElement && 'value' in event.currentTarget) {
      handlers.setSpeed(Number(event.currentTarget.value));
    }
  };
  return html`<div class="controls">
    ${takes.length > 1 ? takeButtons(model, handlers, takes) : nothing}
    <vscode-toolbar-button
      class="previous-frame"
      label=${texts.previousFrame}
      title="${texts.previousFrame} (,)"
      @click=${() => handlers.step(-1)}
      >${icons.previousFrame}</vscode-toolbar-button
    >
    <vscode-toolbar-button
      class="next-frame"
      label=${texts.nextFrame}
      title="${texts.nextFrame} (.)"
      @click=${() => handlers.step(1)}
      >${icons.nextFrame}</vscode-toolbar-button
    >
    <vscode-toolbar-button
      class="use-frame"
      data-action="useThisFrame"
      label=${texts.useFrame}
      title=${texts.useFrame}
      aria-busy=${model.running.has('useThisFrame') ? 'true' : 'false'}
      @click=${() => handlers.run('useThisFrame')}
      >${icons.useFrame}</vscode-toolbar-button
    >
    <vscode-toolbar-button
      class="loop"
      toggleable
      label=${texts.loop}
      title=${texts.loop}
      .checked=${state.loop}
      @change=${() => handlers.toggleLoop()}
      >${icons.loop}</vscode-toolbar-button
    >
    <vscode-single-select
      class="speed"
      position="above"
      label=${texts.speed}
      title=${texts.speed}
      @change=${onSpeed}
    >
      ${PLAYBACK_RATES.map(
        (speed) =>
          html`<vscode-option value=${String(speed)} ?selected=${speed === state.speed}
            >${speed}×</vscode-option
          >`,
      )}
    </vscode-single-select>
    ${model.canFullScreen ? nothing : fillToggle(model, handlers)}
  </div>`;
}

/** Replaces full screen, which most desktop windows don't allow in webviews. */
function fillToggle({ texts, isFilled }: Model, handlers: Handlers): TemplateResult {
  const label = isFilled ? texts.unfill : texts.fill;
  return html`<vscode-toolbar-button
    class="fill"
    label=${label}
    title=${isFilled ? `${label} (Escape)` : label}
    @click=${() => handlers.setFilled(!isFilled)}
    >${isFilled ? icons.unfill : icons.fill}</vscode-toolbar-button
  >`;
}

function takeButtons({ texts, state }: Model, handlers: Handlers, takes: readonly Take[]): TemplateResult {
  return html`<div class="takes" role="group" aria-label=${texts.takes}>
    ${takes.map(
      ({ name }, index) =>
        html`<vscode-button
          ?secondary=${index !== state.take}
          aria-pressed=${index === state.take ? 'true' : 'false'}
          @keydown=${preventScroll}
          @click=${() => handlers.setTake(index)}
          >${name}</vscode-button
        >`,
    )}
  </div>`;
}

function soundNote({ texts, view, sound, loading }: Model, handlers: Handlers): Piece {
  if (sound !== 'inaudible' || loading !== 'playing') return nothing;
  const external = view.buttons.find(({ action }) => action === 'openExternally');
  return html`<p class="sound-note">
    ${icons.muted}<span>${texts.noSound} ${external ? link(external, handlers) : nothing}</span>
  </p>`;
}

/** Note about videos of the task that aren't available. */
function takesNote({ view: { stage: shown } }: Model, handlers: Handlers): Piece {
  if (shown.kind !== 'video' || shown.note === null) return nothing;
  const { text, button } = shown.note;
  return html`<p class="takes-note">
    ${toneIcon('warning')}<span>${text} ${button === null ? nothing : link(button, handlers)}</span>
  </p>`;
}

function link({ action, label }: ActionButton, handlers: Handlers): TemplateResult {
  return html`<button type="button" class="link" @click=${() => handlers.run(action)}>${label}</button>`;
}

function working({ texts, elapsedMs }: Model, shown: Extract<Stage, { kind: 'working' }>): TemplateResult {
  const [before, after] = texts.elapsed.split('{0}');
  return html`<section class="card ${shown.isHeld ? 'warning' : ''}" aria-labelledby="stage-title">
    ${
      shown.isMoving
        ? html`<vscode-progress-bar
            aria-label=${shown.title}
            value=${ifDefined(shown.progress ?? undefined)}
            ?indeterminate=${shown.progress === null}
          ></vscode-progress-bar>`
        : nothing
    }
    <div class="card-body">
      <h2 id="stage-title">${shown.isHeld ? toneIcon('warning') : nothing}<span>${shown.title}</span></h2>
      ${sentence(shown)} ${chargeAndDetails(shown)}
      <p class="elapsed">
        ${shown.progress === null ? nothing : html`<span>${shown.progress}%</span>`}
        <span
          >${before}<time datetime=${toIsoDuration(elapsedMs)}>${formatDuration(elapsedMs)}</time
          >${after}</span
        >
      </p>
    </div>
  </section>`;
}

function message(shown: Extract<Stage, { kind: 'message' }>): TemplateResult {
  return html`<section class="card ${shown.tone}" aria-labelledby="stage-title">
    <div class="card-body">
      <h2 id="stage-title">${toneIcon(shown.tone)}<span>${shown.title}</span></h2>
      ${sentence(shown)} ${chargeAndDetails(shown)}
    </div>
  </section>`;
}

function sentence({ sentence: text }: Extract<Stage, { kind: 'working' | 'message' }>): Piece {
  return text === '' ? nothing : html`<p>${text}</p>`;
}

function chargeAndDetails({
  charge,
  details,
}: Extract<Stage, { kind: 'working' | 'message' }>): TemplateResult {
  return html`${charge === null ? nothing : html`<p class="charge">${charge}</p>`}
  ${details === null ? nothing : html`<p class="gateway-message">${details}</p>`}`;
}

// ── actions ───────────────────────────────────────────────────────────────────────────────────────

/** Actions that help if the video can't be played, best first. */
const ACTIONS_IF_UNPLAYABLE: readonly Action[] = ['openExternally', 'reveal', 'saveAs', 'generateAgain'];

/** Actions that start another video. They get their own row. */
const NEW_VIDEO_ACTIONS: readonly Action[] = [
  'generateAgain',
  'editAndGenerate',
  'remix',
  'continueFromLastFrame',
];

function actionButtons({ texts, view, loading, running }: Model, handlers: Handlers): Piece {
  const failed = view.stage.kind === 'video' && loading === 'failed';
  const shown = failed ? unplayableButtons(view.buttons) : view.buttons;
  if (shown.length === 0) return nothing;
  const button = ({ action, label, primary }: ActionButton): TemplateResult =>
    html`<vscode-button
      data-action=${action}
      ?secondary=${!primary}
      aria-busy=${running.has(action) ? 'true' : 'false'}
      @keydown=${preventScroll}
      @click=${() => handlers.run(action)}
      >${label}</vscode-button
    >`;
  const startsNewVideo = ({ action }: ActionButton): boolean =>
    view.stage.kind === 'video' && NEW_VIDEO_ACTIONS.includes(action);
  const rows = [shown.filter((one) => !startsNewVideo(one)), shown.filter(startsNewVideo)];
  return html`<div class="actions" role="group" aria-label=${texts.actions}>
    ${rows.map((row) => (row.length === 0 ? nothing : html`<div class="actions-row">${row.map(button)}</div>`))}
  </div>`;
}

function unplayableButtons(all: readonly ActionButton[]): ActionButton[] {
  return ACTIONS_IF_UNPLAYABLE.flatMap((action) => all.filter((button) => button.action === action)).map(
    (button, index) => ({ ...button, primary: index === 0 }),
  );
}

/** vscode-button handles Space but doesn't prevent the page from scrolling. */
function preventScroll(event: KeyboardEvent): void {
  if (event.key === ' ') event.preventDefault();
}

// ── details ───────────────────────────────────────────────────────────────────────────────────────

function prompt({ texts, view, copied }: Model, handlers: Handlers): TemplateResult {
  // Only text that scrolls should be a tab stop.
  const isLong = view.prompt.length > 600 || view.prompt.split('\n').length > 8;
  return html`<section class="prompt" aria-labelledby="prompt-title">
    <div class="heading">
      <h2 id="prompt-title">${texts.prompt}</h2>
      ${copyButton('copyPrompt', texts.copyPrompt, copied, handlers)}
    </div>
    <div
      class="prompt-text"
      tabindex=${ifDefined(isLong ? '0' : undefined)}
      role=${ifDefined(isLong ? 'group' : undefined)}
      aria-labelledby=${ifDefined(isLong ? 'prompt-title' : undefined)}
      .textContent=${view.prompt}
    ></div>
  </section>`;
}

function details({ texts, view, copied }: Model, handlers: Handlers): Piece {
  if (view.facts.length === 0) return nothing;
  return html`<section class="details" aria-labelledby="details-title">
    <div class="heading">
      <h2 id="details-title">${texts.details}</h2>
      ${copyButton('copyDetails', texts.copyDetails, copied, handlers)}
    </div>
    <dl>
      ${view.facts.map(
        ({ name, value, isCode, action }) =>
          html`<div>
            <dt>${name}</dt>
            <dd class=${isCode ? 'code' : ''}>
              ${action === undefined ? value : factButton(action, value, handlers)}
            </dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

function factButton(action: Action, value: string, handlers: Handlers): TemplateResult {
  return html`<button class="link" data-action=${action} @click=${() => handlers.run(action)}>
    ${value}
  </button>`;
}

function copyButton(
  action: Action,
  label: string,
  copied: Action | undefined,
  handlers: Handlers,
): TemplateResult {
  return html`<vscode-toolbar-button
    data-action=${action}
    label=${label}
    title=${label}
    @click=${() => handlers.run(action)}
    >${copied === action ? icons.copied : icons.copy}</vscode-toolbar-button
  >`;
}

function timeline({ texts, view }: Model): Piece {
  if (view.timeline.length === 0) return nothing;
  return html`<section class="timeline" aria-labelledby="timeline-title">
    <div class="heading"><h2 id="timeline-title">${texts.timeline}</h2></div>
    <ol>
      ${view.timeline.map(entry)}
    </ol>
  </section>`;
}

function entry({ iso, time, tone, phase, note }: View['timeline'][number]): TemplateResult {
  return html`<li>
    <span class="mark ${tone}">${toneIcon(tone)}</span>
    <span class="phase">${phase}</span>
    <time datetime=${iso}>${time}</time>
    ${note === '' ? nothing : html`<p class="note">${note}</p>`}
  </li>`;
}
