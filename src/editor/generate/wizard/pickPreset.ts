import { visibleLine } from '../../../core/common/displayText';
import type { Mode } from '../../../core/models/modes';
import { resolveOptions } from '../../../core/models/options';
import type { PickItem } from '../../common/quickInputs';
import { escapeQuickPickText } from '../../labels/taskLabels';
import type { ParsedPresets, Preset } from '../presets/presetStore';
import { modelLabels } from './pickModel';
import { formatOptions } from './pickOption';
import { quotePrompt } from './promptStep';
import type { WizardDependencies } from './wizardTypes';

/** Maximum length of the name of a preset or its model, in characters. Both may come with a workspace. */
const MAX_NAME_LENGTH = 80;
/** Maximum length of the names of invalid presets, in characters. */
const MAX_LIST_LENGTH = 200;

/** `new`: without a preset. `edit`: the settings are open. */
export type PresetResult =
  | { readonly kind: 'preset'; readonly preset: Preset }
  | { readonly kind: 'new' | 'edit' | 'back' | 'cancel' };

type Choice = { readonly kind: 'use' | 'remove'; readonly preset: Preset } | { readonly kind: 'new' };
type Dependencies = Pick<WizardDependencies, 'inputs' | 'presets' | 'catalog' | 'commandTitles' | 'l10n'>;

interface SuitablePresets extends ParsedPresets {
  /** Presets whose models don't support the mode. */
  readonly unsuitable: readonly Preset[];
}

export function presetsFor(
  mode: Mode,
  { presets: store, catalog }: Pick<Dependencies, 'presets' | 'catalog'>,
): SuitablePresets {
  const { presets, invalid } = store.read();
  const suits = ({ model }: Preset) => catalog.familyOf(model)?.modes(model).includes(mode) ?? true;
  const suitable = presets.filter(suits);
  return { presets: suitable, unsuitable: presets.filter((preset) => !suits(preset)), invalid };
}

/** Lets the user start from a preset. */
export async function pickPreset(
  mode: Mode,
  chosen: string | undefined,
  deps: Dependencies,
): Promise<PresetResult> {
  const { inputs, presets: store, commandTitles, l10n } = deps;
  for (;;) {
    const { presets, unsuitable, invalid } = presetsFor(mode, deps);
    if (presets.length === 0) return { kind: 'back' };
    const items = presets.map((preset): PickItem<Choice> => ({
      value: { kind: 'use', preset },
      onButton: { kind: 'remove', preset },
      label: escapeQuickPickText(visibleLine(preset.name, MAX_NAME_LENGTH)),
      description: describePreset(preset, mode, deps),
      ...(preset.prompt === undefined ? {} : { detail: quotePrompt(preset.prompt) }),
      buttons: [inputs.button('trash', l10n.t('Delete'))],
    }));
    const listed = (names: readonly string[]) =>
      escapeQuickPickText(visibleLine(names.join(', '), MAX_LIST_LENGTH));
    const answer = await inputs.pick<Choice>({
      title: commandTitles.plain('nebulaVideo.generate'),
      canGoBack: true,
      placeholder: l10n.t('Start from Preset'),
      hint: [
        ...(invalid.length === 0 ? [] : [`$(warning) ${l10n.t('Invalid presets: {0}', listed(invalid))}`]),
        ...(unsuitable.length === 0
          ? []
          : [
              `$(info) ${l10n.t('Presets that need other images: {0}', listed(unsuitable.map(({ name }) => name)))}`,
            ]),
      ].join('  '),
      buttons: [inputs.button('settings-gear', l10n.t('Open Settings'))],
      items: [{ value: { kind: 'new' }, label: l10n.t('New Video') }, inputs.separator(), ...items],
      active: items.find((_, index) => presets[index]?.name === chosen) ?? items[0],
    });
    if (answer.kind === 'button') {
      store.edit();
      return { kind: 'edit' };
    }
    if (answer.kind !== 'value') return answer;
    if (answer.value.kind === 'new') return { kind: 'new' };
    if (answer.value.kind === 'use') return { kind: 'preset', preset: answer.value.preset };
    await store.remove(answer.value.preset);
  }
}

function describePreset(
  { model: id, options = {}, scope }: Preset,
  mode: Mode,
  { catalog, l10n }: Dependencies,
): string {
  const model = catalog.model(id);
  const resolved = model && resolveOptions(model.family, { model: id, mode }, options);
  return [
    ...(model ? modelLabels(model) : [escapeQuickPickText(visibleLine(id, MAX_NAME_LENGTH))]),
    ...(resolved ? formatOptions(resolved, l10n) : []),
    ...(scope === 'workspace' ? [l10n.t('Workspace')] : []),
  ].join(' · ');
}
