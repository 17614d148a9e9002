import { visibleLine } from '../../../core/common/displayText';
import type { Model } from '../../../core/models/catalog';
import { modeOf } from '../../../core/models/modes';
import { resolveOptions } from '../../../core/models/options';
import type { VideoRequest } from '../../../core/models/request';
import type { Preset } from '../presets/presetStore';
import { escapeQuickPickText } from '../../labels/taskLabels';
import { pickFamily, modelLabels } from './pickModel';
import { formatOptions } from './pickOption';
import { quotePrompt } from './promptStep';
import { pickOne, type PickItem, type StepPosition } from '../../common/multiStep';
import type { WizardDependencies } from './wizardTypes';

/** Of a preset or its model, in characters: both may be written by hand, or come with a workspace. */
const MAX_NAME_LENGTH = 80;
/** Of the names of what is no preset, in characters. */
const MAX_LIST_LENGTH = 200;

/** What a person begins with. `again`: the presets have changed, so the step has to be looked at anew. */
export type StartAnswer =
  | {
      readonly kind: 'start';
      /** What the preset asks for; nothing where it is a new video. */
      readonly request: Partial<VideoRequest>;
      /** The model, where its family had to be asked for. */
      readonly entered?: Model;
    }
  | { readonly kind: 'again' | 'back' | 'away' };

type Choice = { readonly kind: 'use' | 'remove'; readonly preset: Preset } | { readonly kind: 'new' };

/** The question that presets bring: what to start from. Nobody is asked where there is none. */
export class StartStep {
  readonly #parts: WizardDependencies;
  readonly #request: Partial<VideoRequest>;
  #presets: readonly Preset[] = [];
  #invalid: readonly string[] = [];
  /** How many can't be used with what is brought along. */
  #unsuited = 0;
  #chosen: string | undefined;

  /** @param request what is brought along; who brings a prompt or a model starts from that */
  constructor(parts: WizardDependencies, request: Partial<VideoRequest> = {}) {
    this.#parts = parts;
    this.#request = request;
    if (request.prompt === undefined && request.model === undefined && request.remixOf === undefined)
      this.#read();
  }

  get isOffered(): boolean {
    return this.#presets.length > 0;
  }

  async ask(place: StepPosition): Promise<StartAnswer> {
    const { inputs, presets, l10n } = this.#parts;
    const items = this.#presets.map((preset): PickItem<Choice> => ({
      value: { kind: 'use', preset },
      onButton: { kind: 'remove', preset },
      label: escapeQuickPickText(visibleLine(preset.name, MAX_NAME_LENGTH)),
      description: this.#wordsOf(preset),
      detail: preset.prompt === undefined ? l10n.t('The prompt is asked for.') : quotePrompt(preset.prompt),
      buttons: [inputs.button('trash', l10n.t('Remove Preset'))],
    }));
    const fresh = this.#newVideo();
    const answer = await pickOne<Choice>(inputs, {
      title: l10n.t('Generate Video'),
      place,
      placeholder: l10n.t('What do you want to start from?'),
      hint: this.#hint(),
      buttons: [inputs.button('settings-gear', l10n.t('Edit Presets in Settings'))],
      items: [fresh, inputs.separator(l10n.t('presets')), ...items],
      active: items.find((_, index) => this.#presets[index]?.name === this.#chosen) ?? fresh,
    });
    if (answer.kind === 'button') presets.edit();
    if (answer.kind !== 'value') return { kind: answer.kind === 'back' ? 'back' : 'away' };
    switch (answer.value.kind) {
      case 'new':
        this.#chosen = undefined;
        return { kind: 'start', request: {} };
      case 'use':
        return this.#use(answer.value.preset, place);
      case 'remove':
        await presets.remove(answer.value.preset);
        this.#read();
        return { kind: 'again' };
    }
  }

  async #use({ name, model, prompt, options = {} }: Preset, place: StepPosition): Promise<StartAnswer> {
    const request = { model, options, ...(prompt === undefined ? {} : { prompt }) };
    this.#chosen = name;
    if (this.#modelOf(model)) return { kind: 'start', request };
    const asked = await pickFamily(model, { ...this.#parts, place, mode: this.#mode });
    if (asked.kind !== 'value') return { kind: asked.kind === 'back' ? 'again' : 'away' };
    return { kind: 'start', request, entered: asked.value };
  }

  #read(): void {
    const { presets, invalid } = this.#parts.presets.read();
    const suits = ({ model }: Preset) =>
      this.#modelOf(model)?.family.modes(model).includes(this.#mode) ?? true;
    this.#presets = presets.filter(suits);
    this.#unsuited = presets.length - this.#presets.length;
    this.#invalid = invalid;
  }

  get #mode() {
    return modeOf(this.#request) ?? 'text';
  }

  #modelOf(id: string): Model | undefined {
    const family = this.#parts.catalog.familyOf(id);
    return this.#parts.models.find((model) => model.id === id) ?? (family && { id, family });
  }

  #newVideo(): PickItem<Choice> {
    const { memory, l10n } = this.#parts;
    const prompt = memory.draft()?.prompt ?? '';
    return {
      value: { kind: 'new' },
      label: `$(add) ${l10n.t('New Video')}`,
      ...(prompt.trim() === ''
        ? {}
        : { description: l10n.t('goes on with your draft'), detail: quotePrompt(prompt) }),
    };
  }

  #wordsOf({ model: id, options = {}, scope }: Preset): string {
    const { l10n } = this.#parts;
    const model = this.#modelOf(id);
    const settled = model && resolveOptions(model.family, { model: id, mode: this.#mode }, options);
    return [
      ...(model ? modelLabels(model) : [escapeQuickPickText(visibleLine(id, MAX_NAME_LENGTH))]),
      ...(settled ? formatOptions(settled, l10n) : []),
      ...(scope === 'workspace' ? [l10n.t('of the workspace')] : []),
    ].join(' · ');
  }

  /** Says which presets are not in the list, and why. */
  #hint(): string {
    const { l10n } = this.#parts;
    const invalid = escapeQuickPickText(visibleLine(this.#invalid.join(', '), MAX_LIST_LENGTH));
    return [
      ...(invalid === '' ? [] : [`$(warning) ${l10n.t('Invalid presets: {0}', invalid)}`]),
      ...(this.#unsuited === 0 ? [] : [`$(info) ${l10n.t('Needs other images: {0}', this.#unsuited)}`]),
    ].join('  ');
  }
}
